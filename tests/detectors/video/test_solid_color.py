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
    ],
)
def test_spans(parts, expected):
    assert spans(watch(*parts)) == [pytest.approx(span, abs=0.01) for span in expected]


@pytest.mark.parametrize(
    ("luma", "chroma", "told"),
    [
        pytest.param(60, GREEN, [(Severity.INFO, 2.32), (Severity.WARNING, 3.0)], id="a colour, after a second"),
        pytest.param(126, GREY, [(Severity.INFO, 2.32), (Severity.WARNING, 5.0)], id="grey, after three"),
    ],
)
def test_when_it_is_an_alarm(luma, chroma, told):
    heard = [f for f in watch(MOTION, (plain(4.0, luma), chroma)) if isinstance(f, Finding)]
    assert [(f.severity, pytest.approx(f.told_at, abs=0.01)) for f in heard if f.event is not Event.CLOSED] == told


def test_luma_alone_may_be_flat_while_colours_change():
    chroma = np.tile(np.linspace(60, 190, 80, dtype=np.uint8), (45, 1))
    clip = [
        VideoFrame(track="video:0", pts=n / 25, duration=0.04, luma=luma, chroma=(chroma, chroma))
        for n, luma in enumerate(plain(2.0, 120))
    ]
    assert spans(observe(SolidColor, clip)) == []


def test_a_logo_in_the_corner_is_not_one_colour():
    marked = np.full((90, 160), 60, np.uint8)
    marked[5:20, 5:35] = 220
    assert spans(watch((still(3.0, marked), GREEN))) == []


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
