"""A sink that is told nothing is an incident itself."""

import pytest

from watchglass.config.streams import MACHINE
from watchglass.model.incident import IncidentEvent
from watchglass.sinks.dispatch import Failing
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.sink_watch import SINK, SinkWatch

NOW = 1_700_000_000.0


class Place:
    def __init__(self) -> None:
        self.news, self.notes = [], []
        self.desk = Desk(lambda stream, news: self.news.extend(news))
        self.desk.add(MACHINE)
        self.watch = SinkWatch(self.desk, lambda stream, line: self.notes.append(line))

    def look(self, at: float, failing=None, ended=()) -> None:
        self.desk.tick(NOW + at)
        self.watch.look(failing or {}, ended, ("ops", "other"), NOW + at)

    @property
    def said(self) -> list[str]:
        return [one.incident.message for one in self.news if one.event is IncidentEvent.OPENED]


@pytest.fixture
def place() -> Place:
    return Place()


def down(since: float = 0.0, refused: int = 0) -> Failing:
    return Failing(NOW + since, NOW + since, "HTTP 401", refused)


def test_one_that_is_down_for_a_moment_is_nobodys_business(place):
    place.look(1.0, {"ops": down()})
    place.look(50.0, {"ops": down()})
    place.look(55.0)
    assert place.news == []
    assert place.notes == ["the sink ops is told nothing, and is tried again: HTTP 401", "the sink ops is told again"]


def test_one_that_is_told_nothing_for_a_minute_is_an_incident_until_it_is_told_again(place):
    for at in range(0, 200, 5):
        place.look(float(at), {"ops": down()})
    assert place.said == ["the sink ops is told nothing (HTTP 401)"]
    assert place.news[0].incident.detector == f"{SINK}.ops"
    for at in range(200, 300, 5):
        place.look(float(at))
    assert [one.event for one in place.news] == [IncidentEvent.OPENED, IncidentEvent.CLOSED]


def test_dead_letters_are_told_at_once(place):
    place.look(1.0, {"ops": down(refused=1)})
    place.look(2.0, {"ops": down(refused=3)})
    assert place.said == ["news for the sink ops were given up (HTTP 401)"]
    assert [note for note in place.notes if "dead" in note] == [
        "the sink ops: 1 dead letter: HTTP 401",
        "the sink ops: 3 dead letters: HTTP 401",
    ]


def test_a_fault_of_ours_is_told_at_once(place):
    place.look(1.0, ended=["ops"])
    assert place.said == ["the sink ops is told nothing any more, for a fault of ours"]


def test_each_sink_is_an_incident_of_its_own(place):
    for at in range(0, 100, 5):
        place.look(float(at), {"ops": down()} | ({"other": down(20.0)} if at >= 20 else {}))
    assert place.said == ["the sink ops is told nothing (HTTP 401)", "the sink other is told nothing (HTTP 401)"]


def test_dead_letters_of_long_ago_are_the_past(place):
    for at in range(0, 8_000, 20):
        place.look(float(at), {"ops": down(refused=1)})
    assert [one.event for one in place.news] == [IncidentEvent.OPENED, IncidentEvent.CLOSED]


def test_a_sink_that_is_no_more_is_not_told_again(place):
    place.look(1.0, {"gone": down()})
    place.look(2.0)
    assert place.notes == ["the sink gone is told nothing, and is tried again: HTTP 401"]
