"""Nobody falls behind in silence."""

import math

import pytest

from watchglass.model.incident import IncidentEvent
from watchglass.supervisor.behind import BEHIND, Behind
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.stream import StreamStatus

UTC = 1_700_000_000.0


def status(behind: float, missed: float = 0.0) -> StreamStatus:
    return StreamStatus("uhd", "watching", "full", 9.0, 9, math.nan, behind, missed, 1, 0, 99.0, 1.0, 0, "")


class Place:
    def __init__(self) -> None:
        self.news = []
        self.desk = Desk(lambda stream, news: self.news.extend(news))
        self.desk.add("uhd")
        self.behind = Behind(self.desk)
        self.now = 0.0

    def run(self, seconds: float, behind: float, missed: float = 0.0, *, is_overloaded: bool = False) -> None:
        for _ in range(int(seconds / 2)):
            self.now += 2.0
            self.behind.look([status(behind, missed)], self.now, UTC + self.now, is_overloaded=is_overloaded)
            self.desk.tick(UTC + self.now)

    @property
    def events(self) -> list[IncidentEvent]:
        return [one.event for one in self.news]


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_stream_that_is_too_much_for_one_processor_is_told_until_it_has_caught_up(place):
    place.run(8, behind=5.0)
    assert place.news == []
    place.run(8, behind=7.0)
    assert place.events == [IncidentEvent.OPENED]
    assert place.news[0].incident.detector == BEHIND
    place.run(120, behind=1.5)
    assert place.events == [IncidentEvent.OPENED]
    place.run(60, behind=0.2)
    assert place.events == [IncidentEvent.OPENED, IncidentEvent.CLOSED]


def test_lateness_that_passes_is_nobodys_business(place):
    for _ in range(20):
        place.run(6, behind=3.0)
        place.run(2, behind=0.0)
    assert place.news == []


def test_what_was_passed_over_is_told_at_once_though_nothing_is_late_any_more(place):
    place.run(10, behind=0.0)
    place.run(2, behind=0.0, missed=24.0)
    assert [one.incident.message for one in place.news] == [
        "24.0 s were not watched: they were gone before we came to them"
    ]
    place.run(40, behind=0.0, missed=24.0)
    assert place.events == [IncidentEvent.OPENED]
    place.run(120, behind=0.0, missed=24.0)
    assert place.events == [IncidentEvent.OPENED, IncidentEvent.CLOSED]


def test_a_machine_that_has_too_much_to_do_is_told_of_as_a_whole(place):
    place.run(60, behind=9.0, is_overloaded=True)
    assert place.news == []
