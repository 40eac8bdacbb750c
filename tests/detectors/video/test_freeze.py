import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, scene, spans, still
from watchglass.detectors.video.freeze import Freeze, FreezeSettings
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import KEY_FRAMES_ONLY, NotWatched, Progress, TimelineBreak, Track

MOTION = moving(3.0)
LAST = MOTION[-1]
GOES_ON = moving(4.0)[75:]
FIELDS = np.rint(0.9 * LAST + 0.1 * np.roll(LAST, 1, axis=0)).astype(np.uint8)


def watch(clip, **options):
    return observe(Freeze, frames(clip, **options))


def ticker(clip, rows=12):
    """A strip at the bottom that runs through the whole clip."""
    band = scene(7, width=640)[:rows]
    shown = []
    for n, picture in enumerate(clip):
        picture = picture.copy()
        picture[-rows:] = np.roll(band, -3 * n, axis=1)[:, : picture.shape[1]]
        shown.append(picture)
    return shown


def clock(clip, picture_every=25):
    """A corner in which the figures change once a second."""
    shown = []
    for n, picture in enumerate(clip):
        picture = picture.copy()
        picture[4:12, 124:152] = scene(100 + n // picture_every)[:8, :28]
        shown.append(picture)
    return shown


def pointer(clip):
    """Something small that is moved now and then, in the upper left quarter of the picture."""
    places = np.random.default_rng(5).integers((2, 2), (24, 44), (len(clip), 2))
    shown = []
    for n, picture in enumerate(clip):
        picture = picture.copy()
        row, column = places[n // 8]
        picture[row : row + 4, column : column + 4] = 235
        shown.append(picture)
    return shown


def grainy(clip, sigma=16.0):
    """With the noise of a film, which goes on while it is shown and is the same over a still."""
    rng = np.random.default_rng(3)
    return [
        np.clip(np.rint(picture + rng.normal(0.0, sigma, picture.shape)), 16, 235).astype(np.uint8) for picture in clip
    ]


def window(clip):
    """All of it in black that leaves it three quarters of the width and of the height."""
    shown = []
    for picture in clip:
        height, width = (side // 8 for side in picture.shape)
        inside = np.full_like(picture, 16)
        inside[height:-height, width:-width] = picture[height:-height, width:-width]
        shown.append(inside)
    return shown


def slides(transition, count=3, still_for=2.6, lasts=1.2):
    """Pictures that stand, one after the other, with a linear transition between them."""
    shown = []
    for n in range(count):
        before, after = scene(40 + n), scene(41 + n)
        shown += still(still_for, before)
        shown += [transition(before, after, k / (25 * lasts)) for k in range(1, round(25 * lasts))]
    return shown


def wipe(before, after, k):
    edge = round(k * before.shape[1])
    return np.concatenate([after[:, :edge], before[:, edge:]], axis=1)


def push(before, after, k):
    edge = round(k * before.shape[1])
    return np.concatenate([before[:, edge:], after[:, :edge]], axis=1)


def dissolve(before, after, k):
    return np.rint((1 - k) * before + k * after.astype(float)).astype(np.uint8)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(6.0), [], id="motion"),
        pytest.param(MOTION + still(1.8, LAST) + GOES_ON, [], id="still, but too briefly"),
        pytest.param(MOTION + still(2.4, LAST) + GOES_ON, [(3.0, 5.4)], id="dated back to its start"),
        pytest.param(MOTION + still(2.4, LAST), [(3.0, 5.4)], id="ends with the stream"),
        pytest.param(MOTION + still(4.0, LAST, noise=0.4) + GOES_ON, [(3.0, 7.0)], id="shimmers, re-encoded"),
        pytest.param(still(5.0, noise=2.0), [], id="a static room, its noise goes on"),
        pytest.param(ticker(MOTION + still(3.0, LAST) + GOES_ON), [(3.0, 6.0)], id="a ticker goes on over it"),
        pytest.param(ticker(still(6.0)), [], id="a ticker under a picture that never moved"),
        pytest.param(clock(MOTION + still(3.0, LAST) + GOES_ON), [(3.0, 6.0)], id="a clock goes on over it"),
        pytest.param(
            ticker(clock(MOTION + still(3.0, LAST) + GOES_ON)), [(3.0, 6.0)], id="a ticker and a clock go on over it"
        ),
        pytest.param(pointer(MOTION + still(3.0, LAST) + GOES_ON), [], id="a pointer goes on over a page"),
        pytest.param(clock(still(6.0)), [], id="a clock over a picture that never moved"),
        pytest.param(
            MOTION + still(2.4, LAST) + GOES_ON + still(2.4, GOES_ON[-1]) + GOES_ON,
            [(3.0, 5.4), (6.4, 8.8)],
            id="two, a second apart",
        ),
        pytest.param(MOTION + [LAST, FIELDS] * 40 + GOES_ON, [(3.0, 6.2)], id="two fields go on alternating"),
        pytest.param(
            MOTION + still(3.0, LAST) + GOES_ON + ticker(MOTION + still(3.0, LAST) + GOES_ON),
            [(3.0, 6.0), (6.0 + len(GOES_ON) / 25 + 3.0, 6.0 + len(GOES_ON) / 25 + 6.0)],
            id="a plain one, and later one under a ticker",
        ),
    ],
)
def test_spans(clip, expected):
    found = spans(watch(clip))
    assert len(found) == len(expected)
    for span, wanted in zip(found, expected, strict=True):
        assert span == pytest.approx(wanted, abs=0.05)


