import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import HEIGHT, WIDTH, findings, frames, moving, observe, scene, spans, still
from watchglass.detectors.video.dead_pixel import DeadPixel, DeadPixelSettings
from watchglass.model.finding import Severity

CLIP = moving(8.0, speed=3)


def stuck(clip, y=40, x=70, size=2, value=235, first=50, last=10**6, every=1):
    """Pixels that show one value."""
    shown = []
    for n, picture in enumerate(clip):
        after = picture.copy()
        if first <= n < last and n % every == 0:
            after[y : y + size, x : x + size] = value
        shown.append(after)
    return shown


def lined(clip, at, more=80, first=50):
    """A row or a column that is too bright."""
    shown = []
    for n, picture in enumerate(clip):
        after = picture.copy()
        if n >= first:
            after[at] = np.clip(after[at].astype(int) + more, 16, 235)
        shown.append(after)
    return shown


def lettered(clip):
    """A mark of strokes that are as thin as a pixel."""
    shown = [picture.copy() for picture in clip]
    for picture in shown:
        picture[20:32:4, 100:130:3] = 235
    return shown


def carried(clip):
    """A bright spot that moves with the scene."""
    shown = [picture.copy() for picture in clip]
    for n, picture in enumerate(shown):
        picture[40:42, (100 - 3 * n) % (WIDTH - 2)] = 235
    return shown


def dimmed(seconds):
    """A spot on a wall while the light goes, and comes again."""
    (wall,) = stuck([scene(4)], first=0)
    light = 0.75 + 0.25 * np.cos(np.arange(round(25 * seconds)) / 8)
    return [(16 + (wall - 16) * each).astype(np.uint8) for each in light]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(CLIP, [], id="motion"),
        pytest.param(stuck(CLIP), 2.0, id="a cluster of four"),
        pytest.param(stuck(CLIP, size=1), 2.0, id="one pixel"),
        pytest.param(stuck(CLIP, size=3), 2.0, id="a cluster of nine"),
        pytest.param(stuck(CLIP, value=16), 2.0, id="dead"),
        pytest.param(stuck(CLIP, first=0), 0.0, id="from the beginning"),
        pytest.param(stuck(still(8.0, scene(9, contrast=8.0))), 2.0, id="comes alone into a still picture"),
        pytest.param(stuck(still(8.0), first=0), [], id="in a still picture from the beginning"),
        pytest.param(stuck(CLIP, last=100), [], id="too briefly"),
        pytest.param(stuck(CLIP, x=WIDTH - 4), [], id="at the edge"),
        pytest.param(stuck(CLIP, size=12), [], id="something larger"),
        pytest.param(lined(CLIP, np.s_[:, 61]), 2.0, id="a column"),
        pytest.param(lined(CLIP, np.s_[37]), 2.0, id="a row"),
        pytest.param(lined(CLIP, np.s_[:, 61], more=-60), 2.0, id="a dark column"),
        pytest.param(lettered(CLIP), [], id="a mark"),
        pytest.param(carried(CLIP), [], id="a spot of the scene"),
        pytest.param(dimmed(8.0), [], id="a spot on a wall, and the light goes"),
        pytest.param(still(8.0, noise=4.0), [], id="noise"),
        pytest.param(moving(4.0) + moving(4.0, seed=3), [], id="a cut"),
        pytest.param(moving(4.0) + [scene(3)[:60]] * 100, [], id="another format"),
        pytest.param([picture[:5] for picture in CLIP], [], id="hardly a picture"),
    ],
)
def test_spans(clip, expected):
    found = spans(observe(DeadPixel, frames(clip)))
    if expected == []:
        assert found == []
    else:
        ((opened, closed),) = found
        assert opened == pytest.approx(expected, abs=0.3)
        assert closed == pytest.approx(8.0)


def test_it_is_over_when_it_is_gone():
    clip = stuck(moving(12.0, speed=3), last=200)
    ((opened, closed),) = spans(observe(DeadPixel, frames(clip)))
    assert (opened, closed) == pytest.approx((2.0, 8.0), abs=1.0)  # what passes may look like it


def test_what_is_told():
    finding = findings(observe(DeadPixel, frames(stuck(CLIP))))[0]
    assert finding.severity is Severity.WARNING
    assert "A pixel" in finding.message
    assert finding.told_at >= 5.0
    assert finding.region.x + 0.01 == pytest.approx(71 / WIDTH, abs=0.03)
    assert finding.region.y + 0.01 == pytest.approx(41 / HEIGHT, abs=0.03)


@pytest.mark.parametrize(
    ("at", "what", "w", "h"), [(np.s_[:, 61], "A column", 0.02, 1.0), (np.s_[37], "A row", 1.0, 0.02)]
)
def test_a_line_is_marked_all_along(at, what, w, h):
    finding = findings(observe(DeadPixel, frames(lined(CLIP, at))))[0]
    assert what in finding.message
    assert (finding.region.w, finding.region.h) == (w, h)


def test_ten_bits():
    deep = [picture.astype(np.uint16) << 2 for picture in stuck(CLIP)]
    ((opened, _),) = spans(observe(DeadPixel, frames(deep, bit_depth=10)))
    assert opened == pytest.approx(2.0, abs=0.3)


def test_another_patience():
    assert spans(observe(DeadPixel, frames(stuck(CLIP)), settings=DeadPixelSettings(open_after=6.5))) == []
    assert spans(observe(DeadPixel, frames(stuck(CLIP, last=150)), settings=DeadPixelSettings(open_after=1.0)))


@settings(max_examples=3, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    ((opened, _),) = spans(observe(DeadPixel, frames(stuck(CLIP), start=float(start)), start=float(start)))
    assert opened - start == pytest.approx(2.0, abs=0.3)
