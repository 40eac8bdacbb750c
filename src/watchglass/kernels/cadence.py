"""The beat of motion: pictures that are shown again, or missing, while everything else moves on."""

from collections import deque
from statistics import median
from typing import NamedTuple

BEHIND = 24
"""Pictures that tell how much moves, and how far apart pictures are."""
ENOUGH = 8
"""Pictures that it takes to know that."""
LATELY = 9
"""New pictures whose times on show tell how long is usual."""
QUARTER = 4
"""What moves most, a quarter of the pictures, is how much moves: of the others some may be held."""
HELD, AROUND = 0.2, 0.5
"""Share of that up to which a picture is held, and from which those before and after it moved."""
AGAIN = 2.0
"""Mean change in code values up to which it may be the same picture, encoded again."""
BETWEEN = 0.25
"""Share of the pictures that may change by what is neither held nor motion: a hand that trembles holds nothing."""
MOVES = 0.4
"""Mean change in code values from which there is motion enough to see it stop."""
LONGEST = 12
"""Pictures beyond which it is a rest and no stutter."""
CUT, CUT_TIMES = 6.0, 3.0
"""Mean change in code values, and times what moves in as many pictures, from which it is another scene."""
GAP = 1.6
"""Times the usual distance from which a picture is missing."""


class Hold(NamedTuple):
    """A picture that was shown too long."""

    pts: float
    """When the first of the pictures was due that are not there, in seconds."""
    pictures: int
    """How many they are."""
    step: float
    """Seconds from one picture to the next."""
    usual: float
    """How many pictures long each new one was shown of late, in the middle; 0 where too few were seen."""
    leap: float
    """Change to the picture that ended it, in times what moves."""


class Cadence:
    """Finds pictures that are held while others move."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float]] = deque(maxlen=BEHIND)
        self._pts: float | None = None
        self._before = 0.0
        self._held, self._since = 0, 0.0
        self._shown: deque[int] = deque(maxlen=LATELY)
        """Of the last new pictures: how many pictures long they were shown."""

    @property
    def motion(self) -> float:
        """How much moves, in code values of mean change."""
        ordered = sorted(change for change, _ in self._frames)
        return ordered[-1 - len(ordered) // QUARTER] if ordered else 0.0

    def feed(self, pts: float, change: float) -> Hold | None:
        """Take the mean change of the next picture: the hold that it ended, if it did."""
        last, self._pts = self._pts, pts
        if change >= CUT and change >= CUT_TIMES * self.motion * (1 + self._held):
            self._shown.clear()
        if last is None or pts <= last:
            return None
        found = self._judged(pts, pts - last, change) if len(self._frames) >= ENOUGH else None
        self._frames.append((change, pts - last))
        return found

    def _judged(self, pts: float, distance: float, change: float) -> Hold | None:
        if change >= AGAIN and not self._held and distance <= GAP * min(step for _, step in self._frames):
            self._before = change  # as nearly always: it moves on, and none is missing
            self._shown.append(1)
            return None
        motion, step = self.motion, median(each for _, each in self._frames)
        if motion >= MOVES and change < min(HELD * motion, AGAIN):
            if not self._held:
                self._since = pts
            self._held += 1
            return None
        missing = round(distance / step) - 1 if distance > GAP * step else 0
        pictures, since = self._held + missing, self._since if self._held else pts - distance + step
        before, self._held, self._before = self._before, 0, change
        usual = median(self._shown) if len(self._shown) >= ENOUGH else 0.0
        self._shown.append(pictures + 1)
        if motion < MOVES:
            self._shown.clear()
        moved = motion >= MOVES and min(before, change) >= AROUND * motion
        if not moved or not 0 < pictures <= LONGEST:
            return None
        between = sum(HELD * motion <= each < AROUND * motion for each, _ in self._frames)
        return Hold(since, pictures, step, usual, change / motion) if between <= BETWEEN * len(self._frames) else None
