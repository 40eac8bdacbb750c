"""What was just measured, and the past that it is compared with."""

from collections import deque
from itertools import islice
from statistics import median

from watchglass.model.finding import Reading
from watchglass.model.turn import turned_at


class Lately:
    """The last readings of one kind, and the values of those before them.

    A reading becomes part of the past when it leaves the window, and only if nothing is suspected then, so that a
    defect is never compared with itself.

    Args:
        window: How many readings are the last ones.
        past: How many values of the past are kept.
        enough: How many make it one.
    """

    def __init__(self, window: int, past: int, enough: int) -> None:
        self.recent: deque[Reading] = deque(maxlen=window)
        self.past: deque[float] = deque(maxlen=past)
        self._enough = enough

    def add(self, reading: Reading, *, learns: bool) -> None:
        """Take a reading in; the one that leaves the window for it is learnt, or forgotten."""
        if learns and self.is_full:
            self.past.append(self.recent[0].value)
        self.recent.append(reading)

    @property
    def is_full(self) -> bool:
        """There are as many readings as the window holds."""
        return len(self.recent) == self.recent.maxlen

    @property
    def has_past(self) -> bool:
        """There is enough of a past to compare with."""
        return len(self.past) >= self._enough

    @property
    def usual(self) -> float | None:
        """The median of the past, in the unit of the readings; None without one."""
        return median(self.past) if self.has_past else None

    def last(self, count: int) -> list[float]:
        """The values of the last readings, in the order of time."""
        return [each.value for each in islice(self.recent, max(0, len(self.recent) - count), None)]

    def turned(self, before: float, after: float) -> float:
        """When the last readings went over from one level to another, in seconds: the start of the first of these."""
        return self.recent[turned_at([each.value for each in self.recent], before, after)].pts
