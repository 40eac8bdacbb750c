"""What a stream itself shows, more than once, of something that would be a defect elsewhere."""

from collections import deque
from heapq import nlargest


class Usual:
    """Values of the past, of which the second largest is usual: once is no habit.

    Args:
        past: Seconds of the past that count.
        recent: The last seconds of them, which are what is judged and no part of the past.
    """

    def __init__(self, past: float, recent: float) -> None:
        self._past, self._recent = past, recent
        self._values: deque[tuple[float, float]] = deque()

    def add(self, pts: float, value: float) -> None:
        """Take a value in; of nothing there is no need to."""
        if value:
            self._values.append((pts, value))

    def at(self, pts: float) -> float:
        """What is usual at a time, in seconds; 0 where nothing is."""
        while self._values and not pts - self._past <= self._values[0][0] <= pts:
            self._values.popleft()
        before = nlargest(2, (value for at, value in self._values if at < pts - self._recent))
        return before[1] if len(before) == 2 else 0.0

    def forget(self, since: float = float("-inf")) -> None:
        """What came from a time on, in seconds, is no habit."""
        while self._values and self._values[-1][0] >= since:
            self._values.pop()
