"""Where the lower part of a picture goes back in time while the upper part goes on.

Motion rarely returns to where it was: if all rows below a line are nearer to the picture of a moment ago than to the
last one, and those above are farther from it, as motion has it, the lower part is of that moment.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS = 64
"""Rows of the picture that are compared, or a few more."""
UPPER, LOWER = 0.06, 0.2
"""Share of the picture that each part must have at least: text that runs along the lower edge repeats itself."""
FORTH = 1.15
"""How much farther than from the last picture the upper part must be from the older one."""
SLACK = 0.1
"""By how much the lower part may be less near to the older picture with some more rows above it."""
MOVES = 0.6
"""Mean change in code values from which a part moves: below it, an encoder that settles goes back and forth."""
MOVES_ABOVE = 0.25
"""The same of the upper part, which goes on in any case."""
CELLS = 32, 16
"""Rows and columns of cells that have a vote, about."""
CELL_MOVES, NEARER = 1.0, 0.6
"""Mean change in code values from which a cell has one, and share of it up to which the cell goes back."""
BELOW, ABOVE = 0.5, 0.2
"""Share of the votes that goes back below the line, at least, and above it, at most: a mouth that closes is no tear."""
FEW_ABOVE, FEW_BELOW = 5, 12
"""Cells above that must go on, and cells below that must move."""


class Tear(NamedTuple):
    """A lower part of another moment."""

    back: float
    """Change of the lower part since that moment, as a share of its change since the last picture."""
    line: float
    """Where it begins, as a share of the height."""
    age: int
    """How many pictures ago that moment was."""


def rows(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some rows all over a picture, in memory of their own: (rows, width)."""
    step = max(1, small.shape[0] // ROWS)
    return small[step // 2 :: step].copy()


def tear(now: NDArray[np.uint8], past: Sequence[NDArray[np.uint8]]) -> Tear | None:
    """The line below which the picture goes back in time most clearly, None where it goes on all over.

    Args:
        now: Rows of a picture.
        past: The same rows of the pictures before it, the oldest first.
    """
    height = len(now)
    lines = np.arange(max(1, round(UPPER * height)), height - max(1, round(LOWER * height)) + 1)
    if len(past) < 2 or not len(lines):
        return None
    changes = np.array([_change(now, before) for before in past])[::-1]
    upper = changes.cumsum(axis=1)[:, lines - 1]
    lower = changes.sum(axis=1)[:, None] - upper
    moves = (upper[0] > MOVES_ABOVE * lines) & (lower[0] > MOVES * (height - lines))
    goes_on = moves & (upper[1:] >= FORTH * upper[0])
    back = np.where(goes_on, lower[1:] / np.maximum(lower[0], 1e-6), 1.0)
    age, best = divmod(int(back.argmin()), len(lines))
    if back[age, best] >= 1.0:
        return None
    # Rows in the midst of the lower part are as near to the older picture: it begins with the first of them.
    first = int((back[age] <= back[age, best] + SLACK).argmax())
    line = float(lines[first]) / height
    if not _is_divided(now, past[-1], past[-2 - age], line):
        return None
    return Tear(max(0.0, float(back[age, best])), line, age + 2)


def _is_divided(now: NDArray[np.uint8], last: NDArray[np.uint8], older: NDArray[np.uint8], line: float) -> bool:
    """True if most of what moves below the line goes back, and next to nothing of what moves above it."""
    changed, since = _cells(now, last), _cells(now, older)
    moves = changed >= CELL_MOVES
    back = moves & (since <= NEARER * changed)
    at = round(line * len(changed))
    above, below = slice(0, max(at - 1, 1)), slice(at + 1, None)
    return bool(
        moves[below].sum() >= FEW_BELOW
        and back[below].sum() >= BELOW * moves[below].sum()
        and (moves & (since >= FORTH * changed))[above].sum() >= FEW_ABOVE
        and back[above].sum() <= ABOVE * moves[above].sum()
    )


def _cells(now: NDArray[np.uint8], then: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute difference by cell."""
    height, width = (max(1, round(size / count)) for size, count in zip(now.shape, CELLS, strict=True))
    rows, columns = now.shape[0] // height, now.shape[1] // width
    difference = cv2.absdiff(now, then)[: rows * height, : columns * width].astype(np.float32)
    means: NDArray[np.float32] = difference.reshape(rows, height, columns, width).mean((1, 3))
    return means


def _change(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean absolute difference by row."""
    # Whole sums in 32 bits are twenty times as fast as OpenCV's means.
    sums = cv2.reduce(cv2.absdiff(now, before), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    means: NDArray[np.float64] = sums / now.shape[1]
    return means
