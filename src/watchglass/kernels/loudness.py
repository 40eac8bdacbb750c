"""Loudness as ITU-R BS.1770-5 and EBU R 128 count it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.recursive import Recursive

F64 = NDArray[np.float64]

HOPS_PER_SECOND = 100
"""Momentary loudness moves on by 10 ms: EBU Tech 3341 case 13 shows that 100 ms miss short bursts."""
MOMENTARY_HOPS = 40
SHORT_TERM_HOPS = 300
STRIDE_HOPS = 10
"""Gating blocks, and the values behind the range, follow each other by 100 ms."""
FLOOR = -120.0
"""LUFS told for digital silence."""
ABSOLUTE_GATE = -70.0

_SIDE_GAIN = 10.0**0.15  # +1.5 dB: BS.1770-5 table 4, azimuth of 60 to 120 degrees
_SIDES = frozenset({"SL", "SR", "WL", "WR", "DL", "DR"})
_BACKS = frozenset({"BL", "BR"})
_BASS = frozenset({"LFE", "LFE2"})
_DEFAULT_LAYOUTS = {6: ("FL", "FR", "FC", "LFE", "BL", "BR"), 8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")}


def k_weighting(rate: int) -> F64:
    """The two biquads of K-weighting at any sampling rate: (2, 6).

    BS.1770 prints coefficients for 48 kHz only. These come from the analogue prototypes behind them (a high shelf
    of 4 dB at 1682 Hz and a high pass at 38 Hz), through the bilinear transform, and equal the printed ones there.
    """
    nyquist_safe = 0.45 * rate
    k = np.tan(np.pi * min(1681.974450955533, nyquist_safe) / rate)
    q, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + k / q + k * k
    shelf = [
        (high + band * k / q + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        1.0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    ]
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1.0 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


def channel_weights(layout: Sequence[str], channels: int) -> F64:
    """What each channel counts for: 1, +1.5 dB at the sides, nothing for the bass channel: (channels,).

    ``BL`` and ``BR`` are the surrounds of 5.1 and count as sides; where ``SL`` and ``SR`` exist they are behind
    the listener and count as 1.
    """
    names = tuple(layout) if len(layout) == channels else _DEFAULT_LAYOUTS.get(channels, ("FL",) * channels)
    sides = _SIDES if _SIDES & set(names) else _SIDES | _BACKS
    return np.array([0.0 if name in _BASS else _SIDE_GAIN if name in sides else 1.0 for name in names])


def lufs(power: F64) -> F64:
    """Loudness of weighted mean squares, ``FLOOR`` at least."""
    return np.maximum(-0.691 + 10.0 * np.log10(np.maximum(power, 1e-15)), FLOOR)


class Histogram:
    """Powers by loudness, so that gating a programme of any length takes constant memory.

    Each bin of 0.01 LU keeps the count and the exact sum of the powers in it; only which side of the relative
    gate the one bin falls that the gate cuts through is rounded.
    """

    LOWEST, HIGHEST, BINS_PER_LU = ABSOLUTE_GATE, 30.0, 100

    def __init__(self) -> None:
        bins = round((self.HIGHEST - self.LOWEST) * self.BINS_PER_LU)
        self._counts = np.zeros(bins)
        self._powers = np.zeros(bins)

    def add(self, powers: F64) -> None:
        """Count weighted mean squares; those below the absolute gate of -70 LUFS are left out."""
        for power, loudness in zip(powers.tolist(), lufs(powers).tolist(), strict=True):
            if loudness >= self.LOWEST:
                i = self._bin(loudness)
                self._counts[i] += 1.0
                self._powers[i] += power

    def integrated(self) -> float | None:
        """Programme loudness in LUFS, gated at 10 LU below the ungated; None where nothing passed -70 LUFS."""
        first = self._gate(10.0)
        if first is None:
            return None
        return float(lufs(np.array(self._powers[first:].sum() / self._counts[first:].sum())))

    def loudness_range(self) -> float | None:
        """Range in LU by EBU Tech 3342: the 10th to the 95th percentile above the gate of 20 LU below the mean."""
        first = self._gate(20.0)
        if first is None:
            return None
        total = np.cumsum(self._counts[first:])
        ranks = np.round((total[-1] - 1.0) * np.array([0.10, 0.95]))
        low, high = np.searchsorted(total, ranks, side="right")
        return float(high - low) / self.BINS_PER_LU

    def _gate(self, below: float) -> int | None:
        """The first bin at or above ``below`` LU under the mean."""
        count = self._counts.sum()
        if not count:
            return None
        return self._bin(max(float(lufs(np.array(self._powers.sum() / count))) - below, self.LOWEST))

    def _bin(self, loudness: float) -> int:
        return min(int((loudness - self.LOWEST) * self.BINS_PER_LU), len(self._counts) - 1)


class Loudness(NamedTuple):
    """What a frame added to the meter."""

    momentary: F64
    """LUFS by hop of 10 ms, each over the 400 ms that end with it; NaN until 400 ms were heard."""
    short_term: F64
    """LUFS by hop of 10 ms, each over the 3 s that end with it; NaN until 3 s were heard."""


class Meter:
    """A streaming loudness meter with constant memory.

    Args:
        rate: Samples a second.
        weights: Weight of each channel (see ``channel_weights``).
        heir_of: The meter whose programme goes on in another format.
    """

    def __init__(self, rate: int, weights: F64, heir_of: "Meter | None" = None) -> None:
        self._heard = np.flatnonzero(weights)
        self._all_heard = len(self._heard) == len(weights)
        self._weights = weights[self._heard]
        self._filter = Recursive(k_weighting(rate), len(self._heard))
        self.blocks: Histogram = heir_of.blocks if heir_of else Histogram()
        self.short_terms: Histogram = heir_of.short_terms if heir_of else Histogram()
        self.restart()

    def restart(self) -> None:
        """Forget the last seconds (there was a gap), but not the programme so far."""
        self._filter.state[:] = 0.0
        self._past = np.full(SHORT_TERM_HOPS - 1, np.nan)
        self._hops = 0

    def add(self, frame: NDArray[np.float32], hops: int) -> Loudness:
        """Take the next samples into account.

        Args:
            frame: (channels, n) float32.
            hops: Into how many hops of 10 ms it divides.
        """
        weighted = self._filter(frame if self._all_heard else frame[self._heard])
        powers = self._weights @ _mean_squares(weighted, hops)
        past = np.concatenate([self._past, powers])
        self._past = past[-(SHORT_TERM_HOPS - 1) :]
        momentary = _sliding_mean(past[-(MOMENTARY_HOPS - 1 + hops) :], MOMENTARY_HOPS)
        short_term = _sliding_mean(past, SHORT_TERM_HOPS)
        ends = slice((-self._hops - 1) % STRIDE_HOPS, None, STRIDE_HOPS)
        self._hops += hops
        self.blocks.add(_known(momentary[ends]))
        self.short_terms.add(_known(short_term[ends]))
        return Loudness(lufs(momentary), lufs(short_term))


def _known(values: F64) -> F64:
    return values[~np.isnan(values)]


def _mean_squares(signal: F64, hops: int) -> F64:
    """Mean square by channel and hop: (channels, hops); hops differ by a sample where they do not divide evenly."""
    channels, n = signal.shape
    if n % hops == 0:
        cut = signal.reshape(channels, hops, n // hops)
        result: F64 = np.einsum("chn,chn->ch", cut, cut) / (n // hops)
        return result
    edges = np.round(np.linspace(0, n, hops + 1)).astype(np.intp)
    means: F64 = np.add.reduceat(signal * signal, edges[:-1], axis=1) / np.diff(edges)
    return means


def _sliding_mean(values: F64, width: int) -> F64:
    """Means over each run of ``width`` values; NaN where one of them is not known."""
    unknown = int(np.count_nonzero(np.isnan(values)))  # they come first: before the start nothing is known
    total = np.concatenate([[0.0], np.cumsum(values[unknown:])])
    means = np.full(len(values) - width + 1, np.nan)
    known = max(0, len(total) - width)
    if known:
        means[-known:] = (total[width:] - total[:-width]) / width
    kept: F64 = np.maximum(means, 0.0)  # differences of sums may fall a hair below nothing
    return kept
