"""Hairlines: rows and columns, up to two pixels wide, that differ from both of their sides over the whole picture.

Hardly anything in front of a camera does that; a sensor with a defective line does it all the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane
from watchglass.kernels.specks import PHASES

BESIDE = 2
"""Pixels from a line to its sides."""
APART = 6.0
"""Code values by which the mean of a line must be beyond those of both sides."""
PARTS, WHOLE, PART_APART = 16, 14, 4.0
"""Parts that a line is cut into, how many of them must be beyond both sides, and by how many code values."""
SOLID = 0.7
"""Share of the pixels of a part that must be beyond both sides: a line of text has gaps."""
WHITE, BLACK = 225.0, 22.0
"""Code values of a part beyond which nothing sticks out."""
LIVELY, FOLLOWS = 4.0, 0.4
"""Standard deviation that the parts of both sides share, code values, from which a line must follow them, and how far,
at least: what a sensor adds, it adds to the picture, while a drawn line is of one colour."""
ALIKE, ROUGH = (4.0, 0.3), 15.0
"""Mean difference of the sides, in code values and as a share of how far the line is beyond them, up to which they are
the same scene: at a border or a window they are not. And the standard deviation of both from which they are rough, and
it is their means that are compared."""
PLAIN, EQUAL, CLEAR = 1.0, 1.5, 20.0
"""Standard deviation of a side, code values, below which it is a plain area, which has an end somewhere: then the sides
must differ by less, and the line be beyond them by more."""
BLOCK, RINGS = 8, 3.0
"""Rows, those of a block, within which the edge of a border may ring, and how many times farther it goes than that."""
SAMPLES = 256
"""Pixels of a line that are looked at, at least."""
FEW, RARE = 3, 4.0
"""Lines of each kind that are looked at closely in a strip, those that are farthest beyond their sides, and how many
times farther than other rows or columns are."""
MARGIN = 6
"""Rows and columns at the edges where encoders and old tapes leave things."""
UNLIKE = 6.0
"""Mean change of a side, code values, from which another neighbourhood has come."""
CAME = 1.25
"""What a look counts where the line came in the middle of a shot, or has survived a cut."""
JUMP, CUT = 20.0, 4.0
"""Mean change of both sides from which another shot has come, and what it counts if the line is still there."""
FULL, MISS = 16.0, 0.5
"""What can be counted at most, and what is taken away when it is not there."""


class Line(NamedTuple):
    """A row or a column."""

    is_row: bool
    at: int
    """Which one, from the top or from the left."""


class HeldLine(NamedTuple):
    """The line that has stayed longest."""

    is_row: bool
    at: int
    held: float
    """How many surroundings have gone by, or half as many looks where it came in the middle of a shot."""
    since: float
    """When it came, in seconds."""
    last: float
    """When it was last seen."""


@dataclass(slots=True)
class _State:
    unseen: float
    first: float
    last: float
    came: bool
    sides: NDArray[np.float32]
    held: float = 0.0


class Hairlines:
    """Lines that stay, from look to look."""

    def __init__(self) -> None:
        self._known: dict[Line, _State] = {}

    def add(
        self,
        luma: Plane,
        rows: slice,
        shown: NDArray[np.uint8],
        pts: float,
        unseen: float,
        before: float,
        is_same_shot: Callable[[float], bool],
        bit_depth: int = 8,
    ) -> None:
        """Look for lines in some rows of a picture.

        Args:
            luma: (H, W) code values.
            rows: Which rows were taken.
            shown: (h, W) what is in them, 8-bit code values.
            pts: Now, in seconds.
            unseen: When these rows were looked at before.
            before: When any rows were, and so each column.
            is_same_shot: Says whether there was no cut since then, so that what is new is no part of the picture.
            bit_depth: Significant bits of a code value.
        """
        for line in candidates(rows, shown):
            if any(known.is_row == line.is_row and abs(known.at - line.at) <= BESIDE for known in self._known):
                continue
            sides = beside(luma, line, bit_depth)
            if sides is not None:
                absent = unseen if line.is_row else before
                self._known[line] = _State(absent, pts, pts, is_same_shot(absent), sides)

    def look(self, luma: Plane, pts: float, bit_depth: int = 8) -> None:
        """See what has become of them."""
        for line, state in [*self._known.items()]:
            sides = beside(luma, line, bit_depth)
            if sides is None:
                state.held -= MISS
                if state.held < 0.0:
                    del self._known[line]
                continue
            state.last = pts
            change = np.abs(sides - state.sides).mean(axis=1)
            if change.min() >= UNLIKE:
                is_cut = change.min() >= JUMP
                state.sides = sides
                state.held += CUT if is_cut else 1.0
                state.came |= is_cut and sides.std(axis=1).min() >= LIVELY
            elif state.came:
                state.held += CAME
            state.held = min(state.held, FULL)

    def best(self) -> HeldLine | None:
        """The line that has stayed longest."""
        if not self._known:
            return None
        line, state = max(self._known.items(), key=lambda each: each[1].held)
        return HeldLine(*line, state.held, 0.5 * (state.unseen + state.first), state.last) if state.held > 0.0 else None


def candidates(rows: slice, shown: NDArray[np.uint8]) -> list[Line]:
    """Lines whose mean is beyond those of both sides, in some rows of a picture."""
    few = shown[::4]  # tell as much of a column
    down = cv2.reduce(few, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] / np.float32(few.shape[0])
    across = cv2.reduce(shown, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0] / np.float32(shown.shape[1])
    found = [Line(False, int(at)) for at in _beyond(down, BESIDE) if MARGIN <= at < len(down) - MARGIN]
    return found + [Line(True, rows.start + PHASES * int(at)) for at in _beyond(across, 1)]


def _beyond(profile: NDArray[np.float32], far: int) -> NDArray[np.intp]:
    """Where a profile is beyond both sides, the few places where it is by most."""
    one, other, own = profile[: -2 * far], profile[2 * far :], profile[far:-far]
    out = np.maximum(own - np.maximum(one, other), np.minimum(one, other) - own)
    found = np.flatnonzero(out >= APART)
    if not len(found):
        return found
    found = found[out[found] >= RARE * np.maximum(out, 0.0).mean()]
    if len(found) > FEW:
        found = found[np.argpartition(out[found], -FEW)[-FEW:]]
    few: NDArray[np.intp] = far + found
    return few


def beside(luma: Plane, line: Line, bit_depth: int = 8) -> NDArray[np.float32] | None:
    """Both sides of a line, (2, PARTS) mean 8-bit code values; None where it is not beyond them all along."""
    plane = luma if line.is_row else luma.T
    if not MARGIN <= line.at < plane.shape[0] - MARGIN:
        return None
    taken = _in_parts(plane[line.at - BESIDE : line.at + BESIDE + 1 : BESIDE])
    if not taken.size:
        return None
    one, own, other = taken
    above, below = own > np.maximum(one, other), own < np.minimum(one, other)
    means = taken.mean(axis=2, dtype=np.float32) / np.float32(1 << (bit_depth - 8))
    up, down = means[1] - np.maximum(means[0], means[2]), np.minimum(means[0], means[2]) - means[1]
    full = (means[1] >= WHITE) | (means[1] <= BLACK)  # nothing can be beyond it
    lit = means.max(axis=0) > BLACK  # else a border crosses it
    if not lit.any() or _is_edge(means[:, lit]) or _is_drawn(means, full):
        return None
    for out, share in ((up, above.mean(axis=1)), (down, below.mean(axis=1))):
        there = (out >= PART_APART) & (share >= SOLID)
        if np.count_nonzero(there | full) >= WHOLE and np.count_nonzero(there) >= WHOLE // 2:
            break
    else:
        return None
    if _rings(plane, line.at, there, float(np.median(out[there])) * (1 << (bit_depth - 8))):
        return None
    sides: NDArray[np.float32] = means[[0, 2]]
    return sides


def _in_parts(rows: Plane) -> Plane:
    """(n, W) code values cut into (n, PARTS, ...), some of each."""
    taken = rows[:, :: max(1, rows.shape[1] // SAMPLES)]
    part = taken.shape[1] // PARTS
    return taken[:, : part * PARTS].reshape(len(rows), PARTS, part)


def _rings(plane: Plane, at: int, there: NDArray[np.bool_], out: float) -> bool:
    """True if within a block of a line is the edge of a border, whose echo it may be.

    Args:
        plane: (H, W) code values.
        at: Row of the line.
        there: (PARTS,) where the line is.
        out: How far it is beyond its sides, code values.
    """
    for rows in (plane[max(0, at - BLOCK) : at], plane[at + 1 : at + 1 + BLOCK]):
        means = _in_parts(rows)[:, there].mean(axis=2, dtype=np.float32)
        steps = means[BESIDE:] - means[:-BESIDE]
        if np.abs(np.median(steps, axis=1)).max() >= RINGS * out:
            return True
    return False


def _is_edge(means: NDArray[np.float32]) -> bool:
    """True if the two sides of a line are of different things."""
    apart = means[0] - means[2]
    beyond = np.abs(means[1] - 0.5 * (means[0] + means[2])).mean()
    plainer = means[[0, 2]].std(axis=1).min()
    if plainer < PLAIN:
        return bool(np.abs(apart).mean() > EQUAL or beyond < CLEAR)
    is_rough = plainer >= ROUGH
    return bool(abs(apart.mean() if is_rough else np.abs(apart).mean()) > max(ALIKE[0], ALIKE[1] * beyond))


def _is_drawn(means: NDArray[np.float32], full: NDArray[np.bool_]) -> bool:
    """True if a line does not become brighter and darker along with its sides."""
    if np.count_nonzero(~full) < WHOLE // 2:
        return False
    one, line, other = means[:, ~full] - means[:, ~full].mean(axis=1, keepdims=True)
    common = float(one @ other)  # of letters, the two sides have little in common
    return common >= LIVELY**2 * len(line) and 0.5 * float((one + other) @ line) < FOLLOWS * common