@pytest.mark.parametrize(
    ("clip", "reason", "severity"),
    [
        pytest.param(MOTION + still(3.0, LAST), "motion_stopped", Severity.WARNING, id="motion that stops"),
        pytest.param(MOTION + still(3.0, scene(30)), "cut", Severity.INFO, id="a slide, still since a cut"),
        pytest.param(window(MOTION + still(3.0, scene(30))), "cut", Severity.INFO, id="a slide, in a small picture"),
        pytest.param(
            window(MOTION + still(3.0, LAST)), "motion_stopped", Severity.WARNING, id="motion that stops in one"
        ),
        pytest.param(still(3.0), "start", Severity.INFO, id="a title, still since watching began"),
        pytest.param(ticker(MOTION + still(3.0, LAST)), "strip_moves", Severity.WARNING, id="all but a ticker stops"),
    ],
)
def test_how_it_began_tells_how_bad_it_is(clip, reason, severity):
    [finding] = findings(watch(clip))
    assert (finding.reason, finding.severity) == (reason, severity)


@pytest.mark.parametrize("over", [list, ticker])
def test_a_still_comes_out_of_black_with_grain(over):
    black, title = np.full_like(LAST, 16), scene(30)
    fade = [*grainy([dissolve(LAST, black, k / 8) for k in range(8)]), black]
    fade += grainy([dissolve(black, title, k / 8) for k in range(1, 8)])
    told = findings(watch(over(grainy(MOTION) + fade + still(3.0, title))))
    assert [finding for finding in told if finding.severity >= Severity.WARNING] == []


@pytest.mark.parametrize("over", [list, ticker, clock, window])
@pytest.mark.parametrize("transition", [wipe, push, dissolve])
def test_slides_are_no_alarm_however_they_come_in(transition, over):
    told = findings(watch(over(slides(transition))))
    assert [finding for finding in told if finding.severity >= Severity.WARNING] == []


def test_a_camera_that_slows_down_and_stops_is_no_alarm():
    wide = scene(3, width=8 * 160)
    clip, x = [], 0.0
    for n in range(200):
        x += max(0.0, 2.0 - max(0, n - 100) * 0.08)
        left = int(x)
        here = (1 - x + left) * wide[:, left : left + 160] + (x - left) * wide[:, left + 1 : left + 161]
        clip.append(np.rint(here).astype(np.uint8))
    [finding] = findings(watch(clip))
    assert (finding.reason, finding.severity) == ("came_to_rest", Severity.INFO)


def test_pictures_that_only_come_now_and_then_repeat_the_last():
    times = [n / 25 for n in range(75)] + [3.0 + 0.4 * n for n in range(8)] + [6.2 + n / 25 for n in range(25)]
    [finding] = findings(watch(MOTION + still(0.32, LAST) + GOES_ON, times=times))
    assert (finding.reason, finding.severity) == ("motion_stopped", Severity.WARNING)
    assert (finding.opened_at, finding.closed_at) == pytest.approx((3.0, 6.2), abs=0.05)


@pytest.mark.parametrize("noise", [0.8, 1.0])
def test_a_picture_that_shimmers_more_is_found_too(noise):
    [(opened, closed)] = spans(watch(MOTION + still(5.0, LAST, noise=noise) + GOES_ON))
    assert opened == pytest.approx(3.0, abs=0.05)
    assert closed == pytest.approx(8.0, abs=0.05)


def test_an_encoder_that_renews_a_still_picture_does_not_end_it():
    shown = still(5.0, LAST)
    keys = set(range(0, 200, 25))
    for key in range(25, 125, 25):  # every second a key frame, a little different
        renewed = np.clip(LAST + np.rint(2.0 * np.random.default_rng(key).standard_normal(LAST.shape)), 0, 255)
        shown[key:] = [renewed.astype(np.uint8)] * (len(shown) - key)
    [(opened, closed)] = spans(watch(MOTION + shown + GOES_ON, keys=keys))
    assert (opened, closed) == pytest.approx((3.0, 8.0), abs=0.05)


