"""Places where something sticks out of the picture again and again, and what has gone by around them.

What belongs to the scene goes away with what is around it. What stays in its place of the picture while one
neighbourhood after the other passes belongs to the camera.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane
from watchglass.kernels.specks import CLEAR, SECTORS, Specks, looks

MOST = 48
"""Places that are watched at once."""
NEAR = 4
"""Pixels within which it is the same place."""
UNLIKE = 6.0
"""Mean change of the surroundings by direction, code values, less what changed all around: from there on another
neighbourhood has come."""
PASSED = 8.0
"""Change in one direction from which something has passed there."""
FULL = 16.0
"""Neighbourhoods that are counted at most."""
MISS, HIDDEN = 1.0, 0.25
"""What is taken from them when it is not there, and when it would not be seen where it is as bright as the rest."""
ALIKE = 20
"""Code values by which what is stuck may be another and still be the same on the other side of its surroundings."""
PATIENCE = 3.0
"""Seconds after which a place at which nothing is seen any more is forgotten."""

_PLACE = np.dtype(
    [
        ("row", np.intp),
        ("column", np.intp),
        ("bright", np.bool_),
        ("level", np.int16),
        ("unseen", np.float64),
        ("first", np.float64),
        ("last", np.float64),
        ("held", np.float32),
        ("around", np.float32, (SECTORS,)),
        ("passed", np.bool_, (SECTORS,)),
    ]
)


class Held(NamedTuple):
    """What has stayed in its place."""

    neighbourhoods: float
    """How many have gone by at the place where most have."""
    row: int
    column: int
    since: float
    """When it came, in seconds: between the last look without it and the first with it."""
    last: float
    """When it was last seen."""
    count: int
    """At how many places at least half as many have gone by."""


class Places:
    """Where something sticks out, from look to look."""

    def __init__(self) -> None:
        self._known = np.zeros(0, _PLACE)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, found: Specks, unseen: NDArray[np.float64], first: NDArray[np.float64]) -> None:
        """What has been there twice.

        Args:
            found: Where.
            unseen: (n,) when it was looked for and not there, seconds.
            first: (n,) when it was there for the first time.
        """
        for row, column, bright, before, at in zip(*found, unseen, first, strict=True):
            known = self._known
            same = (np.abs(known["row"] - row) <= NEAR) & (np.abs(known["column"] - column) <= NEAR)
            if same.any():
                one = known[int(same.argmax()) :][:1]
                one["first"] = np.minimum(one["first"], at)
                one["unseen"] = np.where((one["unseen"] < before) & (before < one["first"]), before, one["unseen"])
                continue
            if len(known) >= MOST:
                worst = int(np.lexsort((known["last"], known["held"]))[0])
                known = np.delete(known, worst)
            new = np.zeros(1, _PLACE)
            new["row"], new["column"], new["bright"], new["unseen"], new["first"] = row, column, bright, before, at
            new["last"] = np.nan
            self._known = np.append(known, new)

    def look(self, luma: Plane, pts: float, bit_depth: int = 8) -> None:
        """See what has become of them."""
        known = self._known
        if not len(known):
            return
        seen = looks(luma, known["row"], known["column"], bit_depth)
        is_new = np.isnan(known["last"])
        known["level"] = np.where(is_new, seen.level, known["level"])
        up, down = seen.level - seen.high >= CLEAR, seen.low - seen.level >= CLEAR
        alike = np.abs(seen.level - known["level"]) <= ALIKE
        is_there = (up & (known["bright"] | alike)) | (down & (~known["bright"] | alike))
        would_show = (known["level"] >= seen.high + 1.5 * CLEAR) | (known["level"] <= seen.low - 1.5 * CLEAR)
        change = seen.around - known["around"]
        shape = np.abs(change - np.median(change, axis=1, keepdims=True))
        unlike = (shape.mean(axis=1) >= UNLIKE) & ~is_new
        gain = np.where(is_there, np.where(unlike, 1.0, 0.0), np.where(would_show, -MISS, -HIDDEN))
        known["held"] = np.minimum(known["held"] + gain, FULL)
        known["passed"] |= (shape >= PASSED) & (unlike & is_there)[:, None]
        anew = (unlike & is_there) | is_new
        known["around"] = np.where(anew[:, None], seen.around, known["around"])
        known["level"] = np.where(is_there, seen.level, known["level"])
        known["last"] = np.where(is_there | is_new, pts, known["last"])
        self._known = known[(known["held"] > -2.0) & (pts - known["last"] <= PATIENCE)]

    def best(self) -> Held | None:
        """The place where most neighbourhoods have gone by, in all directions."""
        known = self._known
        known = known[(known["passed"].sum(axis=1) >= SECTORS - 1) & (known["held"] > 0.0)]
        if not len(known):
            return None
        best = known[int(known["held"].argmax())]
        most = float(best["held"])
        together = known[known["held"] >= 0.5 * most]
        first = float(together["first"].min())
        before = together["unseen"][together["unseen"] < first]
        unseen = float(before.max()) if len(before) else first
        last = float(together["last"].max())
        return Held(most, int(best["row"]), int(best["column"]), 0.5 * (unseen + first), last, len(together))
