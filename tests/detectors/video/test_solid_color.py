import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, plain, scene, spans, still
from watchglass.detectors.video.solid_color import SolidColor, SolidColorSettings, color_name
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import VideoFrame

GREEN, BLUE, GREY = (0, 0), (240, 110), (128, 128)


def film(*parts):
    """Parts of (clip, chroma), one after the other on one timeline."""
    shown, pts = [], 0.0
    for clip, chroma in parts:
        shown += frames(clip, start=pts, chroma=chroma)
        pts = shown[-1].end
    return shown


def watch(*parts, limits=None):
    return observe(SolidColor, film(*parts), settings=limits)


SKY = np.repeat(np.linspace(118.0, 123.0, 90)[:, None], 160, axis=1)
MOTION = (moving(2.0), GREY)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([MOTION], [], id="a picture"),
        pytest.param([MOTION, (plain(2.0, 0), GREEN), MOTION], [(2.0, 4.0)], id="the green of an empty buffer"),
        pytest.param([MOTION, (plain(2.0, 41), BLUE), MOTION], [(2.0, 4.0)], id="the blue of no signal"),
        pytest.param([MOTION, (plain(2.0, 126), GREY)], [(2.0, 4.0)], id="grey, to the end"),
        pytest.param([MOTION, (plain(0.2, 126), GREY), MOTION], [], id="a white flash"),
        pytest.param([MOTION, (plain(2.0, 16), GREY), MOTION], [], id="black is another's"),
        pytest.param(
            [MOTION, (still(2.0, scene(contrast=1.0), noise=0.5), GREEN)], [(2.0, 4.0)], id="with faint noise"
        ),
        pytest.param([MOTION, (still(2.0, scene(contrast=8.0)), BLUE)], [], id="one hue, but a picture"),
        pytest.param([MOTION, (still(2.0, SKY), BLUE)], [], id="an even sky, a little darker above"),
    ],
)
def test_spans(parts, expected):
    assert spans(watch(*parts)) == [pytest.approx(span, abs=0.01) for span in expected]


@pytest.mark.parametrize(
    ("luma", "chroma", "told"),
    [
        pytest.param(60, GREEN, [(Severity.INFO, 2.32), (Severity.WARNING, 3.0)], id="a colour, after a second"),
        pytest.param(126, GREY, [(Severity.INFO, 2.32), (Severity.WARNING, 4.0)], id="grey, after two"),
    ],
)
def test_when_it_is_an_alarm(luma, chroma, told):
    heard = [f for f in watch(MOTION, (plain(4.0, luma), chroma)) if isinstance(f, Finding)]
    assert [(f.severity, pytest.approx(f.told_at, abs=0.01)) for f in heard if f.event is not Event.CLOSED] == told


def sky(branch):
    """An even sky with a branch in it, so much darker than the sky, in 1 % of the picture."""
    [picture] = plain(0.04, 150)
    picture = picture.copy()
    height, width = picture.shape
    picture[height * 4 // 9 : height * 5 // 9, width * 4 // 9 : width * 4 // 9 + width // 11] -= np.uint8(branch)
    return picture


@pytest.mark.parametrize(
    ("leaves", "severity"),
    [
        pytest.param([sky(darker) for darker in np.linspace(60, 0, 50)], Severity.INFO, id="little by little"),
        pytest.param([sky(60)] * 5, Severity.WARNING, id="an encoder settles"),
    ],
)
def test_a_camera_finds_the_sky(leaves, severity):
    clip = MOTION, (leaves, BLUE), (plain(2.0, 150), BLUE)
    assert [finding.severity for finding in findings(watch(*clip))] == [severity]


def test_luma_alone_may_be_flat_while_colours_change():
    chroma = np.tile(np.linspace(60, 190, 80, dtype=np.uint8), (45, 1))
    clip = [
        VideoFrame(track="video:0", pts=n / 25, duration=0.04, luma=luma, chroma=(chroma, chroma))
        for n, luma in enumerate(plain(2.0, 120))
    ]
    assert spans(observe(SolidColor, clip)) == []


def marked(luma, rows, columns):
    """One colour with noise, and something bright or dark on it, in luma and in its chroma."""
    picture = (luma + np.random.default_rng(2).integers(-2, 3, (90, 160))).astype(np.uint8)
    picture[rows, columns] = 235 - luma // 2
    return picture


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        pytest.param(slice(6, 16), slice(138, 158), [(0.0, 3.0)], id="a logo in the corner"),
        pytest.param(slice(40, 43), slice(50, 110), [], id="a line of text in the middle"),
        pytest.param(slice(5, 20), slice(5, 35), [], id="a large mark"),
    ],
)
@pytest.mark.parametrize("luma", [60, 180])
def test_a_logo_may_stand_in_a_corner(luma, rows, columns, expected):
    clip = still(3.0, marked(luma, rows, columns))
    assert spans(watch((clip, GREEN))) == [pytest.approx(span) for span in expected]


def test_the_colours_of_a_logo_do_not_count():
    chroma = np.full((45, 80), 90, np.uint8)
    chroma[3:8, 69:79] = 128
    clip = [
        VideoFrame(track="video:0", pts=n / 25, duration=0.04, luma=luma, chroma=(chroma, chroma))
        for n, luma in enumerate(still(2.0, marked(60, slice(6, 16), slice(138, 158))))
    ]
    assert spans(observe(SolidColor, clip)) == [pytest.approx((0.0, 2.0))]


@pytest.mark.parametrize(
    ("ycbcr", "name"),
    [  # 100 % colours of ITU-R BT.709, limited range
        ((235, 128, 128), "white"),
        ((126, 128, 128), "grey"),
        ((0, 0, 0), "green"),
        ((173, 42, 26), "green"),
        ((32, 240, 118), "blue"),
        ((63, 102, 240), "red"),
        ((219, 16, 138), "yellow"),
        ((188, 154, 16), "cyan"),
        ((78, 214, 230), "magenta"),
    ],
)
def test_names(ycbcr, name):
    assert color_name(*ycbcr) == name


def test_the_reason_is_the_colour():
    [finding] = findings(watch(MOTION, (plain(2.0, 41), BLUE)))
    assert finding.reason == "blue"
    assert "blue for 2.0 s" in finding.message


def test_another_patience():
    limits = SolidColorSettings(open_after=3.0)
    assert spans(watch(MOTION, (plain(2.0, 41), BLUE), MOTION, limits=limits)) == []


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    clip = moving(1.0) + plain(1.6, 90) + moving(1.0)
    [(opened, closed)] = spans(observe(SolidColor, frames(clip, start=float(start)), start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((1.0, 2.6), abs=0.01)
