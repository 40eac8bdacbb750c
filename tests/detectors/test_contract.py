"""What holds for every detector, whatever it looks for."""

import tempfile
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import listening
import looking
from spoiling import angular, blocky, blurred, spoilt, stepped
from watchglass.config.settings import PROFILES
from watchglass.detectors import CATALOGUE, load
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import Caption, Damage, Progress, Stall, TimelineBreak, Track, Tracks
from watchglass.model.rules import Rules
from watchglass.model.transport import FetchFailure, ManifestCheck, RuleBreak, SegmentArrival, TransportCheck
from watchglass.monitor.watch import watch
from watchglass.reports.manual import facts_of

TRACKS = (
    Track("video:0", "video", "h264"),
    Track("audio:0", "audio", "pcm", None, {"rate": 8000, "channels": 2}),
    Track("captions:0", "captions", "webvtt"),
)
RATE = 8000
SECONDS = 12
BROKEN_SECONDS = 49
"""Of sound that is broken."""
SOUND = [name for name in CATALOGUE if name.startswith("audio.")]
RULES = {load(name).of: load(name).settings_type.rules for name in CATALOGUE if issubclass(load(name), Rules)}
CARDS = tempfile.TemporaryDirectory()
few = settings(max_examples=5, deadline=None, derandomize=True)


def programme(seconds=SECONDS):
    return listening.programme(seconds, rate=RATE)


