"""What is counted on pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_ROWS, TILE_COLUMNS = 9, 16
"""Tiles are fractions of the picture: 9 x 16 of them, whatever its size."""

cv2.setNumThreads(1)


def small(plane: NDArray[np.uint8] | NDArray[np.uint16], bit_depth: int = 8, width: int = 640) -> NDArray[np.uint8]:
    """Halve a plane exactly until it is at most ``width`` wide, as 8-bit code values.

    Args:
        plane: (H, W) uint8 or uint16.
        bit_depth: Significant bits of a code value.
        width: The widest that the result may be, in pixels.

    Returns:
        (h, w) uint8; the plane itself where there was nothing to do.
    """
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
    if plane.shape == (height * rows, width * columns):  # equal tiles: sums of rows are half the price
        bands = [
            cv2.reduce(plane[top : top + height], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
            for top in range(0, plane.shape[0], height)
        ]
        sums: NDArray[np.float32] = np.concatenate(bands).reshape(rows, columns, width).sum(axis=2)
        return sums / np.float32(height * width)
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
