from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import TRACK, findings, frames, moving, observe, painted, readings, scene, spans
from watchglass.detectors.video.block_corruption import BlockCorruption, BlockCorruptionSettings
from watchglass.model.finding import Severity

GREEN, GREY, ZERO = (0.0, 1.0, 0.0), (0.5, 0.5, 0.5), (-0.973, 0.302, -1.133)
"""R'G'B' of a designer's green, of the middle grey, and what luma and chroma of zero come to."""


def coloured(luma):
    """A warm picture."""
    return np.stack([luma / 255.0, 0.8 * luma / 255.0, 0.6 * luma / 255.0], axis=2)


CLIP = [coloured(luma) for luma in moving(8.0)]


def filled(clip, begin, end, colour, *, every=1, rows=5, seed=4):
    """Parts of rows of it are of one colour, in other places every so many pictures."""
    shown, rng = list(clip), np.random.default_rng(seed)
    row, column = 0, 0
    for n in range(round(25 * begin), round(25 * end)):
        if (n - round(25 * begin)) % every == 0:
            row, column = rng.integers(0, 80), rng.integers(0, 80)
        shown[n] = shown[n].copy()
        shown[n][row : row + rows, column:] = colour
    return shown


def watch(clip, **options):
    return observe(BlockCorruption, painted(clip, **options))


@pytest.mark.parametrize("colour", [ZERO, GREY])
@pytest.mark.parametrize("every", [1, 4, 10])
def test_lost_rows(colour, every):
    [finding] = findings(watch(filled(CLIP, 3.0, 5.0, colour, every=every)))
    assert finding.opened_at == pytest.approx(3.0, abs=0.1)
    assert finding.closed_at == pytest.approx(5.0, abs=0.45)
    assert (finding.severity, finding.reason) == (Severity.WARNING, "bare")
    assert "% of the picture" in finding.message


def test_ten_bits():
    [finding] = findings(watch(filled(CLIP, 3.0, 5.0, GREY), bit_depth=10))
    assert finding.opened_at == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(CLIP, id="motion"),
        pytest.param([np.repeat(luma[:, :, None] / 255.0, 3, axis=2) for luma in moving(6.0)], id="without colour"),
        pytest.param(filled(CLIP, 3.0, 5.0, GREEN), id="the green of a designer"),
        pytest.param(filled(CLIP, 3.0, 7.0, GREY, every=200, rows=60), id="a grey card that stays"),
        pytest.param(
            [coloured(scene(3))] * 50 + [np.full((90, 160, 3), 0.5)] * 50 + CLIP[:50], id="a cut to grey and back"
        ),
        pytest.param(filled(CLIP, 1.0, 8.0, GREY, every=30, rows=2), id="a little, time and again"),
    ],
)
def test_nothing_to_tell(clip):
    assert findings(watch(clip)) == []


def test_grey_that_always_comes_and_goes_is_the_stream_itself():
    clip = CLIP * 2
    shown = filled(filled(clip, 1.0, 12.0, GREY, every=27, rows=4), 12.0, 14.0, GREY, every=10, rows=4)
    assert findings(watch(shown)) == []


def test_another_threshold():
    clip = filled(CLIP, 3.0, 5.0, GREY)
    assert findings(observe(BlockCorruption, painted(clip), settings=BlockCorruptionSettings(grey_at=0.5))) == []


@settings(max_examples=5)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    clip = filled(CLIP, 3.0, 5.0, GREY)
    [(opened, closed)] = spans(observe(BlockCorruption, painted(clip, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx(spans(watch(clip))[0], abs=1e-6)


WIDE = scene(1, width=800, height=288)


def pan(seconds):
    """A camera pans: 480 x 288."""
    return [np.roll(WIDE, -2 * n, axis=1)[:, :480].copy() for n in range(round(25 * seconds))]


def concealed(clip, begin, end, blocks, *, seed=3):
    """In each picture, some rows of blocks in the middle are what was there in the picture before or elsewhere."""
    shown, rng = list(clip), np.random.default_rng(seed)
    for n in range(round(25 * begin), round(25 * end)):
        shown[n] = shown[n].copy()
        for _ in range(blocks):
            (y, x), (v, u) = rng.integers((4, 5), (14, 25)), rng.integers((0, 0), (18, 30))
            shown[n][16 * y : 16 * y + 16, 16 * x : 16 * x + 16] = clip[n - 1][
                16 * v : 16 * v + 16, 16 * u : 16 * u + 16
            ]
    return shown


def told(clip, track=TRACK, settings=None, **options):
    return observe(BlockCorruption, frames(clip, chroma=(110, 140), **options), settings=settings, track=track)


def test_blocks_from_elsewhere():
    [finding] = findings(told(concealed(pan(6.0), 3.0, 4.5, 60)))
    assert (finding.severity, finding.reason) == (Severity.WARNING, "concealed")
    assert finding.opened_at == pytest.approx(3.0, abs=0.15)
    assert finding.closed_at == pytest.approx(4.5, abs=0.7)
    assert 0.5 < finding.confidence < 1.0
    assert finding.region.x == pytest.approx(5 / 30, abs=0.1)
    assert finding.region.w == pytest.approx(20 / 30, abs=0.15)
    assert "in 1000" in finding.message


def test_a_few_are_information():
    settings = BlockCorruptionSettings(blocks_at=200)
    [finding] = findings(told(concealed(pan(6.0), 3.0, 4.5, 60), settings=settings))
    assert finding.severity is Severity.INFO
    assert 0.0 < finding.confidence < 0.5


def test_a_codec_with_blocks_of_its_own_is_measured_and_not_judged():
    clip = concealed(pan(4.0), 2.0, 3.0, 60)
    observed = told(clip, track=replace(TRACK, codec="mpeg4"))
    assert findings(observed) == []
    assert max(readings(observed, "damaged_blocks")) > 12.0


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(pan(4.0), id="motion"),
        pytest.param(concealed(pan(4.0), 2.0, 2.04, 60), id="one picture"),
        pytest.param(concealed(pan(4.0), 0.0, 0.2, 60), id="at the very beginning"),
        pytest.param(pan(2.0) + [255 - luma for luma in concealed(pan(0.4), 0.1, 0.3, 60)] + pan(2.0), id="cuts"),
    ],
)
def test_nothing_is_concealed(clip):
    assert findings(told(clip)) == []


def test_an_empty_buffer_in_what_is_suspected_is_an_alarm():
    clip = [coloured(luma) for luma in concealed(pan(6.0), 2.5, 4.5, 60)]
    rng = np.random.default_rng(2)
    for n in range(75, 112):
        clip[n] = clip[n].copy()
        row = 16 * rng.integers(0, 17)
        clip[n][row : row + 16, 64:] = ZERO
    settings = BlockCorruptionSettings(blocks_at=200)
    [finding] = findings(observe(BlockCorruption, painted(clip), settings=settings))
    assert finding.opened_at == pytest.approx(2.5, abs=0.15)
    assert (finding.severity, finding.reason, finding.confidence) == (Severity.WARNING, "bare", 1.0)
    assert "nothing is in their place" in finding.message


def test_a_window_on_the_grid_is_no_alarm():
    clip = pan(5.0)
    for luma in clip[50:]:
        luma[64:160, 80:400] = 40
    assert [each.severity for each in findings(told(clip)) if each.severity >= Severity.WARNING] == []
