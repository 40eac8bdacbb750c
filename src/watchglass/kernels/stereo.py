"""How alike two channels are."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import Hops

F32 = NDArray[np.float32]


class Pair(NamedTuple):
    """Two channels, on the hops of their block."""

    seconds: float
    """Length of a hop."""
    level: F32
    """(hops,): RMS of the louder one, dBFS; -200 for nothing."""
    correlation: F32
    """(hops,): 1 for the same wave on both, -1 for opposite polarity; 0 where one of them is nothing."""

    def by_hop(self, pts: float) -> Iterator[tuple[float, float, tuple[float, float]]]:
        """Level, correlation, and start and length (seconds) of each hop of a block that begins at ``pts``."""
        for i, (level, correlation) in enumerate(zip(self.level.tolist(), self.correlation.tolist(), strict=True)):
            yield level, correlation, (pts + i * self.seconds, self.seconds)


def pair(left: F32, right: F32, hops: Hops, which: tuple[int, int]) -> Pair:
    """Compare two channels of a block; an offset of either counts for nothing.

    Args:
        left: (n,) samples.
        right: (n,) samples.
        hops: Levels of the block.
        which: Rows of the two channels in ``hops``.
    """
    a, b = which
    count = hops.power.shape[1]
    length = len(left) // max(count, 1)
    cut = slice(0, length * count)
    products = np.einsum("hn,hn->h", left[cut].reshape(count, length), right[cut].reshape(count, length))
    power = hops.power - hops.mean**2
    together = products / max(length, 1) - hops.mean[a] * hops.mean[b]
    alike = together / np.sqrt(np.maximum(power[a] * power[b], 1e-20))
    level = 10.0 * np.log10(np.maximum(np.maximum(power[a], power[b]), 1e-20))
    return Pair(hops.seconds, level, np.clip(alike, -1.0, 1.0))
