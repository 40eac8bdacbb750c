"""What is counted on pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_ROWS, TILE_COLUMNS = 9, 16
"""Tiles are fractions of the picture: 9 x 16 of them, whatever its size."""

cv2.setNumThreads(1)


def small(plane: NDArray[np.uint8] | NDArray[np.uint16], bit_depth: int = 8, width: int = 640) -> NDArray[np.uint8]:
    """Halve a plane until it is at most ``width`` wide, as 8-bit code values.

    Each value is a mean of pixels. Where two halvings or more are due, the first two read every other row only:
    reading a full-size picture from memory costs more than the arithmetic, and the rows of one field suffice.

    Args:
        plane: (H, W) uint8 or uint16.
        bit_depth: Significant bits of a code value.
        width: The widest that the result may be, in pixels.

    Returns:
        (h, w) uint8; the plane itself where there was nothing to do.
    """
    if plane.shape[1] > 2 * width and plane.shape[0] >= 4:
        height, wide = plane.shape[0] // 4, plane.shape[1] // 4
        rows = plane[: 4 * height : 2, : 4 * wide]
        half = cv2.resize(rows, (2 * wide, height), interpolation=cv2.INTER_AREA)
        plane = cv2.resize(half, (wide, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    while plane.shape[1] > width and plane.shape[0] >= 2:
        height, wide = plane.shape[0] & ~1, plane.shape[1] & ~1
        plane = cv2.resize(plane[:height, :wide], (wide // 2, height // 2), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if plane.dtype == np.uint8:
        return plane  # type: ignore[return-value]
    return cv2.convertScaleAbs(plane, alpha=1.0 / (1 << (bit_depth - 8)))  # type: ignore[return-value]


def tile_change(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute difference of two pictures by tile, in code values: (rows, columns) float32."""
    return tile_mean(cv2.absdiff(now, before))  # type: ignore[arg-type]


def tile_mean(plane: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean of a plane by tile: (rows, columns) float32, fewer tiles where the picture is tiny."""
    rows, columns = min(TILE_ROWS, plane.shape[0]), min(TILE_COLUMNS, plane.shape[1])
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    if plane.shape == (height * rows, width * columns):  # equal tiles: sums of rows are a third of the price
        bands = np.empty((rows, plane.shape[1]), np.float32)
        for row in range(rows):
            cv2.reduce(plane[row * height : (row + 1) * height], 0, cv2.REDUCE_SUM, bands[row : row + 1], cv2.CV_32F)
        sums = cv2.reduce(bands.reshape(rows * columns, width), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
        return sums.reshape(rows, columns) / np.float32(height * width)
    return cv2.resize(plane.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def share_at_or_below(plane: NDArray[np.uint8], ceiling: float) -> float:
    """Share of pixels whose code value is at or below ``ceiling``, 0 to 1."""
    above = cv2.threshold(plane, int(ceiling), 1, cv2.THRESH_BINARY)[1]
    return 1.0 - cv2.countNonZero(above) / plane.size


def mean_and_spread(plane: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean and standard deviation, in code values."""
    mean, spread = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(spread[0, 0])


def share_within(plane: NDArray[np.uint8], middle: float, spread: float) -> float:
    """Share of pixels whose code value is within ``spread`` of ``middle``, 0 to 1."""
    plane = plane[::4]  # every fourth row tells as much
    inside = cv2.inRange(plane, float(np.floor(middle - spread)), float(np.ceil(middle + spread)))
    return float(cv2.countNonZero(inside)) / plane.size
