"""How well a picture is reproduced: its detail, its grain, the grid of its blocks and the steps of its levels.

Read from a few bands of full-size luma, because the first three are gone from a picture that was made smaller, and
the whole of a large one is too dear to read.
"""

from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

ROWS, COLUMNS = 12, 16
"""Tiles that detail and grain are told by, fewer rows in a low picture."""
LINES, MIDDLE = 10, slice(4, 6)
"""Lines of a band, and those around which the others lie."""
WIDTH = 1920
"""Pixels: narrower pictures have more bands, so that each tile has as many pixels."""
FINE, COARSE = 2, 4
"""Pixels between the neighbours of a second difference: what is compared, and what says that there is a contour."""
CONTOUR = 64.0
"""Mean square of the coarse second difference, code values squared, from which a tile has contours."""
FLOOR = 0.5
"""Mean square, code values squared, that rounding leaves."""
FEW = 6
"""Contours, of tiles across and down, with which a picture can be compared."""
FLAT = 0.2
"""Share of the tiles that are taken for the flattest."""
BLOCK, HIGHEST = 16, 8
"""Pixels from one block (or every second one) to the next, and code values beyond which an edge counts no more."""
MOST, LEAST = 0.75, 0.05
"""Share of the columns that a grid must be seen in, and code values of edges, by line, that are not yet one."""
LEVELS = 512
"""Points of the transform of a histogram: twice its levels."""

Tiles = NDArray[np.float32]


class Detail(NamedTuple):
    """Mean squares of second differences by tile, code values squared: (rows, 2 x columns), across and then down."""

    fine: Tiles
    coarse: Tiles


class Loss(NamedTuple):
    """What contours have lost, in dB: negative where they have gained."""

    middle: float
    """In the middle of all tiles."""
    most: float
    """At least this much in seven tiles of ten."""


class Fidelity:
    """One picture, measured when asked.

    Args:
        luma: (H, W) code values.
        bit_depth: Significant bits of a code value.
    """

    def __init__(self, luma: Plane, bit_depth: int = 8) -> None:
        self._bands = _bands(luma, bit_depth)

    @cached_property
    def detail(self) -> Detail | None:
        """How sharply neighbours differ; None in a picture too small for it."""
        bands = self._bands
        if bands is None:
            return None
        wide, middle = bands.astype(np.int16), bands[:, MIDDLE].astype(np.int16)
        fine, coarse = ((_across(middle, by), _down(wide, by)) for by in (FINE, COARSE))
        return Detail(*(np.concatenate([_by_tile(each) for each in pair], axis=1) for pair in (fine, coarse)))

    @cached_property
    def grain(self) -> float:
        """Standard deviation of noise in the flattest tiles, code values: white noise has six times its variance."""
        if self.detail is None:
            return 0.0
        across, down = np.split(self.detail.fine, 2, axis=1)
        flattest = np.sort(np.minimum(across, down), axis=None)
        return float(np.sqrt(flattest[int(FLAT * (flattest.size - 1))] / 6.0))

    @cached_property
    def grid(self) -> float:
        """Edges at the borders of blocks, in times those elsewhere; 1 where there is no grid."""
        if self._bands is None:
            return 1.0
        lines = self._bands[:, ::2].reshape(-1, self._bands.shape[2])
        steps = cv2.absdiff(np.ascontiguousarray(lines[:, 1:]), np.ascontiguousarray(lines[:, :-1]))
        beside = np.maximum(steps[:, :-2], steps[:, 2:])
        edges = np.minimum(cv2.subtract(np.ascontiguousarray(steps[:, 1:-1]), beside), HIGHEST)
        columns = edges.sum(0, dtype=np.uint32)
        whole = len(columns) // BLOCK * BLOCK
        if not whole:
            return 1.0
        most = np.sort(columns[:whole].reshape(-1, BLOCK), axis=0)[: max(1, round(MOST * whole / BLOCK))]
        phases = most.mean(0)  # without the columns that have most edges: a frame that was drawn is no grid
        top, rest = float(phases.max()), float(np.median(phases))
        least = LEAST * len(lines)
        return (top + least) / (rest + least)

    @cached_property
    def steps(self) -> float:
        """How evenly spaced the levels are, 0 to 1: the histogram's transform rises again after it has fallen."""
        if self._bands is None:
            return 0.0
        some = np.ascontiguousarray(self._bands[:, MIDDLE]).reshape(1, -1)
        histogram = cv2.calcHist([some], [0], None, [256], [0, 256]).ravel() / some.size
        spectrum = np.abs(np.fft.rfft(histogram, LEVELS))[: LEVELS // 4 + 1]
        return float((spectrum - np.minimum.accumulate(spectrum)).max())


def loss(now: Detail | None, before: Detail | None) -> Loss:
    """How much weaker fine differences have become at contours; half of what coarse ones have lost is let off."""
    if now is None or before is None or now.fine.shape != before.fine.shape:
        return Loss(0.0, 0.0)
    fallen = 10.0 * np.log10((before.fine + FLOOR) / (now.fine + FLOOR))
    fallen -= 5.0 * np.log10((before.coarse + FLOOR) / (now.coarse + FLOOR))
    fallen[(before.coarse < CONTOUR) | (now.coarse < CONTOUR / 8.0)] = np.nan
    across, down = np.split(fallen, 2, axis=1)
    either = np.fmin(across, down)  # what moves is smeared along its way and no other
    either = either[~np.isnan(either)]
    if either.size < FEW:
        return Loss(0.0, 0.0)
    either.sort()
    last = either.size - 1
    return Loss(float(either[last // 2]), float(either[int(0.3 * last)]))


def _bands(luma: Plane, bit_depth: int) -> NDArray[np.uint8] | None:
    """(bands, lines, W) of 8 bits, evenly spread; None if there is no room for any."""
    height, width = luma.shape
    rows = min(ROWS, height // LINES)
    if rows < 1 or width < COLUMNS * COARSE:
        return None
    count = rows * min(height // LINES // rows, max(1, WIDTH // width))
    firsts = (np.arange(count) * height + (height - LINES * count) // 2) // count
    bands = np.stack([luma[first : first + LINES] for first in firsts.tolist()])
    return (
        np.right_shift(bands, bit_depth - 8).astype(np.uint8) if bit_depth > 8 else bands.astype(np.uint8, copy=False)
    )


def _across(middle: NDArray[np.int16], by: int) -> NDArray[np.int16]:
    return middle[:, :, : -2 * by] - 2 * middle[:, :, by:-by] + middle[:, :, 2 * by :]


def _down(wide: NDArray[np.int16], by: int) -> NDArray[np.int16]:
    first, last = MIDDLE.start, MIDDLE.stop
    return wide[:, first - by : last - by] - 2 * wide[:, first:last] + wide[:, first + by : last + by]


def _by_tile(differences: NDArray[np.int16]) -> Tiles:
    """Mean square by tile."""
    bands, _, width = differences.shape
    width -= width % COLUMNS
    squares = np.square(differences[:, :, :width].astype(np.float32))
    rows = min(ROWS, bands)
    by_row = squares.reshape(rows, -1, width).mean(1)  # lines first: that is several times faster
    tiles: Tiles = by_row.reshape(rows, COLUMNS, -1).mean(2)
    return tiles
