"""Peaks between the samples."""

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

TAPS = 24
"""Samples that each interpolated value is made of (ITU-R BS.1770-5 annex 2 uses 12)."""
_AHEAD = TAPS // 2


def _interpolator(factor: int) -> F32:
    """Fractional delays, each a windowed sinc of unit gain at 0 Hz: (factor - 1, TAPS)."""
    phases = []
    for phase in range(1, factor):
        distance = np.arange(TAPS) - (_AHEAD - 1) - phase / factor
        window = np.i0(6.5 * np.sqrt(np.maximum(0.0, 1.0 - (distance / _AHEAD) ** 2)))
        taps = np.sinc(distance) * window
        phases.append(taps / taps.sum())
    return np.array(phases, np.float32).reshape(factor - 1, TAPS)


_INTERPOLATORS = {factor: _interpolator(factor) for factor in (1, 2, 4)}
_BOUND = max(float(np.abs(taps).sum()) for taps in _INTERPOLATORS[4])
"""By how much an interpolated value can exceed the largest sample around it, at the very most."""


def true_peak(samples: F32, before: F32, rate: int) -> float:
    """Largest absolute value after oversampling to at least 192 kHz (four times for 48 kHz).

    A channel whose samples, times the most that the interpolator can add, stay below the largest sample of all
    is not oversampled: it cannot hold the true peak, so the result is the same.

    Args:
        samples: (channels, n) float32.
        before: (channels, ``TAPS - 1``) float32: the samples that came before.
        rate: Samples a second.

    Returns:
        Amplitude, 1.0 being full scale. The last ``TAPS / 2`` samples count with the next call.
    """
    joined = np.concatenate([before, samples], axis=1)
    reach = np.maximum(joined.max(axis=1), -joined.min(axis=1))
    own = joined[:, _AHEAD - 1 : -_AHEAD]
    highest = max(float(own.max()), -float(own.min()))
    if highest == 0.0:
        return 0.0
    rivals = joined[reach * _BOUND > highest]
    factor = 4 if rate < 96_000 else 2 if rate < 192_000 else 1
    for taps in _INTERPOLATORS[factor]:
        between = cv2.filter2D(rivals, cv2.CV_32F, taps[None, :], anchor=(0, 0), borderType=cv2.BORDER_ISOLATED)
        inside = between[:, : own.shape[1]]
        highest = max(highest, float(inside.max()), -float(inside.min()))
    return highest
