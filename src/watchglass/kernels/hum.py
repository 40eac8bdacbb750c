"""The lines of mains in sound: whether they are there, and how strong."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Lines = NDArray[np.complex64]
"""(2, ``HARMONICS``): complex amplitudes of 50 Hz, of 60 Hz, and of their multiples."""

MAINS = (50, 60)
"""Hz."""
HARMONICS = 8
HOP = 0.2
"""Seconds: a whole number of periods of either mains, so that a line has the same phase in every hop."""
THINNED = 2_000
"""Samples a second, about, that are enough for the highest line."""
DRIFTS = np.array([-0.1, -0.05, 0.0, 0.05, 0.1])
"""Hz by which mains may be off (ENTSO-E keeps 50 Hz within 0.05 Hz nearly always)."""
FAINTEST = 1.3e-6
"""Mean square of the amplitude of a line (-62 dBFS RMS) below which nobody hears it: it is no evidence of anything."""
CLEAR = 0.4
"""Share of a line's power that must be steady for the line to count as hum in the level."""
MOST = 1.0
"""Evidence that one line gives at most: a held note is one line, hum is several."""


PART = 6.0
"""How many times weaker than the mean a hop of hum may be: programme seldom takes all of it away, and not twice."""


class Hum(NamedTuple):
    """What some hops have in common."""

    evidence: float
    """How steady the lines are, in powers of ten: the share of each line's power that is *not* steady, multiplied."""
    level: float
    """RMS of what is steady, dBFS; -200 for nothing."""


def lines(samples: F32, rate: int, hops: int = 1) -> NDArray[np.complex64]:
    """The lines in each hop, of the mean of all channels.

    Args:
        samples: (channels, n), hops of ``HOP`` seconds one after the other.
        rate: Samples a second.
        hops: How many.

    Returns:
        (hops, 2, ``HARMONICS``) peak amplitudes, 1.0 is full scale; 0 for lines above the band.
    """
    size = samples.shape[1] // hops
    step = max(1, rate // THINNED)
    cut = samples.reshape(len(samples), hops, size)[..., : size // step * step].reshape(len(samples), hops, -1, step)
    mean = np.full(step, 1.0 / step / len(samples), np.float32)
    thin = (cut @ mean).sum(axis=0)  # faster than a mean over so short an axis
    found: NDArray[np.complex64] = np.tensordot(thin, _waves(thin.shape[1], step / rate), 1)
    return found


@lru_cache(maxsize=8)
def _waves(n: int, seconds: float) -> NDArray[np.complex64]:
    """What picks each line from ``n`` samples that are so many seconds apart: (n, 2, ``HARMONICS``)."""
    hertz = np.outer(MAINS, np.arange(1, HARMONICS + 1))
    window = np.hanning(n + 1)[:-1]
    waves = np.exp(-2j * np.pi * hertz * (np.arange(n) * seconds)[:, None, None])
    waves *= (hertz < 0.45 / seconds) * (2.0 / window.sum()) * window[:, None, None]
    return np.asarray(waves, np.complex64)


@lru_cache(maxsize=8)
def _turned_back(hops: int) -> NDArray[np.complex64]:
    """What undoes each drift: (drifts, hops, ``HARMONICS``)."""
    turns = DRIFTS[:, None, None] * HOP * np.arange(hops)[:, None] * np.arange(1, HARMONICS + 1)
    return np.asarray(np.exp(-2j * np.pi * turns), np.complex64)


def steadiness(recent: NDArray[np.complex64]) -> list[Hum]:
    """How steady the lines of each mains were over the last hops: (hops, 2, ``HARMONICS``) in, two out.

    A line of mains has one amplitude and one phase; programme at its frequency has a new phase in every hop. Of noise
    1 / hops of the power is steady by chance. Drums of a machine have one phase too, if they strike in step with the
    hops (120 or 150 beats a minute), but pauses between.
    """
    back = _turned_back(len(recent))
    power = np.square(np.abs(recent)).mean(axis=0)
    found = []
    for number in range(len(MAINS)):
        of_lines = np.maximum(power[number], 1e-14)
        alike = recent[:, number] * back  # (drifts, hops, harmonics)
        mean = alike.mean(axis=1)
        best = int(_evidence(np.square(np.abs(mean)) / of_lines, power[number]).sum(axis=1).argmax())
        steady = np.square(_held(alike[best], mean[best]))
        evidence = _evidence(steady / of_lines, power[number]).sum()
        lasting = steady[steady > CLEAR * power[number]].sum() / 2.0
        found.append(Hum(float(evidence), 10.0 * float(np.log10(max(lasting, 1e-20)))))
    return found


def _evidence(share: NDArray[np.float32], power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each line, for the share of its power that is steady."""
    told: NDArray[np.float32] = np.minimum(-np.log10(np.maximum(1.0 - share, 1e-3)), MOST)
    told[..., power < FAINTEST] = 0.0
    return told


def _held(alike: NDArray[np.complex64], mean: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Amplitude that hops (of ``alike``, (hops, harmonics)) have in common: their ``mean``, unless some are silent."""
    weak: NDArray[np.float32] = np.sort(np.abs(alike), axis=0)[1]
    common: NDArray[np.float32] = np.minimum(np.abs(mean), PART * weak)
    return common
