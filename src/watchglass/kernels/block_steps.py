"""What is seen at the borders of macroblocks: straight steps, in a picture and in what changed since the one before.

A decoder that conceals lost blocks puts others there, and goes on predicting from them. Where these meet the rest, the
picture steps along a straight line that nothing in front of a camera has drawn, and one side of the line changes while
the other does not. What does move crosses the borders of blocks, and goes on to what lies between them.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Hits = NDArray[np.bool_]

MACROBLOCK = 16
"""Pixels of a full-size picture along the side of a block of MPEG-2 and H.264; those of HEVC are multiples."""
SMALLEST = 4
"""Points along the side of a block below which a step cannot be told from what is beside it."""
PHASES = 4
"""Places in each block at which steps are looked for; the first is the border."""
STEP = 12
"""Code values that a border steps by, beyond twice what the points on both sides of it step by."""


class Borders(NamedTuple):
    """Where borders of blocks are straight steps; first on the grid of blocks, then beside it, where none should be."""

    across: Hits
    """(phases, rows - 1, columns): between one row of blocks and the next."""
    down: Hits
    """(phases, columns - 1, rows): between one column and the next, turned."""


class BlockFeatures(NamedTuple):
    """What is known of each block of a picture, or of a few pictures in a row."""

    picture: Borders
    """Steps of the picture itself."""
    change: Borders
    """Steps of how much it changed since the picture before."""


def side(shown: tuple[int, ...], full: tuple[int, ...]) -> int:
    """Points along the side of a macroblock in a picture that is shown smaller than it is, by the shapes of both."""
    return max(SMALLEST, round(MACROBLOCK * shown[0] / full[0]))


def blocks(plane: U8, side: int) -> U8 | None:
    """The whole blocks of a plane, ``side`` points each; None where there are not two each way."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    return np.ascontiguousarray(plane[: rows * side, : columns * side]) if min(rows, columns) > 1 else None


def across(plane: MatLike, side: int) -> Hits:
    """Look at the horizontal borders of blocks, in a plane of whole blocks: see ``Borders``."""
    return _steps(_along_rows(plane, side), side)


def down(plane: MatLike, side: int) -> Hits:
    """Look at the vertical ones."""
    return _steps(cv2.transpose(_along_columns(plane, side)), side)


def joined(looks: Iterable[Borders]) -> Borders:
    """Steps in any of some looks: by then, what moves has been beside the borders as well as on them."""
    return reduce(lambda one, two: Borders(one.across | two.across, one.down | two.down), looks)


def _along_rows(plane: MatLike, side: int) -> MatLike:
    """(H, W / side) means of the neighbours in a row; four at once are four channels, see ``picture.small``."""
    height, width = plane.shape
    fours = cv2.cvtColor(plane.reshape(height, width // 4, 4), cv2.COLOR_BGRA2GRAY)
    if side > 4:
        fours = cv2.resize(fours, (width // side, height), interpolation=cv2.INTER_AREA)
    return fours


def _along_columns(plane: MatLike, side: int) -> MatLike:
    """(H / side, W) means of the neighbours in a column."""
    sums = plane.reshape(plane.shape[0] // side, side, -1).sum(1, dtype=np.uint16)
    means: MatLike = cv2.convertScaleAbs(sums, alpha=1.0 / side)
    return means


def _steps(runs: MatLike, side: int) -> Hits:
    """(phases, n - 1, m): straight steps at and below the end of each block, of (n * side, m) means along one side."""
    count = runs.shape[0] // side - 1
    runs = cv2.copyMakeBorder(runs, 0, 1, 0, 0, cv2.BORDER_REPLICATE)  # below the last border as below the others
    steps = cv2.absdiff(runs[1:], runs[:-1])
    beside = cv2.max(steps[:-2], steps[2:])
    alone = np.asarray(cv2.subtract(cv2.subtract(steps[1:-1], beside), beside) > STEP)
    return np.stack([alone[side - 2 + side * phase // PHASES :: side][:count] for phase in range(PHASES)])
