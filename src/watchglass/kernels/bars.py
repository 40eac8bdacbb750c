"""Bands of colour side by side, in the order of line-up signals."""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

HEIGHTS = tuple(np.linspace(0.12, 0.54, 12).tolist())
"""Where rows are looked at: above the other patches of every usual signal, below a letterbox."""
FEW = HEIGHTS[3:10:3]
"""Some of them, to see whether it is worth while."""
PAIRS = [0, 1, 0], [1, 2, 2]
"""Which of these are compared."""
TOGETHER, COLUMNS = 4, 160
"""Rows next to one another that are looked at as one; the most columns that are looked at."""
MOST, STEPS, COLOURFUL = 0.45, 24, 60.0
"""Share of two rows that must be alike, and how far luma and colour, in code values, must differ along one."""
AGREE = 0.55
"""Share of the rows that must be alike; a clock or a name may cover the others."""
NARROW, UNEVEN, GAP = 0.03, 1.8, 0.4
"""Least share of the width that a band takes; how much wider one may be; what may be between two, in bands."""
FLAT = 6.0
"""Standard deviation of luma within a band, in code values, up to which it is flat."""
FALLS = 3.0
"""Code values by which luma falls, at least, from one band to the next."""
FAINT, RICH, UNLIKE = 0.35, 1.25, 1.45
"""Saturation from and to, and how much more of it one band may have than another."""
ASKEW = np.cos(np.deg2rad(20.0))
"""How far, as a cosine, a hue may be from its own."""

# Yellow, cyan, green, magenta, red, blue at 100 %: Cb and Cr, between those of ITU-R BT.601 and BT.709.
_HUES = 224.0 * np.array(
    [[-0.5, 0.063], [0.142, -0.5], [-0.358, -0.437], [0.358, 0.437], [-0.142, 0.5], [0.5, -0.063]], np.float32
)
_SIZES = np.hypot(*_HUES.T)
_DIRECTIONS = _HUES / _SIZES[:, None]


class Bars(NamedTuple):
    """What was found."""

    width: float
    """Share of the picture's width that the six colours take, 0 where they are not there."""
    saturation: float
    """1 for colours of 100 %."""


NONE = Bars(0.0, 0.0)


def may_be(luma: NDArray[np.uint8], spread: float) -> bool:
    """Whether three rows of a picture are alike, and not all of one shade: cheap, and few pictures pass.

    Args:
        luma: (h, w).
        spread: Code values by which rows that are alike may differ.
    """
    lines = _lines(luma, FEW, min(80, luma.shape[1]))
    is_alike = cv2.absdiff(lines[PAIRS[0]], lines[PAIRS[1]]) <= spread
    for first, columns in zip(PAIRS[0], is_alike, strict=True):
        if np.count_nonzero(columns) >= MOST * columns.size:
            return int(np.ptp(lines[first, columns])) >= STEPS
    return False


def find(luma: NDArray[np.uint8], chroma: tuple[Plane, ...], spread: float, bit_depth: int = 8) -> Bars:
    """Look for yellow, cyan, green, magenta, red and blue side by side, darker from one to the next.

    Args:
        luma: (h, w), 8 bits.
        chroma: Cb and Cr of any size.
        spread: Code values by which rows that are alike may differ.
        bit_depth: Of chroma.
    """
    scale = np.float32(0.5 ** (bit_depth - 8))
    for plane in chroma:
        few = _lines(plane, FEW[1:2], min(80, plane.shape[1]))
        if (float(few.max()) - float(few.min())) * scale < COLOURFUL:
            return NONE
    wide = min(COLUMNS, chroma[0].shape[1])
    planes = np.stack([_lines(plane, HEIGHTS, wide) for plane in (luma, *chroma)]).astype(np.float32)
    planes[1:] *= scale
    middle = np.median(planes, axis=1)
    is_upright = (np.abs(planes - middle[:, None]) <= spread).all(axis=0).mean(axis=0) >= AGREE
    vectors = middle[1:].T - 128.0
    amount = np.hypot(*vectors.T)
    likeness = (vectors @ _DIRECTIONS.T) / np.maximum(amount, 1e-6)[:, None]
    hue = likeness.argmax(axis=1)
    saturation = amount / _SIZES[hue]
    is_one = is_upright & (likeness.max(axis=1) >= ASKEW) & (saturation >= FAINT) & (saturation <= RICH)
    bands = _bands(np.where(is_one, hue, -1))
    order = [each[0] for each in bands]
    for first in range(len(bands) - 5):
        six = bands[first : first + 6]
        found = order[first : first + 6]
        if found == [0, 1, 2, 3, 4, 5] or found == [5, 4, 3, 2, 1, 0]:
            six = six if found[0] == 0 else six[::-1]
            if _is_even(six) and _is_stepped(six, middle[0], saturation):
                width = max(end for _, _, end in six) - min(begin for _, begin, _ in six)
                rich = float(np.mean([saturation[_inside(begin, end)].mean() for _, begin, end in six]))
                return Bars(width / wide, rich)
    return NONE


def _lines(plane: Plane, heights: tuple[float, ...], wide: int) -> Plane:
    """(heights, wide): means of a few rows at each height, so that noise does not matter."""
    lines = plane.take(_rows(heights, plane.shape[0]), axis=0)
    return cv2.resize(lines, (wide, len(heights)), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


@lru_cache(maxsize=32)
def _rows(heights: tuple[float, ...], count: int) -> NDArray[np.intp]:
    """Numbers of the rows of a picture with so many."""
    rows = (np.array(heights) * count).astype(np.intp)[:, None] + np.arange(TOGETHER)
    inside: NDArray[np.intp] = np.minimum(rows, count - 1)
    return inside.ravel()


def _bands(labels: NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Runs of one hue that are wide enough: (hue, begin, end)."""
    edges = np.flatnonzero(np.diff(labels)) + 1
    begins, ends = np.append(0, edges), np.append(edges, len(labels))
    least = max(2.0, NARROW * len(labels))
    runs = zip(labels[begins].tolist(), begins.tolist(), ends.tolist(), strict=True)
    return [(hue, begin, end) for hue, begin, end in runs if hue >= 0 and end - begin >= least]


def _inside(begin: int, end: int) -> slice:
    """A band without its blurred edges."""
    edge = (end - begin) // 5
    return slice(begin + edge, end - edge)


def _is_even(bands: list[tuple[int, int, int]]) -> bool:
    """Bands of about the same width, close to one another."""
    widths = [end - begin for _, begin, end in bands]
    ordered = sorted(bands, key=lambda band: band[1])
    gaps = [after[1] - before[2] for before, after in pairwise(ordered)]
    return max(widths) <= UNEVEN * min(widths) + 1 and max(gaps) <= GAP * max(widths) + 1


def _is_stepped(bands: list[tuple[int, int, int]], luma: NDArray[np.float32], saturation: NDArray[np.float32]) -> bool:
    """Flat bands, each darker than the one before, all about as rich in colour."""
    insides = [_inside(begin, end) for _, begin, end in bands]
    levels = [float(luma[inside].mean()) for inside in insides]
    rich = [float(saturation[inside].mean()) for inside in insides]
    return (
        all(float(luma[inside].std()) <= FLAT for inside in insides)
        and all(before - after >= FALLS for before, after in pairwise(levels))
        and max(rich) <= UNLIKE * min(rich)
    )
