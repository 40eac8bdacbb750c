"""Standing still, told from key frames alone: what lies between two of them is not known."""

from collections import deque
from typing import Literal, NamedTuple

import numpy as np

from watchglass.model.standstill import Standstill
from watchglass.model.units import CodeValues, Seconds, Share

SAME_SHOT = 0.7
"""Correlation of the tiles of two key frames from which they are of the same shot."""
MOVED, MOVED_FOR = 3, 6.0
"""Key frames in a row, and seconds, that must have differed from those before, for motion to be what stopped."""
LITTLE = 0.4
"""Share of the usual size below which pictures say that nothing has changed."""
USUAL = 16
"""Key frames between which it is known how much was coded."""
MOVING_SHARE = 0.2
"""Share of the tiles that changes from one key frame to the next wherever people or things are filmed."""


class Compared(NamedTuple):
    """A key frame beside the one before."""

    pts: Seconds
    before: Seconds
    """When that one was shown."""
    change: CodeValues
    """Of the busiest tile."""
    share: Share
    """Of the tiles that changed."""
    alike: Share
    """Correlation of the tiles of both."""
    coded: Share | None = None
    """Size of the pictures between them, as a share of what is usual; None where nothing is known of them."""


class CodedSizes:
    """How much was coded between key frames."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._usual: deque[float] = deque(maxlen=USUAL)

    def add(self, size: int) -> None:
        """A picture since the last key frame (bytes)."""
        self._sizes.append(size)

    def share(self) -> Share | None:
        """The size of the pictures since the last key frame, as a share of what is usual; None if there were none."""
        if not self._sizes:
            return None
        size = float(np.median(self._sizes))
        self._sizes.clear()
        self._usual.append(size)
        return size / max(1.0, float(np.quantile(self._usual, 0.75)))


class KeyStills:
    """Lets a ``Standstill`` begin and end with key frames.

    Args:
        still_at: Change up to which the picture stands still.
        shimmer: Change up to which it may go on standing: an encoder makes other key frames of one picture.
    """

    def __init__(self, *, still_at: CodeValues, shimmer: CodeValues) -> None:
        self._still_at = still_at
        self._shimmer = shimmer
        self.restart()

    def restart(self) -> None:
        """Pictures between key frames were seen as well: what moved there is known better."""
        self._moves_since: Seconds | None = None
        self._moves = 0
        self._last: Compared | None = None
        """The latest that moved."""
        self._share: Share = 1.0
        self._rests_since: Seconds | None = None
        """Since when nothing changed that may not be the encoder's."""

    def see(self, run: Standstill, seen: Compared) -> None:
        """Take a key frame into account; ``run`` is what stands, or does not."""
        if seen.change > self._shimmer:
            if run.stands or self._rests_since is not None:
                run.stands, run.moves_since = False, seen.pts
                self.restart()
            self._moves_since = seen.before if self._moves_since is None else self._moves_since
            self._moves, self._last, self._share = self._moves + 1, seen, min(self._share, seen.share)
            return
        is_first = self._rests_since is None
        if self._rests_since is None:
            self._rests_since = seen.before
        # Two may be alike by chance, as in animation that goes in circles; what was coded between them tells.
        is_sure = not is_first if seen.coded is None else seen.coded <= LITTLE
        if not run.stands and is_sure and seen.change <= self._still_at:
            run.stands, run.since, run.moves_since, run.how = True, self._rests_since, None, self._how()
            run.moved_before = run.moved_last = 1.0  # a room's noise would differ in each picture

    def _how(self) -> Literal["start", "cut", "came_to_rest", "motion_stopped"]:
        """A shot in which everything stands at last has been stopped; another picture may be a slide."""
        if self._last is None or self._moves_since is None:
            return "start"
        if self._last.alike < SAME_SHOT:
            return "cut"
        moved_for = self._last.pts - self._moves_since
        is_filmed = self._share >= MOVING_SHARE and self._moves >= MOVED and moved_for >= MOVED_FOR
        return "motion_stopped" if is_filmed else "came_to_rest"
