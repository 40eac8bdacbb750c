"""From what processes say to incidents."""

import pytest

from watchglass.model.finding import Event, Finding, Severity
from watchglass.monitor.incidents import Patience
from watchglass.supervisor.desk import BLIND, Desk
from watchglass.supervisor.words import Told


class Floor:
    """A desk, and what it has told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.incidents = {}
        self.desk = Desk(self.take, Patience(keep=10.0, confirm=60.0))
        self.desk.add("news", labels={"site": "helsinki"})

    def take(self, stream, news):
        self.told += [(stream, str(one.event), one.incident.detector) for one in news]
        self.incidents |= {one.incident.id: one.incident for one in news}

    def says(self, event, at, *, run="1", opened=100.0, severity=Severity.WARNING, stream="news", over=None):
        finding = Finding(
            event=event, detector="video.freeze", track="video:0", opened_at=opened, told_at=at, severity=severity,
            closed_at=over, message="still",
        )  # fmt: skip
        self.desk.told(stream, Told(run, finding, opened + 1000.0, None if over is None else over + 1000.0), at)


@pytest.fixture
def floor():
    return Floor()


def test_a_finding_is_an_incident_with_the_labels_of_its_stream(floor):
    floor.says(Event.OPENED, 102.0)
    assert floor.told == [("news", "opened", "video.freeze")]
    (incident,) = floor.incidents.values()
    assert incident.labels == {"site": "helsinki"}
    assert incident.opened_at == 1100.0


def test_an_incident_lasts_as_long_as_the_media_say(floor):
    floor.says(Event.OPENED, 102.0)
    floor.says(Event.CLOSED, 140.0, over=107.5)  # told half a minute late
    floor.desk.tick(151.0)
    (incident,) = floor.incidents.values()
    assert (incident.opened_at, incident.closed_at) == (1100.0, 1107.5)


def test_a_process_that_dies_ends_nothing(floor):
    floor.says(Event.OPENED, 102.0)
    floor.desk.died("news", {"1"}, 110.0)
    floor.desk.begins("news", 112.0)
    floor.says(Event.OPENED, 115.0, run="2", opened=3.0)
    floor.desk.tick(500.0)
    assert floor.told == [("news", "opened", "video.freeze")]


def test_what_does_not_show_itself_again_was_over_when_watching_began(floor):
    floor.says(Event.OPENED, 102.0)
    floor.desk.died("news", {"1"}, 110.0)
    floor.desk.begins("news", 112.0)
    floor.desk.tick(172.0)
    floor.desk.tick(182.0)
    assert floor.told[-1] == ("news", "closed", "video.freeze")


def test_a_note_is_enough_to_show_itself_again(floor):
    floor.says(Event.OPENED, 102.0)
    floor.desk.died("news", {"1"}, 110.0)
    floor.desk.begins("news", 112.0)
    floor.says(Event.OPENED, 115.0, run="2", opened=3.0, severity=Severity.INFO)
    floor.desk.tick(500.0)
    assert len(floor.told) == 1
    floor.says(Event.CLOSED, 520.0, run="2", opened=3.0, severity=Severity.INFO, over=518.0)
    floor.desk.tick(531.0)
    assert floor.told[-1] == ("news", "closed", "video.freeze")


def test_of_two_processes_only_the_one_that_died_is_gone(floor):
    """One is handed over to another: both have told of the same fault."""
    floor.says(Event.OPENED, 102.0, run="old")
    floor.says(Event.OPENED, 103.0, run="new", opened=1.0)
    floor.desk.died("news", {"old"}, 104.0)
    floor.desk.tick(400.0)
    assert floor.told == [("news", "opened", "video.freeze")]


def test_what_we_say_ourselves_is_told_once_until_it_is_well(floor):
    floor.desk.say("news", BLIND, "it cannot be opened", 100.0)
    floor.desk.say("news", BLIND, "it still cannot be opened", 105.0)
    floor.desk.unsay("news", BLIND, 130.0)
    floor.desk.unsay("news", BLIND, 131.0)
    floor.desk.tick(141.0)
    assert floor.told == [("news", "opened", BLIND), ("news", "closed", BLIND)]


def test_what_becomes_graver_is_told_again(floor):
    floor.desk.say("news", "monitor.overloaded", "late", 100.0, Severity.WARNING)
    floor.desk.say("news", "monitor.overloaded", "very late", 105.0, Severity.CRITICAL)
    assert [event for _, event, _ in floor.told] == ["opened", "raised"]


def test_a_stream_that_is_removed_has_no_open_incidents(floor):
    floor.says(Event.OPENED, 102.0)
    floor.desk.say("news", BLIND, "it is gone", 103.0)
    floor.desk.remove("news", 110.0)
    assert sorted(floor.told[2:]) == [("news", "closed", BLIND), ("news", "closed", "video.freeze")]
    floor.says(Event.OPENED, 111.0, opened=105.0)  # its process has not heard of it yet
    floor.desk.begins("news", 112.0)
    floor.desk.died("news", {"1"}, 113.0)
    floor.desk.say("news", BLIND, "it is gone", 114.0)
    assert len(floor.told) == 4
