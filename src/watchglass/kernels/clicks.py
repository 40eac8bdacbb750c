"""Clicks: moments that nothing before them foretells, and nothing after them recalls."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

ORDER = 12
"""Of the linear prediction: enough for the resonances of a voice."""
TENTH, PARTS = 0.1, 200
"""Seconds of a frame, and the parts of half a millisecond that it is looked at in."""
AROUND, BESIDE, NEAR, ATTACK = 60, 40, 6, 10
"""Parts: the neighbourhood (30 ms) whose median is usual, what is before and after (20 ms), the click itself, 5 ms."""
AUDIBLE = 10.0**-4.5
"""Mean square of the residual (-45 dBFS) from which on a click is heard."""
BRIEF, WITHIN = 4, 10.0**-1.5
"""Parts that are within 15 dB of the strongest, at most: a strike lasts longer."""
ALONE = 14.0
"""dB above the 5 ms before and after, left out what a codec makes of it: a strike rings."""
TOLD = 20.0
"""dB from which on a click is worth telling."""
LOWEST = 1e-14


class Click(NamedTuple):
    """A moment."""

    at: float
    """Seconds from the first sample."""
    prominence: float
    """dB of the residual above the neighbourhood, and above what is before and after, whichever is least."""


class Clicks:
    """Finds clicks in what it is fed, a tenth of a second at a time."""

    def __init__(self) -> None:
        self._sounds: list[F64] = []
        self._power = np.zeros(0)
        self._count = 0
        """Parts whose residual is known."""

    def feed(self, samples: NDArray[np.float32]) -> list[Click]:
        """Take the next tenth of a second in, (channels, n): the clicks of the one before it."""
        self._sounds = [*self._sounds[-2:], samples.mean(axis=0, dtype=np.float64)]
        if len(self._sounds) < 3:
            return []
        sound, n = np.concatenate(self._sounds), len(self._sounds[1])
        first = len(self._sounds[0])  # what both neighbours share in the filter, no onset at an edge can escape
        residual = np.convolve(sound[first - ORDER : first + n], _prediction(sound))[ORDER : ORDER + n]
        starts = np.arange(PARTS) * n // PARTS
        power = np.add.reduceat(np.square(residual), starts) * (PARTS / n) + LOWEST
        self._power = np.concatenate([self._power[-2 * AROUND :], power])
        self._count += PARTS
        end = len(self._power) - AROUND
        if end <= AROUND:
            return []
        origin = PARTS + self._count - len(self._power)
        found = []
        for at in (np.flatnonzero(self._stand_out(end)) + AROUND).tolist():
            prominence = self._prominence(at)
            if prominence >= TOLD:
                found.append(Click((origin + at) * TENTH / PARTS, prominence))
        return found

    def _stand_out(self, end: int) -> NDArray[np.bool_]:
        """Of each part up to ``end``: audible, and far above what is just before and after."""
        peak, sums = self._power[AROUND:end], np.cumsum(self._power)
        span = ATTACK - 2
        means = (sums[span:] - sums[:-span]) / span  # of the parts that follow each
        before = means[AROUND - ATTACK - 1 : end - ATTACK - 1]
        after = means[AROUND + 2 : end + 2]
        least = peak * 10.0 ** (-ALONE / 10.0)
        return (peak > AUDIBLE) & (before <= least) & (after <= least)

    def _prominence(self, at: int) -> float:
        """In dB; 0 where it is no click."""
        power = self._power
        peak = float(power[at])
        near = power[at - NEAR : at + NEAR + 1]
        if peak < near.max() or (power[at - 8 : at + 9] > WITHIN * peak).sum() > BRIEF:
            return 0.0
        usual = max(
            power[at - BESIDE : at - NEAR].mean(),
            power[at + NEAR : at + BESIDE].mean(),
            np.median(power[at - AROUND : at + AROUND]),
        )
        return 10.0 * float(np.log10(peak / usual))


@lru_cache(maxsize=8)
def _window(count: int) -> F64:
    return np.hanning(count)


def _prediction(sound: F64) -> F64:
    """The filter that leaves what cannot be foretold (autocorrelation method)."""
    seen = sound * _window(len(sound))
    correlation = np.array([seen[: len(seen) - lag] @ seen[lag:] for lag in range(ORDER + 1)])
    correlation[0] = correlation[0] * 1.0001 + 1e-9  # nothing at all can be foretold, too
    lags = np.arange(ORDER)
    matrix = correlation[np.abs(np.subtract.outer(lags, lags))]
    filtered: F64 = np.concatenate([[1.0], -np.linalg.solve(matrix, correlation[1:])])
    return filtered
