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


def true_peak(samples: F32, before: F32, rate: int, frames: int = 1) -> list[float]:
    """Largest absolute value of each frame after oversampling to at least 192 kHz (four times for 48 kHz).

    A channel whose samples, times the most that the interpolator can add, stay below the largest sample of each
    frame is not oversampled: it cannot hold a true peak, so the result is the same.

    Args:
        samples: (channels, n) float32, frames of equal length, one after the other.
        before: (channels, ``TAPS - 1``) float32: the samples that came before.
        rate: Samples a second.
        frames: How many they are.

    Returns:
        Amplitudes, 1.0 being full scale. The last ``TAPS / 2`` samples of all count with the next call.
    """
    joined = np.concatenate([before, samples], axis=1)
    own = _peaks(joined[:, _AHEAD - 1 : -_AHEAD], frames)
    highest = own.max(axis=0)
    # What is interpolated in a frame may reach into the next one, and into what lies outside of all.
    around = np.hstack([_peaks(joined[:, : _AHEAD - 1], 1), own, _peaks(joined[:, -_AHEAD:], 1)])
    reach = np.maximum(np.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
    rivals = joined[(reach * _BOUND > highest).any(axis=1)]
    factor = 4 if rate < 96_000 else 2 if rate < 192_000 else 1
    if len(rivals):
        for taps in _INTERPOLATORS[factor]:
            between = cv2.filter2D(rivals, cv2.CV_32F, taps[None, :], anchor=(0, 0), borderType=cv2.BORDER_ISOLATED)
            highest = np.maximum(highest, _peaks(between[:, : samples.shape[1]], frames).max(axis=0))
    return highest.tolist()  # type: ignore[no-any-return]


def _peaks(signals: F32, frames: int) -> F32:
    """Largest absolute value by channel and frame: (channels, frames)."""
    cut = signals.reshape(len(signals), frames, -1)
    peaks: F32 = np.maximum(cut.max(axis=2), -cut.min(axis=2))
    return peaks
