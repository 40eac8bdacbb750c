"""How far watching falls behind for want of power: not what the source costs, which stalls are told of."""

from collections import deque

_WINDOW = 15.0
"""Seconds within which it is at its best once, whatever comes in bursts; longer than most segments."""


class Lateness:
    """Compares how late the media are now with how late they were at best, since they last stood still."""

    def __init__(self) -> None:
        self._best: float | None = None
        self._recent: deque[tuple[float, float]] = deque()
        """Times, and how late it was then, each later than the one before: the first is the least of a window."""

    def stood_still(self) -> None:
        """The source had nothing for us, or jumped: what is late from here on is another thing."""
        self._best = None
        self._recent.clear()

    def reached(self, position: float, now: float) -> float:
        """Media have been watched up to ``position`` at ``now``; seconds by which it has fallen behind."""
        late = now - position
        while self._recent and self._recent[-1][1] >= late:
            self._recent.pop()
        self._recent.append((now, late))
        while now - self._recent[0][0] > _WINDOW:
            self._recent.popleft()
        least = self._recent[0][1]
        self._best = least if self._best is None else min(self._best, least)
        return least - self._best
