"""Straight edges that appear along the grid of a codec's blocks, from one picture to the next.

What a decoder makes of overwritten bytes begins and ends at the borders of blocks; what moves in front of a camera
does not care for them. The same edges counted half a block beside the grid tell how many are there by chance.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

BLOCK = 8
"""Pixels: the borders of all blocks of HEVC, VP9 and JPEG are multiples of it."""
STEP, ALONE = 14, 3
"""Code values (of 8 bits) that an edge steps, and how many times more than the pixels beside it."""
SUSPECT = 2
"""Horizontal edges from which the vertical ones are worth counting."""
REFERENCE = 480 * 272
"""Pixels of the picture for which edges are counted: twice as wide and high has edges twice as long."""


def new_block_edges(now: Plane, before: Plane, bit_depth: int = 8) -> float:
    """Edges, each of 8 pixels, that are new on the grid, less twice those that are new beside it.

    Args:
        now: (H, W) code values.
        before: The picture before it, of the same shape and type.
        bit_depth: Significant bits of a code value.

    Returns:
        Edges of a picture of 480 x 272; 0 or more.
    """
    step = STEP << (bit_depth - 8)
    edges = _edges(now, before, 0, step)
    if edges < SUSPECT:
        return 0.0
    beside = _edges(now, before, BLOCK // 2, step)
    now, before = _turned(now), _turned(before)
    edges += _edges(now, before, 0, step)
    beside += _edges(now, before, BLOCK // 2, step)
    return float(max(0, edges - 2 * beside) / max(1.0, now.size / REFERENCE) ** 0.5)


def _turned(plane: Plane) -> Plane:
    """Columns as rows, one after the other in memory."""
    return cv2.transpose(plane)  # type: ignore[return-value]


def _edges(now: Plane, before: Plane, phase: int, step: int) -> int:
    """Horizontal edges in the difference of two pictures, between the rows ``phase - 1`` and ``phase`` of a block."""
    first, wide = BLOCK + phase - 2, now.shape[1] // BLOCK
    high = (now.shape[0] - first) // BLOCK
    if high < 1 or wide < 1:
        return 0

    def four_rows(plane: Plane) -> NDArray[np.int16]:
        rows = plane[first : first + BLOCK * high].reshape(high, BLOCK, -1)
        return rows[:, :4, : BLOCK * wide].astype(np.int16)

    change = four_rows(now) - four_rows(before)
    above, edge, below = (change[:, n + 1] - change[:, n] for n in range(3))
    beside = np.maximum(_eights(np.abs(above)), _eights(np.abs(below)))
    steps = np.abs(_eights(edge))
    return int(np.count_nonzero((steps > step) & (steps > ALONE * beside)))


def _eights(rows: NDArray[np.int16]) -> NDArray[np.int16]:
    """Means of eight neighbours in a row."""
    size = (rows.shape[1] // BLOCK, rows.shape[0])
    return cv2.resize(rows, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
