import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, scene, spans, still
from watchglass.detectors.video.tearing import Tearing, TearingSettings
from watchglass.model.finding import Severity


def torn(clip, first=50, last=80, late=3, line=0.5, speed=0.0):
    """From one picture to another, the part below a line is ``late`` pictures older."""
    shown = []
    for n, picture in enumerate(clip):
        cut = round(len(picture) * (line + speed * (n - first)))
        is_torn = first <= n < last
        shown.append(np.concatenate([picture[:cut], clip[n - late][cut:]]) if is_torn else picture)
    return shown


def faintly(clip, first, last):
    """Torn, with some of the picture shining through."""
    late = torn(clip, first, last)
    return [(0.85 * now + 0.15 * then).astype(np.uint8) for now, then in zip(late, clip, strict=True)]


def rolling(seconds, step=2):
    """Credits, the lines of which are all alike."""
    line = np.concatenate([scene(5)[:6] // 2 + 100, np.full((10, 160), 20, np.uint8)])
    wide = np.tile(line, (20, 1))
    return [wide[step * n % 16 :][:90] for n in range(round(25 * seconds))]


def halves(upper, lower):
    return [np.concatenate([above[:45], below[45:]]) for above, below in zip(upper, lower, strict=True)]


def wiped(before, after):
    """The next scene comes from above, over a second."""
    return [
        np.concatenate([new[: 90 * n // len(before)], old[90 * n // len(before) :]])
        for n, (old, new) in enumerate(zip(before, after, strict=True))
    ]


def shaken(seconds):
    """A camera that shakes: it returns to where it was, all of it."""
    wide = scene(2, width=320)
    return [
        wide[:, 20 + shift : 180 + shift] for shift in np.tile([0, 4, 6, 4, 0, -4, -6, -4], round(seconds * 25) // 8)
    ]


def speaking(clip):
    """A mouth opens and closes in what goes on all over: by far the most of what moves below, and it goes back."""
    shown = [picture.copy() for picture in clip]
    for n, picture in enumerate(shown):
        picture[45:] = 110 + picture[45:] // 8
        picture[60:75, 60:100] = 30 if n % 2 else 220
    return shown


CLIP = moving(4.0)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(CLIP, [], id="motion"),
        pytest.param(torn(CLIP), 2.0, id="late from here on"),
        pytest.param(torn(CLIP, late=4, line=0.2, speed=0.012), 2.0, id="a line that moves down"),
        pytest.param(torn(CLIP, late=4, line=0.8, speed=-0.012), 2.0, id="a line that moves up"),
        pytest.param(torn(CLIP, last=100), 2.0, id="to the end"),
        pytest.param(torn(CLIP, last=51), 2.0, id="one torn picture"),
        pytest.param(faintly(CLIP, 50, 51), [], id="one that is hardly torn"),
        pytest.param(faintly(faintly(CLIP, 50, 51), 54, 55), 2.0, id="two of them"),
        pytest.param(torn(CLIP, first=4, line=0.85, speed=-0.01), 0.2, id="from the beginning, a line that moves up"),
        pytest.param(rolling(4.0), [], id="credits"),
        pytest.param(halves(rolling(4.0), CLIP), [], id="credits beside motion"),
        pytest.param(still(4.0, noise=3.0), [], id="noise"),
        pytest.param(halves(CLIP, moving(4.0, seed=4, speed=5)), [], id="a split screen"),
        pytest.param(halves(still(4.0), moving(4.0, seed=4)), [], id="a ticker"),
        pytest.param(moving(2.0) + wiped(moving(1.0), moving(1.0, seed=3)) + moving(1.0, seed=3), [], id="a wipe"),
        pytest.param(moving(2.0) + moving(2.0, seed=3), [], id="a cut"),
        pytest.param([picture for picture in moving(3.0) for _ in range(2)], [], id="each picture twice"),
        pytest.param(shaken(4.0), [], id="a camera that shakes"),
        pytest.param(speaking(CLIP), [], id="a mouth that opens and closes"),
        pytest.param([np.roll(scene(6), -2 * n, axis=0) for n in range(100)], [], id="a camera that tilts"),
        pytest.param(moving(0.5) + [scene(3)[:60]] * 5 + moving(0.5), [], id="another format"),
    ],
)
def test_spans(clip, expected):
    found = spans(observe(Tearing, frames(clip)))
    if expected == []:
        assert found == []
    else:
        opened, closed = found[0]
        assert opened == pytest.approx(expected, abs=0.05)
        assert closed > opened


def test_what_is_told():
    finding = findings(observe(Tearing, frames(torn(CLIP))))[0]
    assert finding.severity is Severity.WARNING
    assert "3 pictures late" in finding.message


def test_pictures_torn_long_after_each_other_do_not_belong_together():
    clip = faintly(faintly(CLIP, 50, 51), 70, 71)
    assert spans(observe(Tearing, frames(clip))) == []


def test_another_patience():
    limits = TearingSettings(back_at=0.0)
    assert spans(observe(Tearing, frames(faintly(CLIP, 50, 80)), settings=limits)) == []


@settings(max_examples=3, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    (opened, _), *_ = spans(observe(Tearing, frames(torn(CLIP), start=float(start)), start=float(start)))
    assert opened - start == pytest.approx(2.0, abs=0.05)
