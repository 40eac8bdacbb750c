"""Short holes in sound: where it falls within two milliseconds, and comes back as fast."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

TENTH, PARTS = 0.1, 100
"""Seconds of a frame, and how many levels there are in it: one a millisecond, whatever the rate."""
LONGEST = 2_000
"""Milliseconds beyond which it is silence and no hole."""
SHORTEST = 4
"""Milliseconds; a hole of 5 may lie across the grid."""
BESIDE = 40
"""Milliseconds before and after a hole that are compared."""
SPAN = 5
"""Milliseconds over which sound beside an edge is averaged: longer than the wave of a voice stays near zero."""
HELD = 4
"""Milliseconds for which it must be gone."""
APART = 8
"""Milliseconds within which there is one edge."""
STEEP = 20.0
"""dB that an edge has at least, to be one."""
RUNNING, FAR = 0.5, 15.0
"""Share of the milliseconds beside a hole that must not be so many dB below their mean: a click is no running sound."""
REST = 10
"""Milliseconds that make a pause, of which the floor is taken."""
FADES = 8.0
"""dB below the mean beside it at which sound may be just before it falls; what is lower fades away by itself."""
SMEAR = 30
"""Milliseconds around a hole that a lossy codec may have changed."""
LOWEST = 1e-12
INAUDIBLE = 1e-8
"""Mean square (-80 dBFS) below which nothing counts for an edge: what has faded has nowhere to fall from."""
BANDS = (0.0, 300.0, 900.0, 2_500.0, 6_000.0, 20_000.0)
"""Hz: edges of the bands in which both sides of a hole are compared."""
MASKED = 40.0
"""dB below the strongest band from which on a band does not count."""
KEPT = LONGEST + 4 * BESIDE
"""Milliseconds that are kept."""


class Hole(NamedTuple):
    """Where sound was gone."""

    start: int
    """Milliseconds from the first sample."""
    length: int
    """Milliseconds."""
    edge: float
    """dB: the smallest of how far it falls within 2 ms, how far it rises, and how far all of it is below both sides."""
    beside: float
    """dBFS: level of the softer side."""
    level: float
    """dBFS: what is left in most of it; a codec smears its edges."""
    unlike: float
    """dB: by how much its sides differ, on average over the bands."""


class Holes:
    """Finds holes in what it is fed, a tenth of a second at a time."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._power = np.zeros(0)
        self._gone = np.zeros(0, np.bool_)
        self._tenths: list[F32] = []
        self._count = self._done = 0
        """Milliseconds that were fed, and up to which edges are known."""
        self._falls: list[tuple[int, float]] = []

    def feed(self, samples: F32) -> list[Hole]:
        """Take the next tenth of a second in, (channels, n): the holes that ended in it, or just before."""
        n = samples.shape[1]
        starts = np.arange(PARTS) * n // PARTS
        power = np.add.reduceat(np.einsum("cn,cn->n", samples, samples), starts) * (PARTS / n / len(samples))
        self._tenths = [*self._tenths[-(KEPT // PARTS) :], samples.sum(axis=0)]
        self._power = np.concatenate([self._power[-KEPT:], power + LOWEST])
        self._gone = np.concatenate([self._gone[-KEPT:], np.zeros(PARTS, np.bool_)])
        self._count += PARTS
        return self._found()

    def floor(self) -> float:
        """DBFS of the quietest pause in the second before the last, holes left out; 0 where there is none."""
        power, gone = self._power[-2_000:-1_000], self._gone[-2_000:-1_000]  # by now it is known what holes are
        rests = len(power) // REST
        if not rests:
            return 0.0
        loudest = power[: rests * REST].reshape(rests, REST).max(axis=1)
        loudest[gone[: rests * REST].reshape(rests, REST).any(axis=1)] = 1.0
        return _db(float(loudest.min()))

    def _found(self) -> list[Hole]:
        first = self._count - len(self._power)
        end = self._count - BESIDE - SPAN
        begin = max(self._done, first + SPAN + APART)
        if end <= begin:
            return []
        self._done = end
        at = max(begin - SPAN - APART - 1, first)
        near = self._power[at - first : end + SPAN + APART + 1 - first] + INAUDIBLE
        found = []
        for place, steep, is_fall in _edges(near):
            if not begin <= place + at < end:
                continue
            if is_fall:
                self._falls = [each for each in self._falls if place + at - each[0] <= LONGEST]
                self._falls.append((place + at, steep))
            elif (hole := self._hole(place + at, steep, first)) is not None:
                found.append(hole)
        return found

    def _hole(self, end: int, rise: float, first: int) -> Hole | None:
        """The hole that ends here, if it is one."""
        falls = [each for each in self._falls if SHORTEST <= end - each[0] <= LONGEST and each[0] - first >= BESIDE]
        if not falls:
            return None
        after = self._power[end - first : end - first + BESIDE]
        if not _is_running(after):
            return None
        best: Hole | None = None
        for start, fall in falls:
            a, b = start - first, end - first
            before, inner = self._power[a - BESIDE : a], self._power[a + 1 : b - 1]
            beside = _db(min(before.mean(), after.mean()))
            fades = max(0.0, _db(before.mean()) - _db(before[-SPAN:].mean()) - FADES)
            edge = min(fall - fades, rise, beside - _db(inner.max() + INAUDIBLE))
            if edge >= max(STEEP, best.edge if best else 0.0) and _is_running(before):
                best = Hole(start, end - start, edge, beside, _db(float(np.median(inner))), 0.0)
        if best is None:
            return None
        self._falls = []
        self._gone[max(0, best.start - first - SMEAR) : end - first + SMEAR] = True
        return best._replace(unlike=self._unlike(best.start, end))

    def _unlike(self, start: int, end: int) -> float:
        sound = np.concatenate(self._tenths)
        origin = self._count - PARTS * len(self._tenths)
        a, b = (round((each - origin) * len(sound) / (self._count - origin)) for each in (start, end))
        width = BESIDE * self._rate // 1_000
        before, after = (_in_bands(part, self._rate) for part in (sound[a - width : a], sound[b : b + width]))
        louder = np.maximum(before, after)
        return float(np.abs(before - after)[louder > louder.max() - MASKED].mean())


def _edges(power: NDArray[np.float64]) -> list[tuple[int, float, bool]]:
    """Falls (True: at the first millisecond of what is low) and rises (at the first of what is loud), with their dB."""
    count = len(power)
    sums = np.cumsum(np.concatenate([[0.0], power]))
    loud = (sums[SPAN:] - sums[:-SPAN]) / SPAN
    low = np.maximum(power[:-1], power[1:])
    low = np.maximum(low[:-2], low[2:])
    fall, rise = np.zeros(count), np.zeros(count)
    fall[SPAN : count - HELD] = loud[: count - HELD - SPAN] / low[SPAN + 1 :]
    rise[HELD + 1 : count - SPAN + 1] = loud[HELD + 1 :] / low[: count - SPAN - HELD]
    return sorted([(*each, True) for each in _peaks(fall)] + [(*each, False) for each in _peaks(rise)])


def _peaks(steep: NDArray[np.float64]) -> list[tuple[int, float]]:
    """Where it is steepest nearby."""
    found: list[tuple[int, float]] = []
    for place in np.flatnonzero(steep > 10.0 ** (STEEP / 10.0)).tolist():
        value = _db(float(steep[place]))
        if found and place - found[-1][0] <= APART:
            if value > found[-1][1]:
                found[-1] = (place, value)
        else:
            found.append((place, value))
    return found


def _is_running(power: NDArray[np.float64]) -> bool:
    return float((power > power.mean() * 10.0 ** (-FAR / 10.0)).mean()) >= RUNNING


def _in_bands(sound: F32, rate: int) -> NDArray[np.float64]:
    spectrum = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    at = np.searchsorted(np.fft.rfftfreq(len(sound), 1.0 / rate), BANDS)
    sums = (float(spectrum[a:b].sum()) for a, b in pairwise(at))
    return np.array([_db(power / max(len(sound), 1)) for power in sums])


def _db(power: float) -> float:
    return 10.0 * float(np.log10(max(power, LOWEST)))
