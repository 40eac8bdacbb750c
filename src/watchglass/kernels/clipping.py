"""What an overload leaves in the samples."""

from math import log10
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
TOP = 0.005
"""Share of samples that may lie above the top of a wave: what a lossy codec lets overshoot."""
SHOULDER = 0.03
"""Share of samples that lie above the shoulder of a wave."""
LEDGES = 0.45 * (1.02 / 0.45) ** (np.arange(24) / 23.0)
"""Parts of the top's height where a wave may have been cut: a codec's ripple goes far beyond that."""
ON_LEDGE, UNDER_LEDGE = (0.93, 1.07), (0.63, 0.77)
"""Parts of a ledge's height between which samples lie on it, and as wide a band beneath for comparison."""
CHANCE = 0.004
"""Share of samples that is added to both bands: of fewer no multiple says much."""
_EDGES = np.outer([*ON_LEDGE, *UNDER_LEDGE], LEDGES).astype(np.float32)
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
    ledge: float
    """Height at which samples crowd most, dBFS: the ceiling of a wave that was cut."""
    crowding: float
    """How many times more samples lie on the ledge than in a band as wide a third below it."""
    spread: float
    """How much the heights of the tops differ, dB (standard deviation): nothing for a steady tone."""
    squareness: float
    """How steep and how wide the tops are: 4 for any sine, less for peaks, more for a wave that was cut."""


NOTHING = Overload(0.0, 0.0, -200.0, 20.0, -200.0, 1.0, 0.0, 0.0)


def overload(samples: F32, frames: int = 1) -> list[Overload]:
    """Look for flat tops and for a squashed waveform.

    Args:
        samples: (channels, n) float32, frames of about 100 ms, one after the other.
        frames: How many they are; they are of equal length.

    Returns:
        What each frame shows. Several at once take a fraction of the time that each takes alone.
    """
    cut = samples.reshape(len(samples), frames, -1)
    tops, bottoms = cut.max(axis=2), -cut.min(axis=2)
    peaks = np.maximum(tops, bottoms)
    signals = cut[peaks.argmax(axis=0), np.arange(frames)]
    sizes = np.abs(signals)
    ordered = np.sort(sizes, axis=1)  # faster than a partition at two places
    shoulders, heights = _exceeded(ordered, SHOULDER), _exceeded(ordered, TOP)
    square, spread = shapes(signals, heights)
    found = []
    for i, size in enumerate(sizes):
        top, shoulder, highest = float(heights[i]), float(shoulders[i]), float(peaks[:, i].max())
        if highest < 1e-4 or shoulder < 1e-5:  # nothing, or a click in silence
            found.append(NOTHING)
            continue
        ledge, crowding = _ledge(ordered[i], top)
        flat = (
            _flat_share(cut[c, i], float(tops[c, i]), float(bottoms[c, i]))
            for c in range(len(cut))
            if peaks[c, i] >= FAINT
        )
        found.append(
            Overload(
                max(flat, default=0.0),
                np.count_nonzero(size > BEYOND) / size.size if highest > BEYOND else 0.0,
                20.0 * log10(top),
                20.0 * log10(top / shoulder),
                20.0 * log10(ledge),
                crowding,
                float(spread[i]),
                float(square[i]),
            )
        )
    return found


def _exceeded(ordered: F32, share: float) -> F32:
    """What so many of the samples of each row exceed."""
    n = ordered.shape[1]
    return ordered[:, n - max(1, round(share * n))]


def _ledge(ordered: F32, top: float) -> tuple[float, float]:
    """Where samples crowd most, and how much."""
    below = ordered.searchsorted((_EDGES * np.float32(top)).ravel()).reshape(_EDGES.shape)
    on, under = below[1] - below[0], below[3] - below[2]
    some = CHANCE * ordered.size
    crowding = (on + some) / (under + some)
    best = int(crowding.argmax())
    return float(LEDGES[best]) * top, float(crowding[best])


def shapes(signals: F32, tops: F32) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How square the tops are, and how much their heights differ.

    Squareness is the slope of the rise to the tops, times their width, over their height; by width, 0 without tops.
    A parabola of any curvature has 4: what is narrow is steep. A wave that was cut is steep *and* wide, and stays so
    when a lossy codec ripples its flat tops.

    Args:
        signals: (k, n) float32.
        tops: (k,): height of the tops of each.

    Returns:
        Squareness and spread (dB), each (k,) float64.
    """
    frames, n = signals.shape
    period = 2 * n + 2
    # Both polarities of each signal, its tops at 1, one after the other, between zeros.
    wave = np.zeros(frames * period + 1, np.float32)
    halves = wave[:-1].reshape(frames, 2, n + 1)
    np.divide(signals, np.maximum(tops, 1e-9)[:, None], out=halves[:, 0, 1:])
    np.negative(halves[:, 0, 1:], out=halves[:, 1, 1:])
    feet, heels = _crossed(wave, FOOT), _crossed(wave, HEEL)
    if not feet.size:
        return np.zeros(frames), np.zeros(frames)
    starts, ends = feet[::2], feet[1::2]
    after = heels.searchsorted(ends)
    # One top for each time above the heel, even if it ripples below its foot.
    last = np.flatnonzero(after[1:] != after[:-1])
    first, last = np.append(0, last + 1), np.append(last, after.size - 1)
    left, right = heels[after[last] - 1], heels[after[last]]
    whole = (left % (n + 1) != 0) & (right % (n + 1) != n)  # neither begun before the frame nor going on after it
    at = np.stack([left, starts[first], ends[last], right])[:, whole]
    level = np.array([[HEEL], [FOOT], [FOOT], [HEEL]], np.float32)
    crossing = at + (level - wave[at]) / (wave[at + 1] - wave[at])
    rise, width, fall = crossing[1:] - crossing[:-1]
    height = 20.0 * np.log10(np.maximum.reduceat(wave, at[1:3].T.ravel() + 1)[::2]) if at.size else rise
    frame = at[0] // period
    total = np.bincount(frame, width, frames)
    share = width / total[frame]
    slope = width / np.maximum(np.sqrt(rise * fall), 0.05)
    square = (FOOT - HEEL) / (1.0 - FOOT) * np.bincount(frame, share * slope, frames)
    mean = np.bincount(frame, share * height, frames)
    spread: NDArray[np.float64] = np.sqrt(np.bincount(frame, share * (height - mean[frame]) ** 2, frames))
    return np.asarray(square, np.float64), spread


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
