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

BESIDE = 3
"""Pixels from a line to its sides."""
APART = 6.0
"""Code values by which the mean of a line must be beyond those of both sides."""
PARTS, WHOLE, PART_APART = 16, 14, 4.0
"""Parts that a line is cut into, how many of them must be beyond both sides, and by how many code values."""
SAMPLES = 256
"""Pixels of a line that are looked at, at least."""
FEW = 6
"""Lines that are looked at closely in a strip: more are a pattern."""
MARGIN = 6
"""Rows and columns at the edges where encoders and old tapes leave things."""
UNLIKE = 6.0
"""Mean change of a side, code values, from which another neighbourhood has come."""
CAME = 0.5
"""What a look counts where the line came in the middle of a shot."""
FULL, MISS = 16.0, 1.0
"""What can be counted at most, and what is taken away when it is not there."""


class Line(NamedTuple):
    """A row or a column."""

    is_row: bool
    at: int
    """Which one, from the top or from the left."""


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
        self, luma: Plane, rows: slice, shown: NDArray[np.uint8], pts: float, unseen: float, came: Callable[[], bool],
        scale: float = 1.0,
    ) -> None:
        """Look for lines in some rows of a picture.

        Args:
            luma: (H, W) code values.
            rows: Which rows were taken.
            shown: (h, W) what is in them, 8-bit code values.
            pts: Now, in seconds.
            unseen: When these rows were looked at before.
            came: Says whether the picture is that of then, so that what is new is no part of it.
            scale: Code values for each of 8 bits.
        """
        for line in candidates(rows, shown):
            if any(known.is_row == line.is_row and abs(known.at - line.at) <= BESIDE for known in self._known):
                continue
            sides = beside(luma, line, scale)
            if sides is not None:
                self._known[line] = _State(unseen, pts, pts, came(), sides)

    def look(self, luma: Plane, pts: float, scale: float = 1.0) -> None:
        """See what has become of them."""
        for line, state in [*self._known.items()]:
            sides = beside(luma, line, scale)
            if sides is None:
                state.held -= MISS
                if state.held < 0.0:
                    del self._known[line]
                continue
            state.last = pts
            change = np.abs(sides - state.sides).mean(axis=1)
            if change.min() >= UNLIKE:
                state.sides = sides
                state.held += 1.0
            elif state.came:
                state.held += CAME
            state.held = min(state.held, FULL)

    def best(self) -> tuple[Line, float, float, float] | None:
        """The line that has stayed longest: which, what it counts, since when, and when it was last seen."""
        if not self._known:
            return None
        line, state = max(self._known.items(), key=lambda each: each[1].held)
        return line, state.held, 0.5 * (state.unseen + state.first), state.last


def candidates(rows: slice, shown: NDArray[np.uint8]) -> list[Line]:
    """Lines whose mean is beyond those of both sides, in some rows of a picture."""
    down = cv2.reduce(shown, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] / np.float32(shown.shape[0])
    across = cv2.reduce(shown, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0] / np.float32(shown.shape[1])
    found = [Line(False, int(at)) for at in _beyond(down, BESIDE) if MARGIN <= at < len(down) - MARGIN]
    if len(found) > FEW:
        found = []
    numbers = _beyond(across, BESIDE // PHASES)
    return found + [Line(True, rows.start + PHASES * int(at)) for at in numbers if len(numbers) <= FEW]


def _beyond(profile: NDArray[np.float32], far: int) -> NDArray[np.intp]:
    one, other, own = profile[: -2 * far], profile[2 * far :], profile[far:-far]
    out = np.maximum(own - np.maximum(one, other), np.minimum(one, other) - own)
    return far + np.flatnonzero(out >= APART)


def beside(luma: Plane, line: Line, scale: float = 1.0) -> NDArray[np.float32] | None:
    """Both sides of a line, (2, PARTS) mean 8-bit code values; None where it is not beyond them all along."""
    plane = luma if line.is_row else luma.T
    if not MARGIN <= line.at < plane.shape[0] - MARGIN:
        return None
    step = max(1, plane.shape[1] // SAMPLES)
    taken = plane[line.at - BESIDE : line.at + BESIDE + 1 : BESIDE, ::step]
    part = taken.shape[1] // PARTS
    if not part:
        return None
    means = taken[:, : part * PARTS].reshape(3, PARTS, part).mean(axis=2, dtype=np.float32) / np.float32(scale)
    one, own, other = means
    above = own - np.maximum(one, other) >= PART_APART
    below = np.minimum(one, other) - own >= PART_APART
    full = (own >= 225.0) | (own <= 22.0)  # nothing can be beyond what is white, or black
    if max(np.count_nonzero(above | (full & above.any())), np.count_nonzero(below | (full & below.any()))) < WHOLE:
        return None
    if max(np.count_nonzero(above), np.count_nonzero(below)) < WHOLE // 2:
        return None
    return means[[0, 2]]
