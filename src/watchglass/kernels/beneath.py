"""Noise beneath a programme: how loud white noise can be, at most, that lies under all that is heard.

Noise is in every window and in every band. So what is quietest of a while, over all windows and bands, bounds it, and
programme that goes up and down in between does not matter.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

HOP, WINDOWS = 0.05, 5
"""Seconds of a hop, and the windows of 10 ms in it."""
BANDS = (1_000.0, 1_800.0, 3_200.0, 5_600.0, 10_000.0)
"""Hz: edges of the bands. Below, every programme has something; above, many a codec has nothing."""
TOP = 0.45
"""Share of the sample rate above which there is nothing left of any sound."""
LEAST_RATE = 4_000
"""Samples a second below which there is no band."""
LOWEST = 1e-20
FAINTEST, USUAL = 0.02, 0.25
"""Shares of the windows that are below the quietest that counts, and below what noise is hardly ever far above."""
BELOW, HERTZ = 2.5, 4_400.0
"""dB by which the quietest windows of white noise are below its RMS in a band so wide; in narrower ones they differ by
more, with the root of it."""


class Floor(NamedTuple):
    """What lies beneath a while."""

    level: float
    """dBFS RMS of the loudest white noise that may be under it."""
    uneven: float
    """dB by which the bands differ: 2 or so for white noise."""
    grain: float
    """dB by which the windows of a band differ: 1.3 or so for steady noise, more for claps and drops."""


def loudness(samples: F32, hops: int = 1) -> F32:
    """RMS of all channels in each window: (windows,) dBFS, of (channels, n) samples that are so many hops."""
    count = hops * WINDOWS
    size = samples.shape[1] // count
    windows = samples[:, : size * count].reshape(len(samples), count, size)
    power = np.einsum("cws,cws->w", windows, windows) / np.float32(len(samples) * size)
    found: F32 = 10.0 * np.log10(power + np.float32(LOWEST))
    return found


def levels(samples: F32, rate: int, hops: int = 1) -> F32:
    """What there is in each window and band, as the level of white noise with so much in it.

    Args:
        samples: (channels, n), hops of ``HOP`` seconds one after the other; all channels are added.
        rate: Samples a second, at least ``LEAST_RATE``.
        hops: How many.

    Returns:
        (windows, bands) dBFS RMS.
    """
    count = hops * WINDOWS
    size = samples.shape[1] // count
    middle = np.einsum("cn->n", samples[:, : size * count])
    window, sums = _bands(size, rate, len(samples))
    spectra = np.fft.rfft(middle.reshape(count, size) * window)
    power = (np.square(spectra.real) + np.square(spectra.imag)) @ sums
    found: F32 = 10.0 * np.log10(power + np.float32(LOWEST))
    return found


def floor(windows: F32, rate: int) -> Floor:
    """What lies beneath some hops, (windows, bands); one of the hops may be lower."""
    lowest = np.partition(windows.reshape(-1, WINDOWS, windows.shape[1]).min(axis=1), 1, axis=0)[1]
    top = np.sort(windows[:, -2:], axis=0)
    narrower = np.sqrt(HERTZ / np.diff(_edges(rate)))
    lowest = lowest + BELOW * narrower
    grain = (top[int(USUAL * len(top))] - top[int(FAINTEST * len(top))]) / narrower[-2:]
    return Floor(float(lowest.min()), float(lowest.max() - lowest.min()), float(grain.min()))


def _edges(rate: int) -> list[float]:
    return [edge for edge in BANDS if edge <= TOP * rate]


@lru_cache(maxsize=8)
def _bands(size: int, rate: int, channels: int) -> tuple[F32, F32]:
    """A window, and (bins, bands): what makes of the power spectrum of a sum the noise with as much in each band."""
    window = np.hanning(size + 1)[:-1]
    hertz = np.arange(size // 2 + 1) * rate / size
    edges = _edges(rate)
    inside = [(hertz >= low) & (hertz < high) for low, high in pairwise(edges)]
    sums = np.array([each / max(each.sum(), 1) / np.square(window).sum() for each in inside]) / channels**2
    return window.astype(np.float32), sums.T.astype(np.float32)
