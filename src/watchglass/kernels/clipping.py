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

BEYOND = 1.003
"""From which size on a sample is beyond full scale: a codec that rounds lets a tone of full scale reach 1.0003."""
CREST = 0.002
"""Share of samples that may lie above the crest, from which on down samples crowd where a wave was cut."""
TOP = 0.005
"""Share of samples that may lie above the top of a wave: what a lossy codec lets overshoot."""
SHOULDER = 0.03
"""Share of samples that lie above the shoulder of a wave."""
FOOT = 0.6
"""Part of the top's height from which on up a wave belongs to its top."""
HEEL = 0.3
"""Part of the top's height where it begins to rise to its foot: far enough below that no hiss on it matters."""


class Overload(NamedTuple):
    """Signs of overload in a run of samples, of the channel that shows most of them."""

    flat_share: float
    """Share of samples in flat tops, on the polarity that has fewer of them, doubled."""
    over_share: float
    """Share of samples beyond full scale: a lossy codec's ripple on tops that were cut there."""
    top: float
    """What 0.5 % of the samples exceed, dBFS."""
    tail: float
    """The top over what 3 % of the samples exceed, dB."""
    crowding: float
    """How many times more samples lie within a tenth of the crest than in the tenth below."""
    squareness: float
    """How steep and how wide the tops are: 4 for any sine, less for peaks, more for a wave that was cut."""


NOTHING = Overload(0.0, 0.0, -200.0, 20.0, 1.0, 0.0)


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
    size = np.abs(signal)
    shoulder, top, crest = _quantiles(size)
    if shoulder < 1e-5:  # a click in silence
        return NOTHING
    upper = int(np.count_nonzero(size > 0.9 * crest))
    lower = int(np.count_nonzero(size > 0.8 * crest)) - upper
    return Overload(
        max((_flat_share(samples[i], tops[i], bottoms[i]) for i in np.flatnonzero(peaks >= FAINT)), default=0.0),
        int(np.count_nonzero(size > BEYOND)) / size.size if highest > BEYOND else 0.0,
        20.0 * float(np.log10(top)),
        20.0 * float(np.log10(top / shoulder)),
        (upper + 1) / (lower + 1),
        squareness(signal, top),
    )


def _quantiles(size: F32) -> list[float]:
    """Height of the shoulder, of the top and of the crest."""
    places = [size.size - max(1, round(share * size.size)) for share in (SHOULDER, TOP, CREST)]
    ordered = np.partition(size, places)
    return [float(ordered[place]) for place in places]


def squareness(signal: F32, top: float) -> float:
    """Slope of the rise to the tops, times their width, over their height; by width, 0 where there are none.

    A parabola of any curvature has 4: what is narrow is steep. A wave that was cut is steep *and* wide, and stays so
    when a lossy codec ripples its flat tops.

    Args:
        signal: (n,) float32.
        top: Height of the tops, above 0.
    """
    n = signal.size
    wave = np.zeros(2 * n + 3, np.float32)  # both polarities, one after the other, between zeros
    wave[1 : n + 1] = signal
    np.negative(signal, out=wave[n + 2 : -1])
    feet, heels = _crossed(wave, FOOT * top), _crossed(wave, HEEL * top)
    starts, ends = feet[::2], feet[1::2]
    after = heels.searchsorted(ends)
    # One top for each time above the heel, even if it ripples below its foot.
    last = np.flatnonzero(after[1:] != after[:-1])
    first, last = np.append(0, last + 1), np.append(last, after.size - 1)
    if not after.size:
        return 0.0
    left_heels, right_heels = heels[after[last] - 1], heels[after[last]]
    whole = (left_heels > 0) & (left_heels != n + 1) & (right_heels != n) & (right_heels <= 2 * n)
    at = np.stack([left_heels, starts[first], ends[last], right_heels])[:, whole]
    level = np.array([[HEEL], [FOOT], [FOOT], [HEEL]], np.float32) * np.float32(top)
    crossing = at + (level - wave[at]) / (wave[at + 1] - wave[at])
    rise, width, fall = crossing[1:] - crossing[:-1]
    total = float(width.sum())
    if not total:
        return 0.0
    return (FOOT - HEEL) / (1.0 - FOOT) * float((width * width / np.maximum(np.sqrt(rise * fall), 0.05)).sum()) / total


def _crossed(wave: F32, level: float) -> NDArray[np.intp]:
    """Samples behind which the curve crosses a level."""
    above = wave > level
    return np.flatnonzero(above[1:] != above[:-1])


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