def broken_sound():
    """Silence, one dead channel, a ceiling that cuts, far too loud, and one defect after the other: for every ear."""
    sound = programme(BROKEN_SECONDS)
    sound[:, 2 * RATE : 5 * RATE] = 0.0
    sound[1, 6 * RATE : 10 * RATE] = 0.0
    sound[:, 10 * RATE : 12 * RATE] = np.clip(30.0 * sound[:, 10 * RATE : 12 * RATE], -0.9, 0.9)
    sound[:, 14 * RATE : 16 * RATE] += 0.2
    sound[1, 17 * RATE : 20 * RATE] *= -1.0
    sound[1, 21 * RATE : 26 * RATE] = sound[0, 21 * RATE : 26 * RATE]
    sound[:, 27 * RATE : 29 * RATE] = listening.sine(2.0, -18.0, rate=RATE)
    for at in (12.5, 13.1, 13.4):
        sound[:, round(at * RATE) : round(at * RATE) + RATE // 10] = 0.0
    sound[:, [round(at * RATE) for at in (13.55, 13.7)]] = 0.9
    hiss = np.random.default_rng(5).standard_normal(RATE // 5).astype(np.float32)
    sound[:, round(26.3 * RATE) : round(26.5 * RATE)] += 0.2 * hiss
    for hertz in (50.0, 100.0, 150.0):
        sound[:, 30 * RATE : 33 * RATE] += listening.sine(3.0, -30.0, hertz=hertz, rate=RATE)
    return sound


def shrunken(picture):
    """Black above and below."""
    made = np.full_like(picture, 16)
    made[11:79] = picture[np.linspace(0, 89, 68).astype(int)]
    return made


def line_up():
    """Bars of 75 %, with black below."""
    colours = [(1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]
    bars = np.repeat(0.75 * np.array(colours, np.float32), 26, axis=0)[None]
    return np.repeat(np.repeat([1.0, 0.0], [60, 30])[:, None, None].astype(np.float32), 156, axis=1) * bars


def lost_rows(pictures):
    """Grey in place of some rows, ever others."""
    made = [picture.copy() for picture in pictures]
    for number, picture in enumerate(made):
        picture[10 * (number // 4) % 80 :][:8] = 128
    return made


def jerky(pictures):
    """After three seconds, some of them are held, without any beat."""
    made = list(pictures)
    for first, count in ((82, 3), (90, 2), (97, 3), (108, 3), (117, 2)):
        made[first : first + count] = [pictures[first - 1]] * count
    return made


def dotted(picture):
    """One pixel of it is stuck."""
    made = picture.copy()
    made[40, 70] = 235
    return made


def broken_pictures():
    """Motion, and all that can be wrong with it."""
    moves = looking.moving(3.0)
    woven = [np.where(np.arange(90)[:, None] % 2, then, now) for then, now in zip(moves, moves[2:], strict=False)]
    torn = [np.concatenate([now[:40], then[40:]]) for then, now in zip(moves[:30], moves[3:33], strict=True)]
    return [
        *looking.frames(moves),
        *looking.frames(looking.plain(1.6, 16), start=3.0),
        *looking.frames(looking.plain(1.4, 60), start=4.6, chroma=(0, 0)),
        *looking.frames(moves + looking.still(3.0, moves[-1]), start=6.0, corrupt=(20, 22, 24)),
        *looking.painted([line_up()] * 40, start=12.0),
        *looking.frames(moves[:25] + [shrunken(picture) for picture in moves[25:]], start=13.6),
        *looking.frames((looking.plain(0.08, 60) + looking.plain(0.08, 200)) * 9, start=16.6),
        *looking.frames(woven, start=18.2),
        *looking.frames(moves[:3] + torn, start=21.2),
        *looking.frames(spoilt(blocky, 1.7, 0.9, 0.0, cv2.GaussianBlur(looking.scene(9), (0, 0), 4.0)), start=22.6),
        *looking.frames(spoilt(blurred, 1.7, 0.9, 0.0, angular()), start=25.2),
        *looking.frames(looking.still(1.7, noise=0.8) + looking.still(0.9, noise=12.0), start=27.8),
        *looking.frames(spoilt(stepped, 1.7, 0.9, 0.0, looking.scene(4)), start=30.4),
        *looking.frames(lost_rows(moves), start=33.0),
        *looking.frames(looking.still(2.0), start=36.0),
        *looking.frames(jerky(looking.moving(5.0, speed=1)), start=38.0),
        *looking.frames([dotted(picture) for picture in looking.moving(6.0)], start=43.0),
    ]


def checks(seconds, **bad):
    """Of a transport stream, all bad for a second in the middle where something is."""
    each = 0.5
    count = round(seconds / each)
    return [
        TransportCheck(
            n * each, each, bad if abs(n - count // 2) < 2 else {}, dict.fromkeys(bad, "PID 7"), is_live=True
        )
        for n in range(count)
    ]


def segments(seconds, slowness=0.2):
    """Of two seconds each, and the playlist after each."""
    return [
        item
        for n in range(0, seconds - 2, 2)
        for item in (
            SegmentArrival(float(n), 2.0, f"{n}.ts", "video", n, 1000, 2.0 * slowness),
            *(ManifestCheck(n + 2.0, kind, "video", target_duration=2.0) for kind in RULES),
        )
    ]


def broken_segments(start):
    """Slow ones, then none that comes, then a list that does not grow; and all rules are broken."""
    slow = [SegmentArrival(start + 2 * n, 2.0, f"{n}.ts", "video", n, 1000, 3.0) for n in range(4)]
    failed = [
        FetchFailure(start + 8.0, "segment", "video", "HTTP 503", 503),
        FetchFailure(start + 11.0, "segment", "video", "HTTP 503", 503, since=3.0),
        FetchFailure(start + 11.0, "segment", "video", "HTTP 503", 503, since=3.0, lost=2.0),
    ]
    broken = [
        ManifestCheck(start + 12.0, kind, "video", tuple(RuleBreak(rule, "line 1") for rule in rules), 8.0, 2.0)
        for kind, rules in RULES.items()
    ]
    return [*slow, *failed, *broken]


def clean(sizes=(800,)):
    pictures = looking.frames(looking.moving(float(SECONDS)))
    captions = [Caption("captions:0", float(n), f"line {n}", 2.0) for n in range(1, SECONDS, 3)]
    sound = listening.blocks(programme(), rate=RATE, sizes=sizes)
    return [*pictures, *sound, *checks(SECONDS), *segments(SECONDS), *captions]


def defective(sizes=(800,)):
    blocks = listening.blocks(broken_sound(), rate=RATE, sizes=sizes)
    hole = [block for block in blocks if not 5.2 <= block.pts < 6.35]
    unread = [Damage("captions:0", at, "undecodable", "parity") for at in (20.1, 20.2, 22.5, 24.0)]
    arrivals = [Damage("video:0", 6.8, "undecodable"), TimelineBreak("audio:0", 11.0, "discontinuity", 11.0, 99.0)]
    stall = [Stall(pts=float(BROKEN_SECONDS + n), waited=float(n), buffer=2.0 - n) for n in range(1, 8)]
    watched = {what for name in CATALOGUE for what in getattr(load(name), "watches", ())}
    ill = checks(BROKEN_SECONDS, **dict.fromkeys(watched, 9.0))
    late = [*segments(20), *broken_segments(20.0)]
    return [*broken_pictures(), *hole, *arrivals, *unread, *stall, *ill, *late]


def in_order(items, start=0.0):
    """As a source hands them on: by time, with progress in between, the timeline beginning at ``start``."""
    items = sorted(items, key=lambda item: item.end)
    shown, told = [Tracks(start, TRACKS)], 0.0
    for item in items:
        end = item.end
        shown.append(shifted(item, start))
        if end >= told + 0.25 and not isinstance(item, Stall):
            told = end
            shown.append(Progress(start + told))
    return shown


def shifted(item, by):
    if not by:
        return item
    if not hasattr(item, "__dict__"):
        return replace(item, pts=item.pts + by)
    item.pts += by
    return item


@cache
def told_to(name):
    """Settings without which a detector has nothing to look for."""
    if name == "captions.lost":
        return load(name).settings_type(open_after=2.0, never_after=2.0)
    if name != "video.slate":
        return None
    card = f"{CARDS.name}/bars.png"
    cv2.imwrite(card, np.rint(255.0 * line_up()).astype(np.uint8)[..., ::-1])
    return load(name).settings_type(images=(card,))


def observe(name, items, limits=None, *, delivery=PROFILES["ebu-r128"]):
    """Everything that one detector says, on whichever tracks it watches, with a delivery profile to judge by."""
    kind, limits = load(name), limits or told_to(name)
    kinds = {None: (None,), "any": ("video", "audio")}.get(kind.kind, (kind.kind,))

    def hire(track):
        return [kind(limits, track, delivery)] if (track.kind if track else None) in kinds else []

    return [told for told in watch(items, hire) if isinstance(told, Reading | Finding)]


def findings(told):
    return [each for each in told if isinstance(each, Finding)]


def closed(told):
    """What is left of each finding in the end, in order."""
    return [each for each in findings(told) if each.event is Event.CLOSED]


@pytest.fixture(scope="module", params=CATALOGUE)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def told(name):
    return observe(name, in_order(defective()))


def test_there_is_something_to_find(told):
    """Otherwise the properties below would hold of nothing."""
    assert [each for each in told if isinstance(each, Reading)]
    assert findings(told)


def test_clean_signals_raise_no_alarm(name):
    told = observe(name, in_order(clean()), delivery=None)
    assert [each for each in findings(told) if each.severity > Severity.INFO] == []


def test_the_end_of_the_media_leaves_nothing_open(told):
    """Each finding is opened once, changed perhaps, closed once, in this order and after it began."""
    stories = {}
    for each in findings(told):
        stories.setdefault(each.key, []).append(each)
    for story in stories.values():
        events = [each.event for each in story]
        assert events[0] is Event.OPENED
        assert events[-1] is Event.CLOSED
        assert set(events[1:-1]) <= {Event.CHANGED}
        assert story[-1].closed_at >= story[-1].opened_at
        assert [each.told_at for each in story] == sorted(each.told_at for each in story)
        assert all(each.told_at >= each.opened_at - 1e-9 for each in story)


def test_findings_are_for_people(told):
    for each in findings(told):
        assert each.message
        assert 0.0 <= each.confidence <= 1.0
        assert each.readings, "what it rests on"


def test_the_same_again_gives_the_same(name, told):
    assert observe(name, in_order(defective())) == told


@pytest.mark.parametrize("start", [1.0, 3600.0, 95_443.717])  # the last is where a 33-bit clock goes round
def test_a_later_start_shifts_everything(name, told, start):
    later = observe(name, in_order(defective(), start))
    before, after = closed(told), closed(later)
    assert [each.severity for each in before] == [each.severity for each in after]
    for was, now in zip(before, after, strict=True):
        assert now.opened_at - start == pytest.approx(was.opened_at, abs=0.011)
        assert now.closed_at - start == pytest.approx(was.closed_at, abs=0.011)
        assert now.reason == was.reason


def other_value(limits, name):
    """Another value of a setting, within its range."""
    if name == "waived":
        return tuple(limits.rules)[:1]
    low, high = map(float, facts_of(type(limits), name)["range"].split(" to "))
    value = getattr(limits, name)
    moved = value + 0.25 * ((high if high < 1000 else 4.0 * value + 4.0) - value) if value < high else low
    return int(moved) if isinstance(value, int) else moved


def test_what_is_measured_does_not_depend_on_the_judgement(name, told):
    limits = told_to(name) or load(name).settings_type()
    judged = [each for each in type(limits).model_fields if facts_of(type(limits), each)["shapes"] == "judgement"]
    others = limits.model_copy(update={each: other_value(limits, each) for each in judged})
    if judged:
        assert others != limits
    measured = [each for each in told if isinstance(each, Reading)]
    assert [each for each in observe(name, in_order(defective()), others) if isinstance(each, Reading)] == measured


def test_recorded_readings_are_judged_the_same_again(name, told):
    """Re-judging: the second half alone, fed with what the first half said, finds what was found."""
    kind = load(name)
    for track in (None, *TRACKS):
        identity = track.id if track else None
        mine = [each for each in told if each.track == identity]
        if not mine:
            continue
        again = kind(told_to(name), track, PROFILES["ebu-r128"])
        found = [finding for each in mine if isinstance(each, Reading) for finding in again.judge(each)]
        end = max(item.reach for item in in_order(defective()))
        assert [*found, *again.finish(end)] == findings(mine)


@pytest.mark.parametrize("name", SOUND)
@few
@given(sizes=st.lists(st.integers(400, 1600), min_size=1, max_size=4))
def test_it_does_not_matter_how_sound_is_cut(name, sizes):
    one, other = (
        closed(observe(name, in_order(listening.blocks(broken_sound(), rate=RATE, sizes=cut))))
        for cut in ((800,), sizes)
    )
    assert [each.severity for each in one] == [each.severity for each in other]
    for was, now in zip(one, other, strict=True):
        # A hop of 50 ms may lie elsewhere by its own length, and holds a little more of what is beside it.
        assert (now.opened_at, now.closed_at) == pytest.approx((was.opened_at, was.closed_at), abs=0.11)
