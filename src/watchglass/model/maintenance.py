"""When nobody wants to hear of a stream: planned work, once or again and again.

What happens meanwhile is recorded, and told when the window is over if it still goes on. Times are UTC in seconds since
1970; recurring windows keep to the clock on the wall of their zone, whatever daylight saving time does to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from watchglass.model.routing import carries, fits

EVERY_DAY = frozenset(range(7))
_HORIZON = 366 * 86_400.0
"""Seconds beyond which nobody looks for the end of windows that follow each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Once."""

    streams: tuple[str, ...] = ("*",)
    """Patterns, one of which must fit."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that the stream must have."""
    begins: float
    ends: float

    def end_at(self, at: float) -> float | None:
        """When it is over, if it holds at that time."""
        return self.ends if self.begins <= at < self.ends else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """On some days of the week, from one time on the wall to another.

    A time that comes twice when clocks are set back begins a window when it comes first, and ends one when it comes
    last. A time that is skipped is as long after midnight as it would have been.
    """

    streams: tuple[str, ...] = ("*",)
    labels: Mapping[str, str] = field(default_factory=dict)
    days: frozenset[int] = EVERY_DAY
    """On which it begins; Monday is 0."""
    begins: time
    ends: time
    """Of the next day unless it is later than ``begins``."""
    zone: ZoneInfo

    def end_at(self, at: float) -> float | None:
        """When it is over, if it holds at that time."""
        today = datetime.fromtimestamp(at, self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() not in self.days:
                continue
            last = day if self.ends > self.begins else day + timedelta(days=1)
            begins = datetime.combine(day, self.begins, self.zone).timestamp()
            ends = max(datetime.combine(last, self.ends, self.zone).replace(fold=fold).timestamp() for fold in (0, 1))
            if begins <= at < ends:
                return ends
        return None


class Maintenance:
    """All windows.

    Args:
        windows: In any order.
    """

    def __init__(self, windows: Sequence[Window | Recurring] = ()) -> None:
        self._windows = tuple(windows)

    def held_until(self, stream: str, labels: Mapping[str, str], at: float) -> float:
        """When a stream may be told of again: 0 if it may now.

        Windows that overlap or follow each other at once are one.

        Args:
            stream: Its name.
            labels: Its labels.
            at: UTC.
        """
        holding = [each for each in self._windows if fits(stream, each.streams) and carries(labels, each.labels)]
        until = at
        while until - at < _HORIZON:
            ends = [end for each in holding if (end := each.end_at(until)) is not None]
            if not ends:
                break
            until = max(ends)
        return until if until > at else 0.0
