"""The time of day of a live stream that does not tell it: when it arrived."""

from collections.abc import Iterator

from watchglass.media.hls_schedule import Clock
from watchglass.model.media import ClockAnchor

_DRIFTS = 1.0
"""Seconds by which arrival and timeline must have moved apart for the time of day to be told anew."""


class ArrivalClock:
    """Anchors the timeline.

    Args:
        clock: Of this machine.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None

    def at(self, reach: float) -> Iterator[ClockAnchor]:
        """Something arrived that reaches to so many seconds on the timeline."""
        utc = self._clock.utc()
        if self._offset is None or abs(utc - reach - self._offset) > _DRIFTS:
            self._offset = utc - reach
            yield ClockAnchor(reach, utc, "arrival")
