import pytest

from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import NotWatched
from watchglass.monitor.context import EXPLAINS, GRACE, HEAD_START, SOUND_MEMORY, Context

INFO, WARNING, CRITICAL = Severity


def opened(detector, at=10.0, *, told=None, severity=WARNING, reason="", track=None, event=Event.OPENED):
    family = detector.partition(".")[0]
    return Finding(
        event=event,
        detector=detector,
        track=track or (f"{family}:0" if family in ("video", "audio") else None),
        opened_at=at,
        told_at=at + 1.0 if told is None else told,
        severity=severity,
        reason=reason,
    )


def closed(detector, at=10.0, *, end=20.0, severity=WARNING, reason=""):
    finding = opened(detector, at, told=end, severity=severity, reason=reason, event=Event.CLOSED)
    return Finding(**{name: getattr(finding, name) for name in finding.__slots__} | {"closed_at": end})


def level(at, dbfs):
    return Reading("audio.silence", "audio:0", "level", at, 0.1, dbfs, "dBFS")


def sound(begin, end, dbfs=-20.0):
    return [level(begin + n * 0.1, dbfs) for n in range(round((end - begin) * 10))]


def later(at):
    return Reading("video.black", "video:0", "level", at, 0.0, 60.0, "code values")


def weigh(*seen):
    """(event, detector, severity, cause) of what context tells."""
    told = Context().weigh(seen)
    return [(f.event.value, f.detector, f.severity, f.explained_by) for f in told if isinstance(f, Finding)]


@pytest.mark.parametrize("detector", ["video.black", "video.solid_color"])
def test_no_picture_under_sound_is_critical(detector):
    assert weigh(*sound(9.0, 11.0), opened(detector))[0][2] is CRITICAL
    assert weigh(*sound(9.0, 11.0, -90.0), opened(detector))[0][2] is WARNING
    assert weigh(opened(detector))[0][2] is WARNING  # nothing is known of any sound
    assert weigh(*sound(9.0, 11.0), opened(detector, severity=INFO))[0][2] is INFO  # a fade


def test_a_pause_in_speech_is_no_silence():
    paused = [*sound(8.0, 10.5), *sound(10.5, 10.5 + SOUND_MEMORY - 0.2, -80.0)]
    assert weigh(*paused, opened("video.black"))[0][2] is CRITICAL
    assert weigh(*sound(8.0, 9.0), *sound(9.0, 11.0, -80.0), opened("video.black"))[0][2] is WARNING


def test_black_becomes_critical_when_the_sound_comes_back_and_stays_so():
    told = weigh(
        *sound(8.0, 11.0, -90.0),
        opened("video.black"),
        *sound(11.0, 12.0),
        *sound(12.0, 15.0, -90.0),
        closed("video.black"),
    )
    assert told == [
        ("opened", "video.black", WARNING, None),
        ("changed", "video.black", CRITICAL, None),
        ("closed", "video.black", CRITICAL, None),
    ]


@pytest.mark.parametrize(
    ("reason", "silent", "expected"),
    [
        ("motion_stopped", True, CRITICAL),
        ("strip_moves", True, CRITICAL),
        ("motion_stopped", False, WARNING),
        ("cut", True, WARNING),
        ("cut", False, INFO),
        ("static_room", True, INFO),
    ],
)
def test_a_freeze_depends_on_how_it_came_and_on_the_sound(reason, silent, expected):
    severity = WARNING if reason in ("motion_stopped", "strip_moves") else INFO
    before = [opened("audio.silence", severity=INFO)] if silent else []
    assert weigh(*before, opened("video.freeze", severity=severity, reason=reason))[-1][2] is expected


def test_silence_beside_no_moving_picture_is_critical():
    assert weigh(opened("audio.silence"))[0][2] is WARNING
    assert weigh(opened("video.freeze", reason="motion_stopped"), opened("audio.silence"))[-1][2] is CRITICAL
    assert weigh(opened("video.black"), opened("audio.silence"))[-1][2] is CRITICAL
    assert weigh(opened("video.black", severity=INFO), opened("audio.silence"))[-1][2] is WARNING
    assert weigh(opened("video.freeze", reason="cut"), opened("audio.silence", severity=INFO))[-1][2] is INFO


MEMBERS = {
    "transport.ts_": "transport.ts_continuity",
    "video.": "video.freeze",
    "audio.": "audio.silence",
    "sync.": "sync.timestamps",
}
PAIRS = [(cause, MEMBERS.get(effect, effect)) for cause, effects in EXPLAINS.items() for effect in effects]


@pytest.mark.parametrize(("cause", "effect"), PAIRS)
def test_a_cause_explains_its_effects(cause, effect):
    """Whichever is told first; and an effect that outlives its cause by a while is a fault itself."""
    first = weigh(opened(cause), opened(effect))
    assert ("opened", effect, INFO, cause) in first
    assert first[-1][1] == effect or first[-1][2] is CRITICAL  # together they may be graver
    late = weigh(opened(effect), opened(cause, 10.2))
    assert late[0][3] is None
    assert late[-1][:2] == ("changed", effect)
    assert late[-1][2:] == (INFO, cause)
    both = opened(cause), opened(effect), closed(cause)
    assert weigh(*both, later(20.0 + GRACE - 0.1))[-1][:2] == ("closed", cause)
    assert weigh(*both, later(20.0 + GRACE + 0.1))[-1] == ("changed", effect, WARNING, None)
    assert weigh(*both, closed(effect, end=20.0 + GRACE + 0.1))[-2:] == [
        ("changed", effect, WARNING, None),
        ("closed", effect, WARNING, None),
    ]
    assert weigh(*both, closed(effect, end=20.0 + GRACE - 0.1))[-1] == ("closed", effect, INFO, cause)
    assert weigh(opened(cause), opened(effect), closed(effect))[-1] == ("closed", effect, INFO, cause)


