"""Places where something sticks out of the picture again and again, and what has gone by around them.

What belongs to the scene goes away with what is around it. What stays in its place of the picture while one
neighbourhood after the other passes belongs to the camera.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane
from watchglass.kernels.returning import Again
from watchglass.kernels.specks import CLEAR, POINTS, Looks, centred, looks

MOST = 32
"""Places that are watched at once."""
NEAR = 4
"""Pixels within which it is the same place."""
UNLIKE, SHIFT = 6.0, 12.0
"""Change of the surroundings, code values, from which another neighbourhood has come: of most of its points, and as a
whole where what sticks out does not follow."""
FOLLOWS = 0.25
"""Share of a change as a whole from which what sticks out follows it, as a spot on a wall does when the light goes."""
FULL = 16.0
"""Neighbourhoods that are counted at most."""
MISS, HIDDEN = 1.0, 0.25
"""What is taken from them when it is not there, and when it would not be seen where it is as bright as the rest."""
ALONE, STRONG = 1.25, 30
"""What a look counts at a place where something came up out of nothing while all around stayed as it was, and how many
code values it must be beyond the ring."""
ALIKE = 20
"""Code values by which what is stuck may be another and still be the same on the other side of its surroundings."""
STEADY, CONSTANT = 0.5, 12.0
"""Mean deviation of what is stuck, as a share of that of its surroundings, and in code values where it came alone."""
EXCEPT = 1
"""Points of the surroundings that may be as they like."""
JUMP, CUT = 25.0, 3.0
"""Change of the surroundings from which they are another scene, and what that counts more, if it stays the same."""
STILL = 6
"""Points of the surroundings that a cut may leave as they were, so that what survives it is as good as come alone."""
LONE = 3.0
"""Times the range of its surroundings by which something must stand out that came at no other place, while nothing has
gone by: less is a leaf that rises."""
PASSED = 3
"""Surroundings from which all that is around it must have changed, and it must stand out of their mean by its range."""
ENOUGH = 6
"""Surroundings from which there is a mean picture."""
SURE, CALM, CAME = (35.0, 0.3, 3.0), (40.0, 0.3, 2.0), (35.0, 0.0, 0.7)
"""What a place must reach to stand out: code values beyond the ring, in the mean; deviation of the stillest points
around it, as a share of that of most; and how far it is beyond the mean picture around it, as a multiple of the range
of that. Of any place, of one that is steady, and of one where something came alone."""
THERE = 1.0
"""Seconds after which what is seen again at a place where nothing has held is something else."""
PATIENCE = 3.0
"""Seconds after which a place at which nothing is seen any more is forgotten."""

_PLACE = np.dtype(
    [
        ("row", np.intp),
        ("column", np.intp),
        ("bright", np.bool_),
        ("alone", np.bool_),
        ("own", np.int16),
        ("unseen", np.float64),
        ("first", np.float64),
        ("last", np.float64),
        ("held", np.float32),
        ("around", np.float32, (POINTS,)),
        ("count", np.float32),
        ("margin", np.float32),
        ("mean", np.float32, (POINTS + 2,)),
        ("deviation", np.float32, (POINTS + 2,)),
    ]
)


class Held(NamedTuple):
    """What has stayed in its place."""

    held: float
    """How many have gone by at the place where most have."""
    row: int
    column: int
    since: float
    """When it came, in seconds: between the last look without it and the first with it."""
    last: float
    """When it was last seen."""
    places: int
    """At how many places at least half as many have gone by."""


class Places:
    """Where something sticks out, from look to look."""

    def __init__(self) -> None:
        self._known = np.zeros(0, _PLACE)
        self._times: deque[float] = deque(maxlen=int(FULL))

    def _looks(self, since: float) -> int:
        """How many there have been since then."""
        return sum(pts >= since for pts in self._times)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, luma: Plane, found: Again, is_alone: Callable[[int, int, float], bool], bit_depth: int = 8) -> None:
        """What has been there twice.

        Args:
            luma: (H, W) code values.
            found: Where.
            is_alone: Says of a row, a column and a time whether all around is as it was then.
            bit_depth: Significant bits of a code value.
        """
        if not len(found.row):
            return
        rows, columns = centred(luma, found.row, found.column, bit_depth)
        beyond = _beyond(looks(luma, rows, columns, bit_depth))
        for n in np.flatnonzero(beyond >= CLEAR):
            row, column, before, at = rows[n], columns[n], found.unseen[n], found.first[n]
            known = self._known
            same = (np.abs(known["row"] - row) <= NEAR) & (np.abs(known["column"] - column) <= NEAR)
            if same.any():
                one = known[int(same.argmax()) :][:1]
                one["first"] = np.minimum(one["first"], at)
                one["unseen"] = np.where((one["unseen"] < before) & (before < one["first"]), before, one["unseen"])
                continue
            if len(known) >= MOST:
                known = np.delete(known, int(np.lexsort((known["last"], known["held"]))[0]))
            new = np.zeros(1, _PLACE)
            new["row"], new["column"], new["bright"] = row, column, found.bright[n]
            new["unseen"], new["first"] = before, at
            new["alone"] = found.came[n] and is_alone(int(row), int(column), float(before))
            new["last"] = np.nan
            new["held"] = ALONE * self._looks(at) if new["alone"][0] else 0.0
            self._known = np.append(known, new)

    def look(self, luma: Plane, pts: float, is_cut: Callable[[], bool], bit_depth: int = 8) -> None:
        """See what has become of them.

        Args:
            luma: (H, W) code values.
            pts: Now, in seconds.
            is_cut: Says whether there was a cut since the last look.
            bit_depth: Significant bits of a code value.
        """
        self._times.append(pts)
        known = self._known
        if not len(known):
            return
        seen = looks(luma, known["row"], known["column"], bit_depth)
        is_new = np.isnan(known["last"])
        known["own"] = np.where(is_new, seen.own, known["own"])
        beyond = _beyond(seen)
        own_change = np.abs(seen.own - known["own"])
        same_side = (seen.own >= seen.middle) == known["bright"]
        is_there = (beyond >= CLEAR) & (same_side | (own_change <= ALIKE))
        would_show = (known["own"] >= seen.high + 1.5 * CLEAR) | (known["own"] <= seen.low - 1.5 * CLEAR)
        change = seen.around - known["around"]
        shift = np.median(change, axis=1)
        shape = np.median(np.abs(change - shift[:, None]), axis=1)  # a digit beside it changes a few points only
        unlike = (shape >= UNLIKE) | ((np.abs(shift) >= SHIFT) & (own_change <= FOLLOWS * np.abs(shift)))
        unlike &= ~is_new
        known["alone"] &= ~is_there | (beyond >= STRONG) | unlike
        gain = np.where(is_there, np.where(unlike, 1.0, ALONE * known["alone"]), np.where(would_show, -MISS, -HIDDEN))
        jump = (np.abs(change).mean(axis=1) >= JUMP) & (own_change <= ALIKE) & (beyond >= STRONG) & ~is_new
        known["held"] = np.minimum(known["held"] + gain + CUT * (jump & is_there), FULL)
        survived = jump & is_there & (np.partition(np.abs(change), STILL, axis=1)[:, STILL] >= UNLIKE)
        if survived.any() and is_cut():
            known["alone"] |= survived
        counted = unlike | is_new
        self._learn(counted, beyond, np.column_stack([seen.own, seen.own - seen.middle, seen.around]))
        known["around"] = np.where(counted[:, None], seen.around, known["around"])
        known["own"] = np.where(is_there, seen.own, known["own"])
        restart = is_there & (known["held"] <= gain) & (pts - known["last"] > THERE)
        known["first"] = np.where(restart, pts, known["first"])
        known["unseen"] = np.where(restart, pts, known["unseen"])
        known["last"] = np.where(is_there | is_new, pts, known["last"])
        self._known = known[(known["held"] > -2.0) & (pts - known["last"] <= PATIENCE)]

    def _learn(self, counted: NDArray[np.bool_], beyond: NDArray[np.int16], values: NDArray[np.int16]) -> None:
        """How far each value is from its mean, in the mean."""
        known = self._known
        count = known["count"] = np.minimum(known["count"] + counted, FULL)
        off = values - known["mean"]
        rate = np.where(counted, 1.0 / np.maximum(1.0, count), 0.0)[:, None]
        known["mean"] += rate * off
        known["margin"] += rate[:, 0] * (np.clip(beyond, -60, 60) - known["margin"])
        rate *= (count > 1.0)[:, None]
        known["deviation"] += rate * (np.abs(off) - known["deviation"])

    def best(self) -> Held | None:
        """The place where most neighbourhoods have gone by, in all directions."""
        known = self._known
        known = known[(known["held"] > 0.0) & (known["alone"] | (known["count"] >= ENOUGH))]
        if len(known):  # mostly there is none, and the rest costs
            known = known[_stands_out(known)]
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


def _beyond(seen: Looks) -> NDArray[np.int16]:
    """By how much places are brighter than all of the ring around them, or darker."""
    return np.where(seen.own >= seen.middle, seen.own - seen.high, seen.low - seen.own)


def _stands_out(known: NDArray[Any]) -> NDArray[np.bool_]:
    """Which places differ from their surroundings in the mean picture, where what goes by has melted into one grey.

    A letter or a mark has strokes around it that stay, too.
    """
    mean, deviation = np.sort(known["mean"][:, 2:], axis=1), np.sort(known["deviation"][:, 2:], axis=1)
    own = known["mean"][:, 0]
    beyond = np.where(known["bright"], own - mean[:, -1 - EXCEPT], mean[:, EXCEPT] - own)
    clear = beyond / np.maximum(1.0, mean[:, -2 - EXCEPT] - mean[:, 1 + EXCEPT])
    lively = deviation[:, EXCEPT] / np.maximum(0.1, deviation[:, POINTS // 2])
    steady = known["deviation"][:, :2].min(axis=1) <= STEADY * deviation[:, POINTS // 2]

    def reaches(limits: tuple[float, float, float]) -> NDArray[np.bool_]:
        far: NDArray[np.bool_] = (known["margin"] >= limits[0]) & (lively >= limits[1]) & (clear >= limits[2])
        return far

    constant = known["deviation"][:, :2].min(axis=1) <= CONSTANT
    among_others = (known["count"] >= PASSED) & ((lively < CALM[1]) | (clear < 1.0))  # letters have letters beside them
    came = known["alone"] & constant & ~among_others & reaches(CAME)
    still = came & (known["count"] <= 1.0)
    if np.count_nonzero(still) == 1:
        came &= ~still | (clear >= LONE)
    stands: NDArray[np.bool_] = came | ((known["count"] >= ENOUGH) & (reaches(SURE) | (steady & reaches(CALM))))
    return stands
