"""Where a part of a picture goes back in time while the rest goes on.

Motion rarely returns to where it was: if all rows below a line are nearer to the picture of a moment ago than to the
last one, and those above are farther from it, as motion has it, the lower part is of that moment. While the lower part
stays as late as it is and the line moves up, only the rows that it passes are again what they were.
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
MOVES = 0.9
"""Mean change in code values from which a part moves: below it, an encoder that settles goes back and forth."""
MOVES_ABOVE = 0.25
"""The same of the upper part, which goes on in any case."""
CELLS = 32, 16
"""Rows and columns of cells that have a vote, about."""
CELL_MOVES, NEARER = 1.4, 0.6
"""Mean change in code values from which a cell has one, and share of it up to which the cell goes back."""
BELOW, ABOVE = 0.5, 0.2
"""Share of the votes that goes back below the line, at least, and above it, at most: a mouth that closes is no tear."""
FEW_ABOVE, FEW_BELOW = 5, 12
"""Cells above that must go on, and cells below that must move."""


AGAIN, ON = 0.45, 0.85
"""Shares of its last change up to which a row is again as it was, and from which on it goes on."""
CHANGES, TEXTURE = 0.6, 0.5
"""Mean change of such a row, and mean step from one of its pixels to the next, code values: stripes look alike."""
BESIDE, AWAY, MOST = 0.8, 5, 3
"""Share of the rows beside such rows that must go on, how many of them count, and the most such places at once."""
LARGE, LIVELY, ALIKE = 4, 3.0, 0.2
"""Rows from which on such a place is large, their mean change in code values, and the share of it up to which they are
alike beyond doubt."""
ROLLS, ROLLED = 0.75, 16
"""Share of its last change that the row must differ from rows of the last picture up to so many lines away: what rolls
by, as credits do, has been there before."""


class Tear(NamedTuple):
    """A lower part of another moment."""

    back: float
    """Change of the lower part since that moment, as a share of its change since the last picture."""
    line: float
    """Where it begins, as a share of the height."""
    age: int
    """How many pictures ago that moment was."""


def _step(small: NDArray[np.uint8]) -> int:
    return max(1, int(small.shape[0]) // ROWS)


def rows(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Some rows all over a picture, in memory of their own: (rows, width)."""
    step = _step(small)
    return small[step // 2 :: step].copy()


class Place(NamedTuple):
    """Where rows are again what they were."""

    at: float
    """Their middle, as a share of the height."""
    age: int
    """How many pictures ago that was."""
    is_large: bool
    """There are many of them, and they are alike beyond doubt."""


def changes(now: NDArray[np.uint8], past: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Mean absolute change of each row since each of the pictures before, the last one first: (pictures, rows).

    Args:
        now: Rows of a picture.
        past: The same rows of the pictures before it, the oldest first.
    """
    return np.array([_change(now, before) for before in reversed(past)])


def tear(now: NDArray[np.uint8], past: Sequence[NDArray[np.uint8]], changes: NDArray[np.float64]) -> Tear | None:
    """The line below which the picture goes back in time most clearly, None where it goes on all over."""
    height = len(now)
    lines = np.arange(max(1, round(UPPER * height)), height - max(1, round(LOWER * height)) + 1)
    if len(past) < 2 or not len(lines):
        return None
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
    is_plain = float(texture(now[lines[first] :]).mean()) < TEXTURE
    if is_plain or not _is_divided(now, past[-1], past[-2 - age], line):
        return None
    return Tear(max(0.0, float(back[age, best])), line, age + 2)


def again(
    now: NDArray[np.uint8], small: NDArray[np.uint8], last: NDArray[np.uint8], changes: NDArray[np.float64]
) -> list[Place]:
    """Rows that are again what they were, each between rows that go on.

    Args:
        now: Rows of a picture.
        small: The whole of it.
        last: The whole picture before it.
        changes: Of its rows.
    """
    if len(changes) < 2:
        return []
    since = changes[0]
    moves = since >= CHANGES
    same = moves & (changes[1:] <= AGAIN * since)
    if not same.any():
        return []
    step, found = _step(small), []
    same &= texture(now) >= TEXTURE
    same = _once(same, changes[1:] >= ON * since)
    for number in np.flatnonzero(same.any(axis=1)).tolist():
        goes_on = moves & (changes[number + 1] >= ON * since)
        runs = [run for run in _runs(same[number]) if _is_between(goes_on, *run)]
        for first, end in runs if len(runs) <= MOST else []:
            row, moved = (first + end - 1) // 2, since[first:end].sum()
            is_large = end - first >= LARGE and moved >= LIVELY * (end - first)
            is_large = is_large and changes[number + 1, first:end].sum() <= ALIKE * moved
            is_inside = end + 1 + AWAY // 2 < len(now)
            if (is_large or is_inside) and _is_new(small, last, row * step + step // 2, float(since[row])):
                found.append(Place(row / len(now), number + 2, is_large))
    return found


def _once(same: NDArray[np.bool_], goes_on: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows that are as they were at one moment: what was behind something that moves is so at any time.

    Where every picture is shown twice, they are as they were in two, and the older one counts.

    Args:
        same: (pictures, rows) where they are as they were.
        goes_on: Likewise, where they are not.
    """
    count = same.sum(axis=0)
    twice = np.zeros_like(same)
    twice[1:-1] = same[:-2] & same[1:-1] & goes_on[2:]
    once: NDArray[np.bool_] = (same & (count == 1)) | (twice & (count == 2))
    return once


def _runs(rows: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first of rows in a row, and the one after the last."""
    edges = np.flatnonzero(np.diff(rows.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_between(goes_on: NDArray[np.bool_], first: int, end: int) -> bool:
    """Whether the rows above go on, and those below, unless these reach down to the edge."""
    above, below = goes_on[max(0, first - 1 - AWAY) : max(0, first - 1)], goes_on[end + 1 : end + 1 + AWAY]
    return _go_on(above) and (end + 3 >= len(goes_on) or _go_on(below))


def _go_on(beside: NDArray[np.bool_]) -> bool:
    return len(beside) > AWAY // 2 and float(beside.mean()) >= BESIDE


def _is_new(small: NDArray[np.uint8], last: NDArray[np.uint8], row: int, since: float) -> bool:
    """Whether what is in this row was not in the last picture, somewhat higher or lower."""
    begin = max(0, row - ROLLED)
    around = np.delete(last[begin : row + ROLLED + 1], row - begin, axis=0)
    return float(_change(np.broadcast_to(small[row], around.shape).copy(), around).min()) >= ROLLS * since


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


def texture(rows: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean absolute step from one pixel of a row to the next, code values."""
    return _change(rows[:, 1:], rows[:, :-1])


def _change(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean absolute difference by row."""
    # Whole sums in 32 bits are twenty times as fast as OpenCV's means.
    sums = cv2.reduce(cv2.absdiff(now, before), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    means: NDArray[np.float64] = sums / now.shape[1]
    return means