def goes_on(pictures, until, lag=0.3):
    """Pictures, and a sound that is ahead of them by so many seconds and goes on until then."""
    items = list(pictures)
    end = items[-1].end
    told = [Progress(pts) for pts in np.arange(0.25, until, 0.25).tolist()]
    return iter(
        sorted([*items, *told], key=lambda item: item.pts if isinstance(item, Progress) else item.pts + lag)
    ), end


@pytest.mark.parametrize(
    ("is_ours", "expected"),
    [pytest.param(True, [], id="ours"), pytest.param(False, ["no_pictures"], id="the stream's")],
)
def test_who_cannot_keep_up_does_not_miss_the_pictures_that_were_passed_over(is_ours, expected):
    before, after = list(frames(moving(14.0))), frames(moving(4.0), start=34.0)
    hole = NotWatched(14.0, "this machine did not keep up", duration=20.0, is_outrun=is_ours)
    ahead = [hole, Progress(34.5)]  # the sound comes first
    broke = TimelineBreak("video:0", 14.0, "outrun" if is_ours else "gap", 14.0, 34.0)
    told = observe(Freeze, [*before[:-1], *ahead, before[-1], Progress(34.7), broke, *after])
    assert [finding.reason for finding in findings(told)] == expected


def test_pictures_that_stop_for_good_under_sound_are_told_while_they_are_missing():
    items, end = goes_on(frames(moving(14.0)), until=30.0)
    opened, closed = (told for told in observe(Freeze, items) if isinstance(told, Finding))
    assert (opened.event, closed.event) == (Event.OPENED, Event.CLOSED)
    assert (opened.reason, opened.severity) == ("no_pictures", Severity.WARNING)
    assert opened.opened_at == pytest.approx(end, abs=0.05)
    assert opened.told_at == pytest.approx(end + 2.3, abs=0.3)


def test_sound_that_is_always_ahead_of_the_pictures_is_nothing():
    items, _ = goes_on(frames(moving(20.0)), until=22.9, lag=2.8)
    assert not findings(observe(Freeze, items))


def test_no_pictures_at_all_where_they_had_come_regularly():
    times = [n / 25 for n in range(75)] + [6.0 + n / 25 for n in range(25)]
    [finding] = findings(watch(MOTION + GOES_ON, times=times))
    assert (finding.reason, finding.severity) == ("no_pictures", Severity.WARNING)
    assert (finding.opened_at, finding.closed_at) == pytest.approx((3.0, 6.0), abs=0.05)


def test_it_is_told_when_it_has_lasted_long_enough():
    told = watch(MOTION + still(6.0, LAST), start=0.0)
    [opened] = [f for f in told if isinstance(f, Finding) and f.event is Event.OPENED]
    assert opened.told_at == pytest.approx(5.0, abs=0.05)


def test_another_patience():
    clip = MOTION + still(2.4, LAST) + GOES_ON
    assert spans(observe(Freeze, frames(clip), settings=FreezeSettings(open_after=3.0))) == []


@settings(max_examples=8, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    clip = MOTION + still(2.4, LAST) + GOES_ON
    [(opened, closed)] = spans(observe(Freeze, frames(clip, start=float(start)), start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((3.0, 5.4), abs=0.05)


def test_a_key_frame_that_stands_until_the_next_is_no_freeze() -> None:
    track = Track("video:0", "video", "h264", facts={"pictures": KEY_FRAMES_ONLY})
    clip = [scene(number) for number in range(20)]

    def opened(detector: Freeze) -> list[Finding]:
        return [
            finding
            for frame in frames(clip, rate=0.5, keys=range(20))
            for reading in detector.measure(frame)
            for finding in detector.judge(reading)
        ]

    assert opened(Freeze())
    assert not opened(Freeze(track=track))


def test_a_cut_from_a_camera_that_is_shaken_to_a_still_is_a_cut():
    wide, random = scene(1, width=4 * 160), np.random.default_rng(3)
    steps = np.where(np.arange(100) % 5 == 0, 0, random.integers(-14, 15, 100)).cumsum()
    shaken = [np.ascontiguousarray(np.roll(wide, step, axis=1)[:, :160]) for step in steps]
    told = findings(observe(Freeze, frames(shaken + still(3.0, scene(9)))))
    assert [(each.reason, each.severity) for each in told] == [("cut", Severity.INFO)]
    told = findings(observe(Freeze, frames(shaken + still(3.0, shaken[-1]))))
    assert [(each.reason, each.severity) for each in told] == [("motion_stopped", Severity.WARNING)]