@pytest.mark.parametrize("cause", EXPLAINS)
def test_what_began_long_before_is_no_effect(cause):
    effect = {"transport.stall": "video.freeze", "audio.lost": "audio.silence", "audio.silence": "audio.imbalance"}
    name = effect.get(cause, "video.freeze")
    early = 100.0 - HEAD_START.get(cause, 0.5) - 1.0
    assert weigh(opened(name, early), opened(cause, 100.0))[-1][3] is None


def test_nothing_explains_itself_nor_what_it_does_not_know():
    assert weigh(opened("transport.stall"), opened("transport.stall", track="other"))[-1][3] is None
    assert weigh(opened("video.black"), opened("audio.silence"))[-1][3] is None
    assert weigh(opened("video.black"), opened("video.corrupt"))[-1][3] is None


def test_a_stall_goes_before_black():
    assert weigh(opened("video.black"), opened("transport.stall"), opened("video.freeze"))[-1][3] == "transport.stall"


def test_nothing_is_told_twice_without_a_change():
    told = weigh(opened("video.black"), *sound(11.0, 12.0, -90.0), *sound(12.0, 13.0, -95.0))
    assert len(told) == 1


def test_everything_else_passes_through():
    seen = [NotWatched(0.0, "why"), level(0.0, -20.0), Reading("video.black", "video:0", "level", 0.0, 1.0, 0.0, "1")]
    assert list(Context().weigh(seen)) == seen


def test_watching_ends_and_the_fault_does_not():
    context = Context()
    told = list(context.weigh([opened("video.black"), opened("audio.silence"), closed("audio.silence")]))
    assert told[-1].event is not Event.UNWATCHED
    [left] = context.unwatched(30.0)
    assert (left.event, left.detector, left.told_at, left.closed_at) == (Event.UNWATCHED, "video.black", 30.0, None)
    assert left.key == told[0].key
    assert list(context.unwatched(31.0)) == []


def test_what_is_told_when_its_cause_is_over_already_is_its_effect_if_it_began_within():
    cause, late = closed("video.corrupt", end=12.0), opened("video.stutter", 11.0, told=13.0)
    assert weigh(opened("video.corrupt"), cause, late)[-1] == ("opened", "video.stutter", INFO, "video.corrupt")
    after = opened("video.stutter", 12.5, told=13.0)
    assert weigh(opened("video.corrupt"), cause, after)[-1] == ("opened", "video.stutter", WARNING, None)


@pytest.mark.parametrize("bars_first", [True, False])
def test_bars_and_a_test_tone_are_one_incident(bars_first):
    bars, tone = opened("video.color_bars"), opened("audio.test_tone", 10.1)
    told = weigh(*((bars, tone) if bars_first else (tone, bars)))
    last = {detector: (severity, cause) for _, detector, severity, cause in told}
    assert last == {"video.color_bars": (CRITICAL, None), "audio.test_tone": (INFO, "video.color_bars")}


def test_a_segment_that_is_lost_explains_the_hole_that_it_leaves_and_not_what_comes_after_it():
    """The hole is dated to where the segment should have begun; an outage after all was well is another one."""
    failed = opened("transport.segment_failed", 20.0)
    hole = opened("audio.lost", 14.0, told=26.0)
    assert weigh(failed, hole)[-1] == ("opened", "audio.lost", INFO, "transport.segment_failed")
    stall = opened("transport.stall", 28.0, severity=CRITICAL)
    healed = closed("transport.segment_failed", 20.0, end=22.0)
    assert weigh(failed, healed, stall)[-1] == ("opened", "transport.stall", CRITICAL, None)


def test_what_a_cause_explains_may_be_one_reason_of_a_detector():
    """A segment that did not come leaves no pictures; a picture that stands still beside it is another fault."""
    for reason, cause in (("no_pictures", "transport.segment_failed"), ("motion_stopped", None)):
        seen = weigh(opened("transport.segment_failed", 10.0), opened("video.freeze", 9.0, reason=reason))
        assert seen[-1][3] == cause


def test_sound_that_did_not_come_is_no_silence():
    """A card stands while a segment is lost: nothing is known of its sound."""
    card = opened("video.freeze", 9.0, severity=INFO, reason="cut")
    failed, lost = opened("transport.segment_failed", 10.0), opened("audio.lost", 10.0)
    assert weigh(card, lost)[-1][1:] == ("video.freeze", WARNING, None)
    assert [one[1:3] for one in weigh(failed, card, lost)] == [
        ("transport.segment_failed", WARNING), ("video.freeze", INFO), ("audio.lost", INFO),
    ]  # fmt: skip
