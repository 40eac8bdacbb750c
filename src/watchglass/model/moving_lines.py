"""Rows that are again what they were: in a torn picture whose line moves up those that it passes, one by one."""

from collections import deque

AGAIN = "again_"
"""What the names of readings begin with that say where rows are again what they were, so many pictures ago."""
LARGE = "large_"
"""The same of many rows that are alike beyond doubt: wherever they are, in two pictures it is enough."""
WITHIN, LONG = 16, 48
"""Pictures within which such places must follow one another; and in which more of them must."""
FOLLOW, OLDER, MORE = 6, 5, 9
"""In how many of these they must, if of two pictures ago, as what flickers, and if older; and in how many of those."""
MOST = 0.8
"""Share of all such places that must lie on the way for as many to be enough in those."""
SLOWEST, FASTEST, BESIDE = 0.004, 0.06, 0.016
"""Shares of the height by which the line moves from picture to picture, and by which a place may lie beside its way."""
APART = 0.33
"""Seconds from one picture to the next, or back, beyond which they do not belong together."""


class MovingLines:
    """Rows that were again what they were, picture by picture: in a tear whose line moves they follow one another."""

    def __init__(self) -> None:
        self._lately: deque[tuple[float, list[tuple[str, float]]]] = deque(maxlen=LONG)
        self._now: list[tuple[str, float]] = []

    def add(self, name: str, at: float) -> None:
        """A place (share of the height) in the picture that comes next."""
        self._now.append((name, at))

    def end(self, pts: float) -> tuple[float, float, float] | None:
        """The picture at ``pts`` (seconds) is complete: since when a line moves, where it is now, and its age."""
        if self._lately and abs(pts - self._lately[-1][0]) > APART:
            self._lately.clear()
        self._lately.append((pts, self._now))
        now, self._now = self._now, []
        for name, at in now:
            age = name.rpartition("_")[2]
            first = self._followed(age, at)
            if first is None and name.startswith(LARGE):
                first = self._twice(name)
            if first is not None:
                return first, at, float(age)
        return None

    def _twice(self, name: str) -> float | None:
        """When the first picture was seen in which there was one of this name, if there is another."""
        seen = [pts for pts, places in self._lately if any(what == name for what, _ in places)]
        return seen[0] if len(seen) > 1 else None

    def _followed(self, age: str, at: float) -> float | None:
        """When the first of enough places was seen that lie on one way to this one."""
        enough = FOLLOW if age == "2" else OLDER
        seen = [
            (back, place, pts)
            for back, (pts, places) in enumerate(reversed(self._lately))
            for what, place in places
            if what.endswith(age) and back
        ]
        pictures = {back for back, _, _ in seen}
        for back, place, _ in seen:
            speed = (place - at) / back
            if not SLOWEST <= abs(speed) <= FASTEST:
                continue
            way = {other: pts for other, where, pts in seen if abs(where - at - speed * other) <= BESIDE}
            count = len(way) + 1
            hardly_elsewhere = len(way) >= MOST * len(pictures)
            soon = sum(other < WITHIN for other in way) + 1
            if soon >= enough or count >= (enough if hardly_elsewhere else MORE):
                return min(way.values())
        return None

    @property
    def is_empty(self) -> bool:
        """There is none in any of the last pictures."""
        return not self._now and not any(places for _, places in self._lately)
