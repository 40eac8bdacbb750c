"""How well a picture is reproduced: its detail, its grain, the grid of its blocks and the steps of its levels.

Read from a few lines of full-size luma, because all four are gone from a picture that was made smaller, and the whole
of a large one is too dear to read.
"""

from functools import cached_property
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

ROWS, COLUMNS = 16, 16
"""Tiles that detail and grain are told by."""
PIXELS, MOST_LINES = 16 * 1920, 64
"""That are read, of a narrow picture more lines so that each tile has as many."""
CONTOUR = 64.0
"""Mean square of the coarse second difference, code values squared, from which a tile has contours."""
FLOOR = 0.5
"""Mean square, code values squared, that rounding leaves."""
TEXTURE = 2.0
"""Mean square of the fine one from which it has texture."""
FEW = 12
"""Tiles with contours by which a picture can be compared."""
REMAINS, MUCH, MUSH = 8.0, 1 / 3, 64.0
"""Times as strong that a contour may have been; and where that is true of too few, of a picture of which such a share
had contours: it is not text that went away, but all of it is mush."""
FLAT = 0.2
"""Share of the tiles that are taken for the flattest."""
BLOCK, HIGHEST = 16, 16
"""Columns from one block (or every second one) to the next, and code values beyond which a step counts no more."""
MOST, LEAST = 0.75, 0.2
"""Share of the columns that a grid must be seen in, and the mean step, in code values, that is next to nothing."""
LEVELS = 512
"""Points of the transform of a histogram: twice its levels."""
_WAVES = np.exp(-2j * np.pi / LEVELS * np.outer(np.arange(LEVELS // 4 + 1), np.arange(256))).astype(np.complex64)

F32 = NDArray[np.float32]
Lines = NDArray[np.uint8]
"""(n, W): lines of a picture, evenly spread."""


class Detail(NamedTuple):
    """Mean squares of second differences along the lines by tile, code values squared: (rows, columns)."""

    finest: F32
    """Of neighbours."""
    fine: F32
    """Of neighbours and of those 2 pixels apart, alike in weight for an edge."""
    coarse: F32
    """Of those 4 pixels apart."""


class Loss(NamedTuple):
    """What contours have lost, in dB: negative where they have gained."""

    middle: float
    """In the middle of all tiles."""
    most: float
    """At least this much in seven tiles of ten."""


class Fidelity:
    """One picture, measured when asked; until then it keeps the whole of it.

    Args:
        luma: (H, W) code values.
        bit_depth: Significant bits of a code value.
    """

    def __init__(self, luma: Plane, bit_depth: int = 8) -> None:
        self._luma: Plane | None = luma
        self._bit_depth = bit_depth
        self.shape = luma.shape

    @cached_property
    def lines(self) -> Lines:
        """The lines that all else is read from."""
        assert self._luma is not None
        some, self._luma = _lines(self._luma, self._bit_depth), None
        return some

    @cached_property
    def detail(self) -> Detail | None:
        """How sharply neighbours differ; None in a picture too small for it."""
        count, width = self.lines.shape
        if count < ROWS or width < COLUMNS * 8:
            return None
        one, two, four = (_energy(self.lines, by) for by in (1, 2, 4))
        return Detail(one, 2.0 * one + 0.5 * two, four)

    @cached_property
    def grain(self) -> float:
        """Standard deviation of noise in the flattest tiles, code values: white noise has six times its variance."""
        return self.grain_in(FLAT)

    def grain_in(self, share: float) -> float:
        """The same in so many of the tiles."""
        if self.detail is None:
            return 0.0
        place = int(share * (self.detail.finest.size - 1))
        return float(np.sqrt(np.partition(self.detail.finest, place, axis=None)[place] / 6.0))

    @cached_property
    def grid(self) -> float:
        """Steps at the borders of blocks of 8 or 16, in times those between other columns; 1 where there is no grid."""
        count, width = self.lines.shape
        whole = (width - 1) // BLOCK * BLOCK
        if not count or not whole:
            return 1.0
        steps = cv2.min(cv2.absdiff(self.lines[:, 1:], self.lines[:, :-1]), HIGHEST)  # type: ignore[call-overload]
        columns = cv2.reduce(steps, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)[0, :whole].reshape(-1, BLOCK)
        # Without the columns that have most steps: a frame that was drawn is no grid.
        kept = max(1, round(MOST * len(columns)))
        by_phase = np.partition(np.ascontiguousarray(columns.T), kept - 1, axis=1)[:, :kept]
        phases = (np.einsum("pk->p", by_phase) / (kept * count) + LEAST).tolist()
        return float(max(phases[BLOCK // 2 - 1], phases[-1]) / median(phases))

    @cached_property
    def steps(self) -> float:
        """How evenly spaced the levels are, 0 to 1: the histogram's transform rises again after it has fallen."""
        if not self.lines.size:
            return 0.0
        some = self.lines[::2]
        histogram = cv2.calcHist([some], [0], None, [256], [0, 256]).ravel() / np.float32(some.size)
        spectrum = np.abs(_WAVES @ histogram)
        return float((spectrum - np.minimum.accumulate(spectrum)).max())


def _lines(luma: Plane, bit_depth: int) -> Lines:
    """Lines of a picture, as 8-bit code values: a multiple of ``ROWS`` of them where there are as many."""
    height, width = luma.shape
    count = min(max(ROWS, PIXELS // max(width, 1)), MOST_LINES, height)
    count -= count % ROWS if count > ROWS else 0
    some = luma[(np.arange(count) * height + height // 2) // max(count, 1)]
    whole: Lines = np.right_shift(some, bit_depth - 8).astype(np.uint8) if bit_depth > 8 else some.astype(np.uint8)
    return whole


def loss(now: Detail | None, before: Detail | None) -> Loss:
    """How much weaker fine differences have become at contours; half of what coarse ones have lost is let off."""
    if now is None or before is None:
        return Loss(0.0, 0.0)
    fallen = 10.0 * np.log10((before.fine + FLOOR) / (now.fine + FLOOR))
    fallen -= 5.0 * np.log10((before.coarse + FLOOR) / (now.coarse + FLOOR))
    contours = before.coarse >= CONTOUR
    remain = contours & (now.coarse >= CONTOUR / REMAINS)
    if np.count_nonzero(remain) < FEW and np.count_nonzero(contours) >= MUCH * contours.size:
        remain = contours & (now.coarse >= CONTOUR / MUSH)
    fallen = fallen[remain]
    if fallen.size < FEW:
        return Loss(0.0, 0.0)
    fallen.sort()
    last = fallen.size - 1
    return Loss(float(fallen[last // 2]), float(fallen[int(0.3 * last)]))


def flattening(now: Detail | None, before: Detail | None) -> float:
    """How much weaker fine differences have become wherever there were some, in dB."""
    if now is None or before is None:
        return 0.0
    textured = before.fine >= TEXTURE
    if np.count_nonzero(textured) < FEW:
        return 0.0
    return float(np.median(10.0 * np.log10((before.fine[textured] + FLOOR) / (now.fine[textured] + FLOOR))))


def _energy(lines: Lines, by: int) -> F32:
    """Mean square of the second differences of pixels ``by`` apart, by tile: (rows, columns)."""
    count, width = lines.shape
    kernel = np.zeros((1, 2 * by + 1), np.float32)
    kernel[0, [0, by, 2 * by]] = 1.0, -2.0, 1.0
    whole = (width - 2 * by) // COLUMNS
    differences = cv2.filter2D(lines, cv2.CV_16S, kernel)[:, by : by + whole * COLUMNS]
    tiles = differences.astype(np.float32).reshape(ROWS, count // ROWS, COLUMNS, whole)
    energy: F32 = np.einsum("rktc,rktc->rt", tiles, tiles) / np.float32(whole * count / ROWS)
    return energy
