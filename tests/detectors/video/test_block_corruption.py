import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, moving, observe, painted, scene, spans
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
