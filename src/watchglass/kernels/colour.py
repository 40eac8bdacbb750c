"""What code values stand for: red, green and blue of a matrix, and the light of a transfer function."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matrix = Literal["bt601", "bt709", "bt2020"]

WEIGHTS: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}
"""Share of red and of blue in luma (ITU-R BT.601, BT.709, BT.2020)."""


def usual_matrix(width: int, height: int, transfer: str = "sdr") -> Matrix:
    """The matrix of pictures that tell none: that of the standard that their size is of."""
    if transfer in ("pq", "hlg"):
        return "bt2020"
    return "bt709" if width > 1024 or height > 576 else "bt601"


def to_bgr(matrix: Matrix, full_range: bool) -> NDArray[np.float32]:
    """The (3, 4) matrix from (Y, Cb, Cr, 1) in code values to (B, G, R) in 0..1."""
    red, blue = WEIGHTS[matrix]
    green = 1.0 - red - blue
    y, c, black = (1 / 255, 1 / 255, 0.0) if full_range else (1 / 219, 1 / 224, 16.0)
    from_cb, from_cr = 2 * (1 - blue) * c, 2 * (1 - red) * c
    rows = [
        [y, from_cb, 0.0],
        [y, -from_cb * blue / green, -from_cr * red / green],
        [y, 0.0, from_cr],
    ]
    return np.array([[*row, -(row[0] * black + (row[1] + row[2]) * 128.0)] for row in rows], dtype=np.float32)


def nits(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """SMPTE ST 2084: cd/m2 of a signal of 0 to 1."""
    root = np.clip(signal, 0.0, 1.0) ** (1 / 78.84375)
    shown: NDArray[np.float32] = 10_000.0 * (np.maximum(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)) ** (
        1 / 0.1593017578125
    )
    return shown
