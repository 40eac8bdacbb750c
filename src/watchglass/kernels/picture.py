"""What is counted on pixels."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W) code values."""

BLACK, LIT = 24.0, 0.25
"""Code values up to which a tile is black, and the share that must be more for the others to count for nothing."""
PLAIN = 0.5
"""Standard deviation of a picture's tiles, code values, up to which there is no scene."""
UNLIKE = 0.4
"""Correlation of the tiles of two pictures in a row below which no motion, however wild, made one of the other."""
TILE_ROWS, TILE_COLUMNS = 9, 16
"""Tiles are fractions of the picture: 9 x 16 of them, whatever its size."""

cv2.setNumThreads(1)


def small(plane: Plane, bit_depth: int = 8, width: int = 640) -> NDArray[np.uint8]:
    """Halve a plane until it is at most ``width`` wide, as 8-bit code values.

    Each value is a mean of pixels. Where two halvings or more are due, the first two are one pass over every fourth
    row: reading a full-size picture from memory costs more than the arithmetic.

    Args:
        plane: (H, W) uint8 or uint16.
        bit_depth: Significant bits of a code value.
        width: The widest that the result may be, in pixels.

    Returns:
        (h, w) uint8; the plane itself where there was nothing to do.
    """
    if plane.shape[1] > 2 * width and plane.shape[0] >= 4:
        plane = _quarter(plane)
    while plane.shape[1] > width and plane.shape[0] >= 2:
        height, wide = plane.shape[0] & ~1, plane.shape[1] & ~1
        plane = cv2.resize(plane[:height, :wide], (wide // 2, height // 2), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if plane.dtype == np.uint8:
        return plane  # type: ignore[return-value]
    return cv2.convertScaleAbs(plane, alpha=1.0 / (1 << (bit_depth - 8)))  # type: ignore[return-value]


def _quarter(plane: Plane) -> Plane:
    """A plane at a quarter of its width and height, each value a weighted mean of three neighbours in a row.

    Four pixels are shown to OpenCV as one with four channels, because its sum of channels (the weights of grey,
    0.11, 0.59, 0.30 and none) is several times faster than any mean of four columns that it has.
    """
    height, width = plane.shape[0] // 4, plane.shape[1] // 4
    fours = plane[: 4 * height : 4, : 4 * width].reshape(height, width, 4)
    return cv2.cvtColor(fours, cv2.COLOR_BGRA2GRAY)  # type: ignore[return-value]


def tile_change(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute difference of two pictures by tile, in code values: (rows, columns) float32."""
    return tile_mean(cv2.absdiff(now, before))  # type: ignore[arg-type]


def mean(tiles: NDArray[np.float32]) -> float:
    """Mean of a few values: OpenCV's takes a third of the time of NumPy's when nothing is in the cache."""
    return cv2.mean(tiles)[0]


def busiest(change: NDArray[np.float32]) -> float:
    """Mean change of the quarter of the tiles that changes most, in code values."""
    place = change.size - max(1, change.size // 4)
    return float(np.partition(change, place, axis=None)[place:].mean())


class Likeness(NamedTuple):
    """Of one picture to another."""

    correlation: float
    """Of their tiles, without those that are black in both unless nearly all are; 0 where there is no scene."""
    brighter: float
    """By how much it is brighter, code values."""
    contrast: float
    """How many times as much its tiles differ among themselves; 0 where there is no scene."""


def likeness(now: NDArray[np.float32], before: NDArray[np.float32]) -> Likeness:
    """Compare two pictures by the means of their tiles."""
    one, other = now.ravel(), before.ravel()
    brighter = float(one.mean() - other.mean())
    lit = np.maximum(one, other) > BLACK
    count = np.count_nonzero(lit)
    if LIT * one.size <= count < one.size:
        one, other = one[lit], other[lit]
    one, other = one - one.mean(), other - other.mean()
    norms = float(one @ one), float(other @ other)
    plain = PLAIN * PLAIN * one.size
    if min(norms) <= plain:
        return Likeness(0.0, brighter, 0.0)
    return Likeness(float(one @ other) / (norms[0] * norms[1]) ** 0.5, brighter, (norms[0] / norms[1]) ** 0.5)


def newness(now: NDArray[np.float32], before: NDArray[np.float32], change: float) -> float:
    """Share of what changed by tile that is another picture, and no motion within the tiles.

    Args:
        now: Means of the tiles.
        before: Those of the picture before.
        change: Sum of the mean absolute changes of the pixels of each.
    """
    like = likeness(now, before)
    if like.contrast and like.correlation < UNLIKE:
        return 1.0
    return float(np.abs(now - before).sum()) / change


def tile_mean(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean of a plane by tile: (rows, columns) float32, fewer tiles where the picture is tiny."""
    rows, columns = min(TILE_ROWS, plane.shape[0]), min(TILE_COLUMNS, plane.shape[1])
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    if plane.shape == (height * rows, width * columns):  # equal tiles: sums of bands are a third of the price
        wide = np.uint16 if height <= 257 else np.uint32  # 257 times 255 is the most that 16 bits hold
        bands = plane.reshape(rows, height, plane.shape[1]).sum(1, dtype=wide)
        sums = bands.reshape(rows, columns, width).sum(2, dtype=np.float32)
        return sums / np.float32(height * width)  # type: ignore[no-any-return]
    return cv2.resize(plane.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def share_at_or_below(plane: NDArray[np.uint8], ceiling: float) -> float:
    """Share of pixels whose code value is at or below ``ceiling``, 0 to 1."""
    above = cv2.threshold(plane, int(ceiling), 1, cv2.THRESH_BINARY)[1]
    return 1.0 - cv2.countNonZero(above) / plane.size


def mean_and_spread(plane: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean and standard deviation, in code values."""
    mean, spread = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(spread[0, 0])


def outside_corner(plane: NDArray[np.uint8] | NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation without the corner (a quarter each way) whose absence makes the latter smallest.

    What a logo leaves over: a station's mark stays in its corner when the programme behind it is gone.
    """
    height, width = plane.shape
    rows, columns = round(0.25 * height), round(0.25 * width)
    pixels = float(height * width)
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(plane))
    total, squares = mean * pixels, (deviation**2 + mean**2) * pixels
    if not rows or not columns:
        return mean, deviation
    best = (deviation**2, mean)
    left = pixels - rows * columns
    for corner in (plane[:rows, :columns], plane[:rows, -columns:], plane[-rows:, :columns], plane[-rows:, -columns:]):
        part, apart = (float(value[0, 0]) for value in cv2.meanStdDev(corner))
        rest = (total - part * rows * columns) / left
        power = (squares - (apart**2 + part**2) * rows * columns) / left
        best = min(best, (max(power - rest**2, 0.0), rest))
    return best[1], float(best[0] ** 0.5)


def share_within(plane: NDArray[np.uint8], middle: float, spread: float) -> float:
    """Share of pixels whose code value is within ``spread`` of ``middle``, 0 to 1."""
    plane = plane[::4]  # every fourth row tells as much
    inside = cv2.inRange(plane, float(np.floor(middle - spread)), float(np.ceil(middle + spread)))
    return float(cv2.countNonZero(inside)) / plane.size
