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


TOP = 0.005
"""Share of samples that may lie above the top of a wave: what a lossy codec lets overshoot."""
SHOULDER = 0.03
"""Share of samples that lie above the shoulder of a wave."""
FOOT = 0.6
"""Part of the top's height from which on up a wave belongs to its top."""


class Overload(NamedTuple):
    """Signs of overload in a run of samples, of the channel that shows most of them."""

    flat_share: float
    """Share of samples in flat tops, on the polarity that has fewer of them, doubled."""
    top: float
    """What 0.5 % of the samples exceed, dBFS."""
    tail: float
    """The top over what 3 % of the samples exceed, dB."""
    squareness: float
    """How steep and how wide the tops are: 4 for any sine, less for peaks, more for a wave that was cut."""


NOTHING = Overload(0.0, -200.0, 20.0, 0.0)


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
    signal = samples[int(peaks.argmax())]
    shoulder, top = _quantiles(signal)
    if shoulder < 1e-5:  # a click in silence
        return NOTHING
    return Overload(
        max((_flat_share(samples[i], tops[i], bottoms[i]) for i in np.flatnonzero(peaks >= FAINT)), default=0.0),
        20.0 * float(np.log10(top)),
        20.0 * float(np.log10(top / shoulder)),
        squareness(signal, top),
    )


def _quantiles(signal: F32) -> tuple[float, float]:
    """Height of the shoulder and of the top."""
    shoulder, top = (signal.size - max(1, round(share * signal.size)) for share in (SHOULDER, TOP))
    ordered = np.partition(np.abs(signal), (shoulder, top))
    return float(ordered[shoulder]), float(ordered[top])


def squareness(signal: F32, top: float) -> float:
    """Slope where the wave enters its tops, times their width, over their height; by width, 0 where there are none.

    A parabola of any curvature has 4: what is narrow is steep. A wave that was cut is steep *and* wide, and stays so
    when a lossy codec ripples its flat tops.

    Args:
        signal: (n,) float32.
        top: Height of the tops, above 0.
    """
    foot = FOOT * top
    total = weight = 0.0
    for wave in (signal, -signal):
        edges = np.flatnonzero(np.diff(wave > foot))
        if wave[0] > foot:
            edges = edges[1:]
        edges = edges[: edges.size // 2 * 2]
        if not edges.size:
            continue
        step = wave[edges + 1] - wave[edges]
        crossing = edges + (foot - wave[edges]) / step
        width = crossing[1::2] - crossing[::2]
        slope = np.sqrt(-step[::2] * step[1::2])
        total += float((slope * width) @ width)
        weight += float(width.sum())
    return total / (weight * (top - foot)) if weight else 0.0


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
