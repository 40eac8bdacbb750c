import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, plain, readings, scene, spans, still
from watchglass.detectors.video.black import Black, BlackSettings, black_ceiling
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import KEY_FRAMES_ONLY, Colour, NotWatched, Track, Tracks, VideoFrame
from watchglass.monitor.watch import watch as loop

MOTION = moving(2.0)
FULL = Colour(full_range=True, transfer="sdr")


def watch(clip, **options):
    return observe(Black, frames(clip, **options))


def faded(seconds, picture, to=0.0):
    """From the picture to a share ``to`` of its light, step by step."""
    count = round(seconds * 25)
    return [(16 + (picture - 16.0) * (1 - (1 - to) * (n + 1) / count)).astype(np.uint8) for n in range(count)]


def lit(share, luma=16):
    """Black, but for a share of the picture in the middle."""
    picture = np.full((90, 160), luma, np.uint8)
    rows = round(90 * share**0.5)
    columns = round(90 * 160 * share / rows)
    picture[45 - rows // 2 : 45 - rows // 2 + rows, 80 - columns // 2 : 80 - columns // 2 + columns] = 200
    return picture


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(MOTION, [], id="a picture"),
        pytest.param(MOTION + plain(2.0, 16) + MOTION, [(2.0, 4.0)], id="black"),
        pytest.param(MOTION + plain(0.04, 16) + MOTION, [(2.0, 2.04)], id="one black frame"),
        pytest.param(MOTION + plain(2.0, 16), [(2.0, 4.0)], id="ends with the stream"),
        pytest.param(plain(2.0, 16), [(0.0, 2.0)], id="black throughout"),
        pytest.param(MOTION + plain(2.0, 30), [(2.0, 4.0)], id="just below the ceiling"),
        pytest.param(MOTION + plain(2.0, 33), [], id="just above the ceiling"),
        pytest.param(MOTION + still(2.0, lit(0.06)), [], id="black with a text"),
        pytest.param([scene(4, contrast=40.0) // 8 + 16] * 50, [], id="a night scene with detail"),
    ],
)
def test_spans(clip, expected):
    found = spans(watch(clip))
    assert found == [pytest.approx(span, abs=0.01) for span in expected]


def test_it_opens_as_information_and_is_an_alarm_after_a_second():
    told = [f for f in watch(MOTION + plain(2.0, 16) + MOTION) if isinstance(f, Finding)]
    assert [(f.event, f.severity, round(f.told_at, 2)) for f in told] == [
        (Event.OPENED, Severity.INFO, 2.04),
        (Event.CHANGED, Severity.WARNING, 3.0),
        (Event.CLOSED, Severity.WARNING, 4.04),
    ]


@pytest.mark.parametrize(
    ("clip", "reason", "severity"),
    [
        pytest.param(MOTION + plain(2.0, 16), "cut", Severity.WARNING, id="cut to black"),
        pytest.param(plain(2.0, 16) + MOTION, "start", Severity.WARNING, id="black from the start"),
        pytest.param(still(2.0, scene(3)) + faded(1.0, scene(3)) + plain(1.5, 16), "fade", Severity.INFO, id="fade"),
        pytest.param(
            still(2.0, scene(3)) + faded(1.0, scene(3)) + plain(4.0, 16), "fade", Severity.WARNING, id="fade, and stays"
        ),
    ],
)
def test_how_it_came_tells_how_bad_it_is(clip, reason, severity):
    [finding] = findings(watch(clip))
    assert (finding.reason, finding.severity) == (reason, severity)


def marked(brightness, rows, columns):
    """Black with noise, and something bright."""
    picture = (16 + np.random.default_rng(3).integers(0, 3, (90, 160))).astype(np.uint8)
    picture[rows, columns] = brightness
    return picture


@pytest.mark.parametrize("brightness", [40, 120, 235])
def test_black_but_for_the_logo_of_the_station(brightness):
    [finding] = findings(watch(MOTION + still(2.0, marked(brightness, slice(6, 15), slice(138, 153))) + MOTION))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((2.0, 4.0), abs=0.01)
    assert finding.severity is Severity.WARNING
    assert ("but for a logo" in finding.message) == (finding.reason == "logo") == (brightness > 100)


def test_a_title_in_the_middle_is_no_logo():
    assert spans(watch(MOTION + still(2.0, marked(235, slice(42, 45), slice(50, 110))))) == []


def test_a_dark_scene_below_the_ceiling_has_shapes_and_noise_has_none():
    shapes = np.repeat(np.repeat(np.random.default_rng(6).integers(0, 9, (6, 8)), 15, axis=0), 20, axis=1)
    assert np.std(shapes) < BlackSettings().detail
    assert spans(watch(MOTION + still(2.0, (16 + shapes).astype(np.uint8)))) == []
    noise = np.random.default_rng(4).normal(20.0, np.std(shapes), (90, 160)).clip(0, 30).astype(np.uint8)
    assert spans(watch(MOTION + still(2.0, noise))) == [pytest.approx((2.0, 4.0), abs=0.01)]


def test_an_empty_buffer_is_green_and_not_black():
    assert spans(watch(MOTION + plain(2.0, 0), chroma=(0, 0))) == []
    assert spans(watch(MOTION + plain(2.0, 0), chroma=None)) == [pytest.approx((2.0, 4.0), abs=0.01)]


@pytest.mark.parametrize(
    ("luma", "colour", "is_black"),
    [
        pytest.param(17, FULL, True, id="full range, 7 % is 17"),
        pytest.param(19, FULL, False, id="full range, above it"),
        pytest.param(31, Colour(False, "sdr"), True, id="limited range, 7 % is 31"),
    ],
)
def test_the_ceiling_is_a_share_of_the_range(luma, colour, is_black):
    assert bool(spans(watch(MOTION + plain(1.0, luma), colour=colour))) is is_black


@pytest.mark.parametrize(
    ("transfer", "luminance", "code"),
    [
        # 7 % of a BT.1886 display of 100 cd/m2 are 0.17 cd/m2: between 0.1 and 1 cd/m2, which PQ writes as 6.2 %
        # and 15 % of the range. HLG near black is E' = sqrt(3 E), here with the system gamma of 1.2 undone.
        pytest.param("pq", 0.169, 0.0775, id="PQ"),
        pytest.param("hlg", 0.169, 0.0465, id="HLG"),
    ],
)
def test_the_ceiling_follows_the_transfer_function(transfer, luminance, code):
    assert pytest.approx(luminance, abs=0.001) == 100.0 * 0.07**2.4
    [frame] = frames([scene()], colour=Colour(False, transfer))
    ceiling = black_ceiling(frame, 0.07)
    assert (ceiling - 16.0) / 219.0 == pytest.approx(code, abs=0.001)
    assert spans(watch(MOTION + plain(1.0, int(ceiling)), colour=Colour(False, transfer)))
    assert not spans(watch(MOTION + plain(1.0, int(ceiling) + 2), colour=Colour(False, transfer)))


def test_an_unknown_transfer_function_is_not_judged_and_says_so():
    track = Track("video:0", "video", "h264")
    clip = list(frames(plain(1.0, 16), colour=Colour(False, "unknown")))
    seen = list(loop([Tracks(0.0, (track,)), *clip], lambda each: [Black(track=each)] if each else []))
    assert [each for each in seen if isinstance(each, NotWatched)] == [
        NotWatched(
            0.0,
            "not judged: the transfer function of the picture is not known",
            track="video:0",
            detector="video.black",
        )
    ]
    assert not any(isinstance(each, Finding) for each in seen)


def test_ten_bits():
    deep = [picture.astype(np.uint16) * 4 for picture in MOTION + plain(2.0, 16)]
    told = watch(deep, bit_depth=10, chroma=(512, 512))
    assert spans(told) == [pytest.approx((2.0, 4.0), abs=0.01)]
    assert readings(told, "luma_mean")[-1] == pytest.approx(16.0, abs=0.5)


def test_the_smallest_picture():
    tiny = [
        VideoFrame(track="video:0", pts=n / 25, duration=0.04, luma=np.full((2, 2), 16, np.uint8)) for n in range(50)
    ]
    assert spans(observe(Black, tiny)) == [pytest.approx((0.0, 2.0))]


def test_another_ceiling():
    told = observe(Black, frames(MOTION + plain(2.0, 50)), settings=BlackSettings(ceiling=0.2))
    assert spans(told) == [pytest.approx((2.0, 4.0), abs=0.01)]


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    clip = MOTION + plain(2.0, 16) + MOTION
    [(opened, closed)] = spans(observe(Black, frames(clip, start=float(start)), start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((2.0, 4.0), abs=0.01)


def by_key_frames(*shown, times=None):
    """Key frames alone, each a picture or black, and what is told of them."""
    clip = [scene(3) if is_picture else plain(0.04, 16)[0] for is_picture in shown]
    keys = frames(clip, times=times or [2.0 * n for n in range(len(clip))], keys=range(len(clip)))
    track = Track("video:0", "video", "h264", facts={"pictures": KEY_FRAMES_ONLY})
    return findings(observe(Black, keys, track=track))


def test_between_key_frames_it_began_in_the_middle_and_the_second_says_that_it_stays():
    [once] = by_key_frames(True, True, True, False, True)
    assert (once.reason, once.severity, once.opened_at) == ("unseen", Severity.INFO, 5.0)
    [stays] = by_key_frames(True, True, True, False, False, True)
    assert (stays.severity, stays.opened_at) == (Severity.WARNING, 5.0)
    assert "between two key frames" in stays.message


def test_what_nobody_could_see_is_not_between_key_frames():
    [late] = by_key_frames(True, True, True, False, times=[0.0, 2.0, 4.0, 34.0])
    assert (late.opened_at, late.severity) == (33.0, Severity.INFO)
    [at_first] = by_key_frames(False, False)
    assert (at_first.opened_at, at_first.reason) == (0.0, "start")
