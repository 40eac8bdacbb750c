"""The time of day may leap on our machine: what lasts is measured by another clock, and nothing is found."""

from collections.abc import Iterator

import pytest

from live_channel import TS, Channel, FastClock, frames
from origin import Origin
from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.media.hls import HlsSource
from watchglass.model.finding import Finding
from watchglass.model.media import ClockAnchor, Item, TimelineBreak
from watchglass.monitor.watch import watch
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient


class SteppedClock(FastClock):
    """Leaps by an hour, a second at a leap second, or three hours of sleep, each time that it is asked."""

    SPEED = 4.0
    """Where nothing may be found, a busy machine's quarter of a second must not be seconds of a stall."""

    def __init__(self, step: float) -> None:
        self.step, self.asked = step, 0

    def utc(self) -> float:
        self.asked += 1
        return super().utc() + self.step * (self.asked // 2)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def watched(origin: Origin, clock: SteppedClock) -> tuple[list[Item], list[Finding]]:
    Channel(origin, TS())
    items: list[Item] = []
    with HlsSource(
        place := StreamUrl(origin.url("/live.m3u8")), client=HttpClient.towards(place), clock=clock
    ) as source:

        def shown() -> Iterator[Item]:
            for item in source:
                items.append(item)
                yield item

        names = [
            "transport.stall",
            "transport.playlist_stale",
            "transport.segment_slow",
            "sync.timestamps",
            "audio.lost",
        ]
        told = list(watch(shown(), crew(Config(), names)))
    return items, [each for each in told if isinstance(each, Finding)]


@pytest.mark.parametrize("step", [3_600.0, -3_600.0, 1.0, 10_800.0])
def test_a_leap_of_the_clock_is_no_defect(origin: Origin, step: float) -> None:
    clock = SteppedClock(step)
    items, findings = watched(origin, clock)
    assert findings == []
    assert frames(items) == 200
    assert not any(isinstance(item, TimelineBreak) for item in items)
    anchors = [item for item in items if isinstance(item, ClockAnchor)]
    assert clock.asked >= 8
    assert len(anchors) >= (3 if abs(step) > 10 else 1), "what time it is told to be follows the clock"
