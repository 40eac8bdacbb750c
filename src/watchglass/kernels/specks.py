"""Specks: pixels, and clusters of up to three by three, that stick out of all that is around them.

Every third row is looked at as if it were a picture of its own: in it a cluster is no higher than one row, so that the
median of three by three, the cheapest filter that OpenCV has, takes it away; what is gone is then looked at closely.
"""

from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

PHASES = 3
"""Rows of which one is looked at; as high as a cluster may be."""
MARGIN = 11
"""Pixels at the edges of the picture where nothing is looked for: there is no ring around them."""
STEEP = 20
"""Code values by which a pixel must differ from the median of its neighbours to be looked at."""
CLEAR = 10
"""Code values by which it must then be beyond the ring around it."""
MANY, SHARE = 96, 4
"""Pixels of a strip that are looked at, the steepest, and of how many columns one: more are foliage, or grain."""
RING, BEYOND = 3, (5.5, 8.0)
"""Pixels between a place and the ring around it, which a cluster does not reach, and the circles beyond."""
POINTS = 56
"""Pixels of the surroundings that are looked at: the 24 of the ring, so that no stroke slips through, and 16 of each
circle, where other letters would be."""


class Specks(NamedTuple):
    """Where something sticks out: all (n,)."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    bright: NDArray[np.bool_]
    """True where it is brighter than its surroundings, False where it is darker."""
    steep: NDArray[np.uint8]
    """Code values by which it differs from the median of its neighbours."""
    floor: int
    """What was less steep was not looked at."""


class Looks(NamedTuple):
    """What is seen at n places, in 8-bit code values."""

    own: NDArray[np.int16]
    """(n,) of the pixels of the cluster the one that differs most from the middle of the ring."""
    low: NDArray[np.int16]
    """(n,) lowest of the ring."""
    middle: NDArray[np.int16]
    """(n,) its median."""
    high: NDArray[np.int16]
    """(n,) highest."""
    around: NDArray[np.int16]
    """(n, POINTS) the ring and what is beyond it."""


def _square(reach: int) -> NDArray[np.intp]:
    """Steps (rows, columns) to all pixels of a square: ((2 reach + 1) ** 2, 2)."""
    side = np.arange(-reach, reach + 1)
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)


def _circle(radius: float, count: int) -> NDArray[np.intp]:
    """Steps to points of a circle: (count, 2)."""
    turn = 2.0 * np.pi * (np.arange(count) + 0.5) / count
    return np.rint(radius * np.stack([np.sin(turn), np.cos(turn)], axis=1)).astype(np.intp)


_CROSS = np.array([(-4, 4, 0, 0), (0, 0, -4, 4)])[:, :, None]
_CENTRE, _NEAR, _WIDE = _square(1), _square(RING - 1), _square(RING)
_RING = _WIDE[np.abs(_WIDE).max(axis=1) == RING]
_STEPS = np.concatenate([_CENTRE, _RING, *(_circle(radius, (POINTS - len(_RING)) // 2) for radius in BEYOND)])


def strip(luma: Plane, band: int, bands: int, phase: int, bit_depth: int = 8) -> tuple[slice, NDArray[np.uint8]]:
    """The rows of one band and phase, and what is in them as 8-bit code values.

    Args:
        luma: (H, W) code values.
        band: Which of ``bands`` that the picture is cut into.
        bands: How many there are.
        phase: Which of ``PHASES`` rows.
        bit_depth: Significant bits of a code value.
    """
    height = luma.shape[0]
    first, last = (round(height * edge / bands) for edge in (band, band + 1))
    first += (phase - first) % PHASES
    rows = slice(first - PHASES if first >= PHASES else first, min(height, last + PHASES), PHASES)
    return rows, eight_bits(luma[rows], bit_depth)


def eight_bits(plane: Plane, bit_depth: int) -> NDArray[np.uint8]:
    """The same in 8-bit code values."""
    if plane.dtype == np.uint8:
        return plane  # type: ignore[return-value]
    return cv2.convertScaleAbs(plane, alpha=1.0 / (1 << (bit_depth - 8)))  # type: ignore[return-value]


def specks(luma: Plane, rows: slice, shown: NDArray[np.uint8], bit_depth: int = 8) -> Specks:
    """What sticks out in some rows, one in a column at most.

    Args:
        luma: (H, W) code values.
        rows: Which rows were taken, see ``strip``.
        shown: (h, W) what is in them.
        bit_depth: Significant bits of a code value.
    """
    row, column, steep, floor = _steepest(cv2.absdiff(shown, cv2.medianBlur(shown, 3)))  # type: ignore[arg-type]
    row = rows.start + PHASES * row
    height, width = luma.shape
    inside = (row >= MARGIN) & (row < height - MARGIN) & (column >= MARGIN) & (column < width - MARGIN)
    row, column, steep = row[inside], column[inside], steep[inside]
    crossed = luma[row + _CROSS[0], column + _CROSS[1]]
    own = luma[row, column]
    up = own > crossed.max(axis=0)
    clear = up | (own < crossed.min(axis=0))
    return Specks(row[clear], column[clear], up[clear], steep[clear], floor)


def _steepest(rough: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint8], int]:
    """Rows, columns and differences of what differs most from the median, and from which difference on they are told.

    Nothing from the first and the last row, which have no neighbours.
    """
    halves: list[MatLike] = [rough[1:-1]]
    while len(halves[-1]) > 1:  # by halves: much faster than any maximum over an axis
        half = (len(halves[-1]) + 1) // 2
        halves.append(cv2.max(halves[-1][:half], halves[-1][-half:]))
    by_column = halves[-1][0]
    column = np.flatnonzero(by_column >= STEEP)
    floor = STEEP
    most = min(MANY, len(by_column) // SHARE)
    if len(column) > most:
        column = column[np.argpartition(by_column[column], -most)[-most:]]
        floor = int(by_column[column].min())
    steep, row = by_column[column], np.zeros(len(column), np.intp)
    for whole, half_of_it in zip(halves[-2::-1], halves[:0:-1], strict=True):  # and back again
        row += np.where(whole[row, column] == steep, 0, len(whole) - len(half_of_it))
    return 1 + row, column, steep, floor


def looks(luma: Plane, row: NDArray[np.intp], column: NDArray[np.intp], bit_depth: int = 8) -> Looks:
    """What is seen at some places, none of them within ``MARGIN`` of the edges.

    Args:
        luma: (H, W) code values.
        row: (n,)
        column: (n,)
        bit_depth: Significant bits of a code value.
    """
    values = _values(luma, row, column, _STEPS, bit_depth)
    centre, around = values[:, : len(_CENTRE)], values[:, len(_CENTRE) :]
    ring = np.sort(around[:, : len(_RING)], axis=1)
    middle = ring[:, len(_RING) // 2]
    worst = np.abs(centre - middle[:, None]).argmax(axis=1)
    return Looks(centre[np.arange(len(centre)), worst], ring[:, 0], middle, ring[:, -1], around)


def centred(
    luma: Plane, row: NDArray[np.intp], column: NDArray[np.intp], bit_depth: int = 8
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The middles of the clusters that some pixels belong to."""
    ring = np.partition(_values(luma, row, column, _RING, bit_depth), len(_RING) // 2, axis=1)[:, len(_RING) // 2]
    off = np.abs(_values(luma, row, column, _NEAR, bit_depth) - ring[:, None])
    belongs = off >= 0.5 * off.max(axis=1, keepdims=True)
    step = np.rint(belongs @ _NEAR / belongs.sum(axis=1, keepdims=True)).astype(np.intp)
    return row + step[:, 0], column + step[:, 1]


def _values(
    luma: Plane, row: NDArray[np.intp], column: NDArray[np.intp], steps: NDArray[np.intp], bit_depth: int
) -> NDArray[np.int16]:
    seen = luma[row[:, None] + steps[:, 0], column[:, None] + steps[:, 1]]
    values: NDArray[np.int16] = (seen if bit_depth == 8 else seen >> (bit_depth - 8)).astype(np.int16)
    return values
