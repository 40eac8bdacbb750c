"""What an overload leaves in the samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

FAINT = 0.05
"""Peak (full scale is 1) below which the steps of 16-bit sound look like flat tops."""
LEVEL_WITH = 3e-4
"""Part of the peak within which samples are equally high: the dither of 16-bit sound, and no codec's ripple."""
CORNER = 2e-3
"""Part of the peak by which the curve must fall at one end of a flat top: the round top of a bass note does not."""
RUN = 3
"""Samples of equal height that make a flat top."""


class Overload(NamedTuple):
    """Signs of overload in a run of samples, of the channel that shows most of them."""

    flat_share: float
    """Share of samples in flat tops, on the polarity that has fewer of them, doubled."""
    crest: float
    """Peak over RMS, dB."""
    level: float
    """RMS, dBFS."""
    roughness: float
    """Power that no single tone explains over the power, dB: corners and high frequencies."""


NOTHING = Overload(0.0, 60.0, -200.0, -120.0)


def overload(samples: F32) -> Overload:
    """Look for flat tops and for a squashed waveform.

    Args:
        samples: (channels, n) float32, about 100 ms.
    """
    tops, bottoms = samples.max(axis=1), -samples.min(axis=1)
    peaks = np.maximum(tops, bottoms)
    highest = float(peaks.max())
    if highest < 1e-4:
        return NOTHING
    loudest = int(peaks.argmax())
    signal = samples[loudest]
    power = float(signal @ signal) / signal.size
    # A tone obeys x[n-1] + x[n+1] = c x[n]: what is left of it after the best c is rough.
    middle, around = signal[1:-1], signal[2:] + signal[:-2]
    rough = around - middle * (float(around @ middle) / max(float(middle @ middle), 1e-20))
    return Overload(
        max((_flat_share(samples[i], tops[i], bottoms[i]) for i in np.flatnonzero(peaks >= FAINT)), default=0.0),
        10.0 * float(np.log10(highest * highest / power)),
        10.0 * float(np.log10(power)),
        10.0 * float(np.log10(max(float(rough @ rough) / signal.size / power, 1e-12))),
    )


def _flat_share(signal: F32, top: float, bottom: float) -> float:
    """Share of samples in flat tops on both polarities; 0 where the whole curve is made of steps."""
    high = signal >= top * (1.0 - LEVEL_WITH)
    if np.count_nonzero(high) < RUN:  # nearly always: a curve that was not cut has one highest sample
        return 0.0
    low = signal <= -bottom * (1.0 - LEVEL_WITH)
    if np.count_nonzero(low) < RUN:
        return 0.0
    flat = 2 * min(_in_runs(high, signal, top), _in_runs(low, -signal, bottom))
    if flat and not _is_stepped(signal, max(top, bottom)):
        return flat / signal.size
    return 0.0


def _in_runs(mask: NDArray[np.bool_], signal: F32, top: float) -> int:
    """Samples in runs of ``RUN`` and more that end in a corner."""
    edges = np.flatnonzero(np.diff(mask.view(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    whole = (ends - starts >= RUN) & (starts > 0) & (ends < signal.size)
    starts, ends = starts[whole], ends[whole]
    corner = np.minimum(signal[starts - 1], signal[ends]) < top * (1.0 - CORNER)
    return int((ends - starts)[corner].sum())


def _is_stepped(signal: F32, peak: float) -> bool:
    """True for square waves and sound of few bits: flat everywhere, or nothing between the tops."""
    size = np.abs(signal[1:])
    between = (size > 0.3 * peak) & (size < 0.95 * peak)
    count = int(np.count_nonzero(between))
    still = np.abs(np.diff(signal)) <= LEVEL_WITH * peak
    return count < 0.02 * signal.size or int(np.count_nonzero(between & still)) > 0.3 * count
