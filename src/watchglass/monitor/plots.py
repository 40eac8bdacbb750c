"""Curves of any length in constant memory: bins that merge in pairs when there are too many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FIRST_STEP = 0.02
"""Seconds: width of the first bins; half a frame at 25 a second."""
MOST_BINS = 2000

_SLACK = 1e-6
"""Of a bin: a time that misses the edge by less than this is on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """What a binner holds: (n,) float32 each, NaN where nothing was measured."""

    begin: float
    step: float
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mean: NDArray[np.float32]


class Binner:
    """Smallest, largest and mean value by bins of equal width.

    A value counts in every bin that its stretch touches; a bin that none touches is a gap. When the bins do not
    reach, they are merged in pairs and twice as wide from then on.

    Args:
        limit: The most bins to hold; even.
        step: Seconds: width of a bin at first.
    """

    def __init__(self, limit: int = MOST_BINS, step: float = FIRST_STEP) -> None:
        self._limit = limit
        self._step = step
        self._begin: float | None = None
        self._used = 0
        self._low = np.full(limit, np.inf)
        self._high = np.full(limit, -np.inf)
        self._sum = np.zeros(limit)
        self._count = np.zeros(limit, dtype=np.int64)

    def add(self, pts: ArrayLike, duration: ArrayLike, values: ArrayLike) -> None:
        """Take values into account; those that are not finite count as not measured.

        Args:
            pts: (n,) seconds: where each value's stretch begins.
            duration: (n,) seconds: how long it is; may be 0.
            values: (n,).
        """
        start, length, value = (np.asarray(column, dtype=np.float64) for column in (pts, duration, values))
        good = np.isfinite(value) & np.isfinite(start) & np.isfinite(length)
        if not good.all():
            start, length, value = start[good], length[good], value[good]
        if not value.size:
            return
        if self._begin is None:
            self._begin = float(start.min())
        start = start - self._begin
        end = start + length
        while end.max() / self._step > self._limit + _SLACK or start.max() / self._step >= self._limit:
            self._merge()
        first = np.floor(start / self._step + _SLACK).astype(np.int64).clip(0, self._limit - 1)
        last = np.ceil(end / self._step - _SLACK).astype(np.int64).clip(1, self._limit) - 1
        self._count_in(first, np.maximum(last, first), value)

    def bins(self) -> Bins:
        """What was measured so far."""
        used = slice(0, self._used)
        count = self._count[used]
        is_gap = count == 0
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self._sum[used] / count
        low, high = (np.where(is_gap, np.nan, side[used]) for side in (self._low, self._high))
        return Bins(self._begin or 0.0, self._step, *(a.astype(np.float32) for a in (low, high, mean)))

    def _count_in(self, first: NDArray[np.int64], last: NDArray[np.int64], value: NDArray[np.float64]) -> None:
        times = last - first + 1
        if times.max() > 1:  # spread each value over the bins that it touches
            offset = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
            value = np.repeat(value, times)
            first = np.repeat(first, times) + offset
        np.minimum.at(self._low, first, value)
        np.maximum.at(self._high, first, value)
        np.add.at(self._sum, first, value)
        np.add.at(self._count, first, 1)
        self._used = max(self._used, int(first.max()) + 1)

    def _merge(self) -> None:
        half = self._limit // 2
        self._low[:half] = np.minimum(self._low[::2], self._low[1::2])
        self._high[:half] = np.maximum(self._high[::2], self._high[1::2])
        self._sum[:half] = self._sum[::2] + self._sum[1::2]
        self._count[:half] = self._count[::2] + self._count[1::2]
        for array, empty in ((self._low, np.inf), (self._high, -np.inf), (self._sum, 0), (self._count, 0)):
            array[half:] = empty
        self._step *= 2.0
        self._used = (self._used + 1) // 2
