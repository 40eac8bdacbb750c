import pytest

from watchglass.faults.defects import Defect, Kind
from watchglass.faults.drill import Drill
from watchglass.faults.listing import Segment
from watchglass.faults.origin import Origin
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import ClockAnchor

FREEZE = Defect(Kind.FREEZE, 9.0, 4.0, 0.5)
SILENCE = Defect(Kind.SILENCE, 33.0, 3.0, -200.0)
STALL = Defect(Kind.STALL, 50.0, 12.0)


@pytest.fixture
def origin():
    """One that has been on air: not serving, but with what it noted."""
    origin = Origin([Segment(n, 2.0 * n, 2.0, b"") for n in range(40)], 2.0)
    origin.opened_at, origin.opened_utc = 1000.0, 5_000_000.0
    origin.served_at = {n: origin.due(n) + 0.1 for n in range(40)}
    yield origin
    origin._server.close()


def finding(detector, opened_at, told_at, **more):
    return Finding(event=Event.OPENED, detector=detector, track=None, opened_at=opened_at, told_at=told_at, **more)


@pytest.fixture
def drill(origin):
    drill = Drill([SILENCE, FREEZE], origin)
    drill.note(ClockAnchor(pts=0.0, utc=5_000_000.0, source="program-date-time"), 1000.2)
    return drill


def test_all_reported_and_nothing_else(drill):
    drill.note(finding("video.freeze", 9.04, 11.04), 1006.5)
    assert not drill.is_passed
    drill.note(finding("audio.silence", 33.0, 35.0), 1030.3)
    assert drill.is_passed
    freeze, silence = drill.outcomes
    # The segment from 8 to 10 s was due 4 s after the opening, the one from 10 to 12 s 6 s after it.
    assert freeze.after_served == pytest.approx(1006.5 - 1004.1)
    assert freeze.after_decided == pytest.approx(1006.5 - 1006.1)
    assert freeze.onset_error == pytest.approx(0.04)
    assert silence.after_decided == pytest.approx(0.2)


def test_a_fault_that_nobody_reported(drill):
    drill.note(finding("video.freeze", 9.0, 11.0), 1006.5)
    assert [outcome.alarm is None for outcome in drill.outcomes] == [False, True]
    assert not drill.is_passed


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(finding("video.freeze", 21.0, 23.0), id="at another time"),
        pytest.param(finding("audio.clipping", 9.5, 10.5), id="of another kind"),
        pytest.param(finding("video.freeze", 7.9, 10.0), id="too early"),
    ],
)
def test_a_false_alarm_fails_the_drill(drill, other):
    drill.note(finding("video.freeze", 9.0, 11.0), 1006.5)
    drill.note(finding("audio.silence", 33.0, 35.0), 1030.3)
    assert drill.note(other, 1040.0) is not None
    assert [alarm.finding for alarm in drill.false_alarms] == [other]
    assert not drill.is_passed


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(finding("video.black", 14.9, 14.9, severity=Severity.INFO), id="information"),
        pytest.param(finding("video.black", 14.9, 14.9, explained_by="transport.stall"), id="explained"),
        pytest.param(Reading("video.black", "video:0", "black_share", 14.9, 0.04, 1.0, "1"), id="a reading"),
    ],
)
def test_what_is_no_alarm(drill, quiet):
    assert drill.note(quiet, 1040.0) is None
    assert not drill.alarms


def test_an_alarm_is_counted_once_and_when_it_becomes_one(drill):
    raised = finding("video.freeze", 9.0, 12.0)
    assert drill.note(finding("video.freeze", 9.0, 11.0, severity=Severity.INFO), 1006.0) is None
    assert drill.note(raised, 1006.5) is not None
    assert drill.note(raised, 1007.0) is None
    assert len(drill.alarms) == 1


def test_a_watcher_that_joined_late_is_put_on_the_time_of_the_channel(origin):
    drill = Drill([FREEZE], origin)
    drill.note(ClockAnchor(pts=0.0, utc=5_000_004.0, source="program-date-time"), 1000.2)
    drill.note(ClockAnchor(pts=20.0, utc=5_000_100.0, source="program-date-time"), 1000.2)
    assert drill.channel_time(5.0) == 9.0
    assert drill.channel_time(21.0) == 101.0
    drill.note(finding("video.freeze", 5.0, 7.0), 1006.5)
    assert drill.is_passed


def test_what_is_true_as_well_is_not_false(origin):
    drill = Drill([Defect(Kind.AUDIO_LOST, 9.0, 3.0)], origin)
    drill.note(finding("sync.timestamps", 9.0, 12.1), 1008.0)
    assert not drill.false_alarms
    assert not drill.is_passed, "the lost track itself is still to be reported"
    drill.note(finding("audio.lost", 9.0, 10.0), 1008.0)
    assert drill.is_passed


def test_a_stall_is_counted_from_when_the_segment_was_overdue(origin):
    drill = Drill([STALL], origin)
    drill.note(finding("transport.playlist_stale", 56.0, 58.0), 1055.0)
    outcome = drill.outcomes[0]
    assert outcome.after_served == pytest.approx(1055.0 - origin.due(25))
    assert outcome.after_decided is None
