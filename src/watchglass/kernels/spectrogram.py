"""A picture of sound: level by time and frequency."""

from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 480, 112
"""Pixels."""
LOWEST = 30.0
"""Hz: below that there is hardly a programme."""
FLOOR, TOP = -110.0, -20.0
"""dBFS of a sine that is drawn in the darkest and in the brightest colour."""
_FRAME = 0.085
"""Seconds behind one column, about: long enough to tell 50 Hz from 60 Hz by the lines of their harmonics."""


class Drawn(NamedTuple):
    """A JPEG, and what its vertical scale stands for."""

    jpeg: bytes
    width: int
    height: int
    highest: float
    """Frequency at the upper edge, in Hz; the lower edge is ``LOWEST``, the scale is logarithmic."""


def draw(samples: NDArray[np.float32], rate: int) -> Drawn:
    """Draw the spectrogram of (n,) samples; short stretches are padded with silence at their edges."""
    size = 1 << max(6, round(np.log2(rate * _FRAME)))
    step = max(1, len(samples) // WIDTH)
    columns = len(samples) // step
    padded = np.pad(samples, size // 2)
    window = np.hanning(size).astype(np.float32)
    level = np.empty((size // 2 + 1, columns), np.float32)
    for column in range(columns):  # one at a time: all together would be a hundred megabytes
        frame = padded[column * step : column * step + size]
        level[:, column] = np.abs(np.fft.rfft(frame * window))
    np.maximum(level * (2.0 / window.sum()), 1e-10, out=level)
    highest = min(20_000.0, rate / 2)
    shown = (20.0 * np.log10(_rows(level, rate / size, highest)) - FLOOR) / (TOP - FLOOR)
    grey = np.rint(np.clip(shown, 0.0, 1.0)[::-1] * 255.0).astype(np.uint8)
    pixels = cv2.applyColorMap(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), cv2.COLORMAP_INFERNO)
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 75])
    assert done  # OpenCV refuses empty pictures only
    return Drawn(data.tobytes(), WIDTH, HEIGHT, highest)


def _rows(level: NDArray[np.float32], width: float, highest: float) -> NDArray[np.float32]:
    """From bins of equal width (Hz) to rows of equal ratio; where a row holds several bins, the strongest."""
    edges = np.geomspace(LOWEST, highest, HEIGHT + 1) / width
    rows = np.empty((HEIGHT, level.shape[1]), np.float32)
    for row, (low, high) in enumerate(pairwise(edges)):
        first, behind = int(np.ceil(low)), int(np.floor(high)) + 1
        if behind > first:
            rows[row] = level[first : min(behind, len(level))].max(axis=0) if first < len(level) else 1e-10
        else:  # lies between two bins
            below = min(int(low), len(level) - 2)
            part = (low + high) / 2 - below
            rows[row] = level[below] * (1.0 - part) + level[below + 1] * part
    return rows
