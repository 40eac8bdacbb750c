"""The beat of motion: pictures that are shown again, or missing, while everything else moves on."""

from collections import deque
from collections.abc import Collection
from functools import partial
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
HELD, AGAIN = 0.2, 6.0
"""Share of the change before and after it up to which a picture is held, and code values: encoded again, it changes."""
MOVES, SLOWER = 0.6, 0.3
"""Change in code values, and share of how much moves, from which there is motion enough to see it stop."""
LONGEST = 30
"""Pictures beyond which it is a rest and no stutter."""
CUT, CUT_TIMES = 14.0, 3.0
"""Change in code values, and times what moves in as many pictures, from which it is another scene."""
AFTER = 3
"""Pictures that tell whether the motion goes on after it."""
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
    moves: float
    """How much moves, in code values."""
    shot: float
    """Seconds since the last cut, or since the beginning."""
    even: float
    """What moves in the middle of the pictures before, as a share of how much moves."""
    leap: float
    """The largest change to the picture that ended it and to those after it, in times what moves."""
    goes_on: float
    """What moves in the middle of the pictures after it, in times what moved just before it."""
    jump: float
    """The most that moves in the pictures after it, likewise."""

    @property
    def end(self) -> float:
        """When the next picture came, in seconds."""
        return self.pts + self.pictures * self.step


class _Ended(NamedTuple):
    """A hold of which it is not known yet what moves after it."""

    so_far: partial[Hold]
    """All that is known."""
    moves: float
    before: float
    """The last change before it, code values."""
    change: float
    """The one that ended it."""

    def followed_by(self, later: Collection[float]) -> Hold:
        """Now it is: these changes came after the one that ended it."""
        before, most = max(self.before, MOVES), max(*later, self.change)
        return self.so_far(leap=most / max(self.moves, MOVES), goes_on=median(later) / before, jump=most / before)


class Cadence:
    """Finds pictures that are held while others move."""

    def __init__(self) -> None:
        self._frames: deque[tuple[float, float]] = deque(maxlen=BEHIND)
        self._pts: float | None = None
        self._before = 0.0
        """Change of the last picture that moved."""
        self._held, self._most, self._since = 0, 0.0, 0.0
        self._shown: deque[int] = deque(maxlen=LATELY)
        """Of the last new pictures: how many pictures long they were shown."""
        self._cut_at: float | None = None
        self._waiting: deque[_Ended | None] = deque()
        """Of the last pictures: the holds that they ended, until it is known what moves after them."""
        self._later: deque[float] = deque(maxlen=AFTER)

    @property
    def motion(self) -> float:
        """How much moves, in code values."""
        ordered = sorted(change for change, _ in self._frames)
        return ordered[-1 - len(ordered) // QUARTER] if ordered else 0.0

    def feed(self, pts: float, change: float, is_cut: bool = False, is_motion: bool = True) -> Hold | None:
        """Take the change of the next picture: the hold that ended some pictures ago, if one did.

        Args:
            pts: Its time, seconds.
            change: What changed since the picture before, code values.
            is_cut: It is of another scene than the picture before.
            is_motion: False where it may have changed for another reason: an encoder that begins anew.
        """
        last, self._pts = self._pts, pts
        is_cut = is_cut or (change >= CUT and change >= CUT_TIMES * self.motion * (1 + self._held))
        if is_cut or self._cut_at is None:
            self._shown.clear()
            self._cut_at = pts
        if last is None or pts <= last:
            return None
        found = self._judged(pts, pts - last, change) if len(self._frames) >= ENOUGH else None
        if is_cut or not is_motion:
            self._before, self._held = 0.0, 0  # what changed then says nothing of how it moves
        self._frames.append((min(change, max(CUT, 2.0 * self.motion)) if is_cut else change, pts - last))
        self._waiting.append(found if is_motion and not is_cut else None)
        self._later.append(0.0 if is_cut or not is_motion else change)
        if len(self._waiting) <= AFTER:
            return None
        over = self._waiting.popleft()
        return over and over.followed_by(self._later)

    def _judged(self, pts: float, distance: float, change: float) -> _Ended | None:
        if self._before >= MOVES and change < min(HELD * self._before, AGAIN):
            if not self._held:
                self._since, self._most = pts, 0.0
            self._held += 1
            self._most = max(self._most, change)
            return None
        step, motion = median(each for _, each in self._frames), self.motion
        missing = round(distance / step) - 1 if distance > GAP * step else 0
        before, self._before = self._before, change
        beside = min(before, change)
        held, self._held = self._held, 0
        pictures, since = held + missing, self._since if held else pts - distance + step
        stood = not held or self._most <= HELD * beside
        usual = median(self._shown) if len(self._shown) >= ENOUGH else 0.0
        self._shown.append(pictures + 1 if stood else 1)
        if motion < MOVES:
            self._shown.clear()
        if not stood or not 0 < pictures <= LONGEST or beside < max(MOVES, SLOWER * motion):
            return None
        assert self._cut_at is not None
        middle = median(each for each, _ in self._frames)
        shot, even = since - self._cut_at, middle / max(motion, MOVES)
        return _Ended(partial(Hold, since, pictures, step, usual, motion, shot, even), motion, before, change)
