"""Clicks: moments that nothing before them foretells, and nothing after them recalls."""

from functools import lru_cache
from math import log10
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

ORDER = 12
"""Of the linear prediction: enough for the resonances of a voice."""
FIFTH, PARTS = 0.2, 400
"""Seconds of a frame, and the parts of half a millisecond that it is looked at in."""
LEAD = 0.05
"""Seconds before and after what is looked at that share in the filter: no onset at an edge can escape."""
AROUND, BESIDE, NEAR, ATTACK = 60, 40, 6, 10
"""Parts: the neighbourhood (30 ms) whose median is usual, what is before and after (20 ms), the click itself, 5 ms."""
AUDIBLE = 10.0**-4.5
"""Mean square of the residual (-45 dBFS) from which on a click is heard."""
BRIEF, WITHIN = 4, 10.0**-1.2
"""Parts that are within 12 dB of the strongest, at most: a strike lasts longer."""
ALONE = 12.0
"""dB above the 5 ms before and after, left out what a codec makes of it: a strike rings."""
WAKE = 8
"""Parts on both sides that are compared: what was struck rings after it, what a codec smeared is there before, too."""
RINGS, DEAREST = 4.0, 8.0
"""dB by which it may be louder after than before, and by how much less such stand out at most."""
ONSET, STEEP, MOST = 6.0, 2.0, 12.0
"""dB by which the sound may be louder after than before, what each more costs, and what all cost at most: a note that
begins hard is a click in the residual alone."""
SILENT = 1e-6
"""Mean square (-60 dBFS) below which the sound is as good as none."""
ALIKE, NOTHING = 10.0, 1e-6
"""dB by which the sides may differ where no sound begins or ends, and how much of the peak counts for nothing."""
TOLD = 12.0
"""dB from which on a click is worth telling."""
LOWEST = 1e-14


class Click(NamedTuple):
    """A moment."""

    at: float
    """Seconds from the first sample."""
    prominence: float
    """dB of the residual above the neighbourhood, before and after, less what speaks for a strike or an end."""


class Clicks:
    """Finds clicks in what it is fed, a fifth of a second at a time."""

    def __init__(self) -> None:
        self._sound = np.zeros(0, np.float32)
        self._power = np.zeros(0)
        """Mean square of each part's residual, and of the sound itself."""
        self._level = np.zeros(0)
        self._count = 0
        """Parts whose residual is known."""

    def feed(self, samples: F32) -> list[Click]:
        """Take the next fifth of a second in, (channels, n): the clicks up to 80 ms before its end."""
        n = samples.shape[1]
        lead = round(n * LEAD / FIFTH)
        is_first = not len(self._sound)
        sound = np.concatenate([self._sound, np.einsum("cn->n", samples) * np.float32(1.0 / len(samples))])
        self._sound = sound[-2 * lead :]
        if is_first:
            return []
        residual = cv2.filter2D(sound[None, lead - ORDER : lead + n], -1, _prediction(sound)[None], anchor=(ORDER, 0))[
            0, ORDER:
        ]
        starts = np.arange(PARTS) * n // PARTS
        self._power = _extended(self._power, np.square(residual), starts)
        self._level = _extended(self._level, np.square(sound[lead : lead + n]), starts)
        self._count += PARTS
        end = len(self._power) - AROUND
        origin = PARTS - round(PARTS * LEAD / FIFTH) + self._count - len(self._power)
        found = []
        for at in (np.flatnonzero(self._stand_out(end)) + AROUND).tolist():
            prominence = self._prominence(at)
            if prominence >= TOLD:
                found.append(Click((origin + at) * FIFTH / PARTS, prominence))
        return found

    def _stand_out(self, end: int) -> NDArray[np.bool_]:
        """Of each part up to ``end``: audible, and far above what is just before and after."""
        peak, sums = self._power[AROUND:end], np.cumsum(self._power)
        span = ATTACK - 2
        means = (sums[span:] - sums[:-span]) / span  # of the parts that follow each
        before = means[AROUND - ATTACK - 1 : end - ATTACK - 1]
        after = means[AROUND + 2 : end + 2]
        least = peak * 10.0 ** (-ALONE / 10.0)
        stands_out: NDArray[np.bool_] = (peak > AUDIBLE) & (before <= least) & (after <= least)
        return stands_out

    def _prominence(self, at: int) -> float:
        """In dB; 0 where it is no click."""
        power = self._power
        peak = float(power[at])
        near = power[at - NEAR : at + NEAR + 1]
        if peak < near.max() or (power[at - WAKE : at + WAKE + 1] > WITHIN * peak).sum() > BRIEF:
            return 0.0
        usual = float(np.median(power[at - AROUND : at + AROUND]))
        before, after = power[at - BESIDE : at - NEAR], power[at + NEAR : at + BESIDE]
        loudest = max(usual, float(before.mean()), float(after.mean()))
        wake = float(power[at + 2 : at + WAKE].mean() / (power[at - WAKE + 1 : at - 1].mean() + usual))
        rings = min(max(_db(wake) - RINGS, 0.0), DEAREST)
        was, becomes = float(np.median(before)) + NOTHING * peak, float(np.median(after)) + NOTHING * peak
        ends = max(abs(_db(was / becomes)) - ALIKE, 0.0)
        return _db(peak / loudest) - rings - ends - self._onset(at)

    def _onset(self, at: int) -> float:
        """What it costs, in dB, that the sound is louder after than before."""
        near = slice(ATTACK + 2, AROUND)
        before, after = self._level[at - near.stop : at - near.start], self._level[at + near.start : at + near.stop]
        rise = _db((float(after.mean()) + SILENT) / (float(before.mean()) + SILENT))
        return min(max(rise - ONSET, 0.0) * STEEP, MOST)


def _extended(power: F64, squares: NDArray[np.number], starts: NDArray[np.int_]) -> F64:
    """The last of ``power``, and the mean of those ``squares`` that begin at each of ``starts``."""
    new = np.add.reduceat(squares, starts) * (PARTS / len(squares)) + LOWEST
    return np.concatenate([power[-2 * AROUND :], new])


def _db(ratio: float) -> float:
    return 10.0 * log10(ratio)


@lru_cache(maxsize=8)
def _window(count: int) -> F32:
    return np.hanning(count).astype(np.float32)


def _prediction(sound: F32) -> F32:
    """What leaves that which cannot be foretold (autocorrelation method), the latest sample last."""
    seen = sound * _window(len(sound))
    correlation = np.array([seen[: len(seen) - lag] @ seen[lag:] for lag in range(ORDER + 1)], np.float64)
    correlation[0] = correlation[0] * 1.0001 + 1e-9  # nothing at all can be foretold, too
    foretold = np.linalg.solve(correlation[_DISTANCES], correlation[1:])
    return np.concatenate([-foretold[::-1], [1.0]]).astype(np.float32)


_DISTANCES = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
