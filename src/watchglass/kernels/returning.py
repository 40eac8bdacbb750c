"""What is found twice at the same place, when it was not there yet, and whether it came alone."""

from collections import deque
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.specks import Specks

LOOKS = 3
"""Looks at the same rows that are remembered: what an encoder hides in one is there in the next."""
STEEPER = 1.25
"""Times by which something must be steeper than the least that was looked at, to have been missed by nothing."""
EVERY, KEPT = 0.24, 16
"""Seconds between the small pictures that are kept, and how many of them."""
REACH, INNER = 12, 2
"""Pixels around a place that must be as they were, and those next to it that need not."""
SAME, OTHER, FEW = 3.0, 15, 0.05
"""Mean change in code values up to which surroundings are as they were, and of how many pixels how large a change
is none."""
PASSES = 0.5
"""Share of the picture that something may pass by in a shot."""


class Again(NamedTuple):
    """What has been there at an earlier look: arrays of one length."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    bright: NDArray[np.bool_]
    unseen: NDArray[np.float64]
    """When it was last not there, in seconds; when looking began where it always was."""
    first: NDArray[np.float64]
    """When it was there for the first time."""
    came: NDArray[np.bool_]
    """True where it would have been seen before, had it been there."""


_END = np.array([1 << 62])
_NO_PLACE, _NO_TIME, _NO = np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.bool_)
_NOTHING = Again(_NO_PLACE, _NO_PLACE, _NO, _NO_TIME, _NO_TIME, _NO)


class _Look(NamedTuple):
    pts: float
    keys: NDArray[np.intp]
    floor: int


class Returning:
    """The last looks at some rows of a picture."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque(maxlen=LOOKS)

    @property
    def last(self) -> float | None:
        """When these rows were looked at last, in seconds."""
        return self._looks[-1].pts if self._looks else None

    def again(self, found: Specks, pts: float, began: float) -> Again:
        """What of it has been there before.

        Args:
            found: What is there now.
            pts: Now, in seconds.
            began: When looking began.
        """
        keys = 4 * ((found.row << 20) + found.column)  # one column beside is the same place
        before = np.sort(np.concatenate([_END, *(look.keys for look in self._looks)]))
        twice = before[before.searchsorted(keys - 4)] <= keys + 4
        if not twice.any():  # mostly: the rest costs more
            self._looks.append(_Look(pts, keys, found.floor))
            return _NOTHING
        unseen, first = np.full(len(keys), began), np.full(len(keys), np.nan)
        came = np.zeros(len(keys), np.bool_)
        late = np.full(len(keys), np.nan)
        for look in reversed(self._looks):
            match = (np.abs(keys[:, None] - look.keys) <= 4).any(axis=1)
            absent = ~match & (found.steep >= STEEPER * look.floor)
            late[absent & np.isnan(first) & np.isnan(late)] = look.pts
            first[match & ~came] = look.pts
            absent &= ~came & ~np.isnan(first)
            unseen[absent] = look.pts
            came |= absent
        again = ~np.isnan(late)  # what was there before and went is another thing, or comes and goes
        unseen, first, came = np.where(again, late, unseen), np.where(again, pts, first), came & ~again
        self._looks.append(_Look(pts, keys, found.floor))
        return Again(
            found.row[twice], found.column[twice], found.bright[twice], unseen[twice], first[twice], came[twice]
        )


class Past:
    """Small pictures of the last seconds."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, NDArray[np.uint8]]] = deque(maxlen=KEPT)

    def keep(self, small: NDArray[np.uint8], pts: float) -> None:
        """Remember a picture, unless there is one of shortly before."""
        if not self._kept or pts - self._kept[-1][0] >= EVERY:
            self._kept.append((pts, small.copy()))

    def is_same_shot(self, small: NDArray[np.uint8], since: float) -> bool:
        """True if most of the picture is as it was then."""
        before = self._before(since)
        return before is not None and float((cv2.absdiff(small, before) > OTHER).mean()) <= PASSES

    def is_alone(self, small: NDArray[np.uint8], y: float, x: float, width: int, since: float) -> bool:
        """True if all around a place is as it was then.

        Args:
            small: The picture as it is now.
            y: The place, as a share of the height.
            x: As a share of the width.
            width: Of the picture at its full size, in pixels.
            since: When it was not there, in seconds.
        """
        before = self._before(since)
        if before is None:
            return False
        scale = small.shape[1] / width
        row, column = int(y * small.shape[0]), int(x * small.shape[1])
        reach, inner = max(4, round(REACH * scale)), round(INNER * scale) + 1
        top, left = max(0, row - reach), max(0, column - reach)
        cut = np.s_[top : row + reach + 1, left : column + reach + 1]
        change = np.asarray(cv2.absdiff(np.ascontiguousarray(small[cut]), np.ascontiguousarray(before[cut])))
        change[
            max(0, row - top - inner) : row - top + inner + 1, max(0, column - left - inner) : column - left + inner + 1
        ] = 0
        return bool(change.mean() <= SAME and (change > OTHER).mean() <= FEW)

    def _before(self, since: float) -> NDArray[np.uint8] | None:
        earlier = [small for pts, small in self._kept if pts <= since + 0.01]
        return earlier[-1] if earlier else None
