"""Bursts of noise: where every band rises at once, stays as it is, and falls at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

SHORTEST, LONGEST = 4, 200
"""Windows (of 10 ms) that a burst has."""
INSIDE, OUTSIDE, ACROSS = 3, 4, 2
"""Windows inside and outside that an edge is measured on, and how far apart they are: one may be in between."""
EDGE = 10.0
"""dB by which everything must rise and fall."""
NEAR = 3
"""Windows within which there is one edge."""
UNEVEN, GRAIN, SLOPE = 4.0, 2.0, 2.5
"""dB by which bands, windows and halves of a burst may differ: drums die away, and consonants have a band."""
BELOW = 2.0
"""dB by which the quietest band of a window of white noise is below its RMS."""
CONTEXT = OUTSIDE + ACROSS + INSIDE + NEAR
KEPT = LONGEST + 2 * CONTEXT
"""Windows that are kept."""


class Burst(NamedTuple):
    """Where there was one."""

    start: int
    """Windows from the first."""
    length: int
    """Windows."""
    edge: float
    """dB: the smaller of how far all bands rise and how far they fall."""
    level: float
    """dBFS RMS of white noise like it."""
    falls: float
    """dB by which all that is heard becomes softer as it begins: a consonant after a vowel, not a burst over both."""


class Bursts:
    """Finds bursts in what it is fed."""

    def __init__(self, bands: int) -> None:
        self._windows = np.zeros((0, bands), np.float32)
        self._loudness = np.zeros(0, np.float32)
        self._count = self._done = 0
        """Windows that were fed, and up to which edges are known."""
        self._rises: list[tuple[int, float]] = []

    def feed(self, windows: F32, loudness: F32) -> list[Burst]:
        """Take more windows in: the bursts that ended in them, or just before.

        Args:
            windows: (n, bands) dBFS.
            loudness: (n,) dBFS of all that is heard in them.
        """
        self._windows = np.concatenate([self._windows[-KEPT:], windows])
        self._loudness = np.concatenate([self._loudness[-KEPT:], loudness])
        self._count += len(windows)
        first = self._count - len(self._windows)
        begin, end = max(self._done, first + CONTEXT), self._count - CONTEXT
        if end <= begin:
            return []
        self._done = end
        low = self._windows[begin - CONTEXT - first : end + CONTEXT - first].min(axis=1)
        if low.max() - low.min() < EDGE:
            return []
        found = []
        for place, edge, is_fall in _edges(low):
            at = begin + place
            if not is_fall:
                self._rises.append((at, edge))
                continue
            self._rises = [rise for rise in self._rises if at - rise[0] < LONGEST]
            whole = [rise for rise in self._rises if at - rise[0] + 1 >= SHORTEST]
            self._rises = [rise for rise in self._rises if rise not in whole]
            bursts = (self._burst(start - first, at + 1 - first, min(rise, edge), first) for start, rise in whole)
            found += [burst for burst in bursts if burst is not None]
        return found

    def _burst(self, a: int, b: int, edge: float, first: int) -> Burst | None:
        """What is between two edges, if it is as even and as steady as noise."""
        inner = self._windows[a + 1 : b - 1] if b - a > SHORTEST + 1 else self._windows[a:b]
        bands, half = inner.mean(axis=0), len(inner) // 2
        grain = inner[:, -2:].std(axis=0).mean()
        slope = abs(inner[:half].mean() - inner[-half:].mean())
        if bands.max() - bands.min() > UNEVEN or grain > GRAIN or slope > SLOPE:
            return None
        before = float(self._loudness[max(0, a - ACROSS - OUTSIDE) : max(1, a - ACROSS + 1)].max())
        falls = before - float(np.median(self._loudness[a:b]))
        return Burst(a + first, b - a, edge, float(np.median(self._windows[a:b].min(axis=1))) + BELOW, falls)


def _edges(low: F32) -> list[tuple[int, float, bool]]:
    """The steepest places nearby: first windows of what is loud, and last ones (True), counted from ``CONTEXT`` on."""
    at = slice(CONTEXT - NEAR, len(low) - CONTEXT + NEAR)
    most = np.maximum(low[:-1], low[1:])
    most = np.maximum(most[:-2], most[2:])  # of OUTSIDE windows
    least = np.minimum(np.minimum(low[:-2], low[1:-1]), low[2:])  # of INSIDE windows
    rises = least[at] - most[at.start - ACROSS - OUTSIDE + 1 : at.stop - ACROSS - OUTSIDE + 1]
    falls = least[at.start - INSIDE + 1 : at.stop - INSIDE + 1] - most[at.start + ACROSS : at.stop + ACROSS]
    found = []
    for steep, is_fall in ((rises, False), (falls, True)):
        places = np.flatnonzero(steep[NEAR:-NEAR] > EDGE).tolist()
        steepest = (place for place in places if steep[place : place + 2 * NEAR + 1].argmax() == NEAR)
        found += [(place, float(steep[place + NEAR]), is_fall) for place in steepest]
    return sorted(found)
