"""What is counted on samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HOP = 0.05
"""Seconds: the grid on which levels are told (20 readings a second)."""


class Hops(NamedTuple):
    """Levels on a grid of equal hops within a block."""

    seconds: float
    """Length of a hop."""
    peak: NDArray[np.float32]
    """(channels, hops): largest absolute sample."""
    power: NDArray[np.float32]
    """(channels, hops): mean square."""


def hops(samples: NDArray[np.float32], rate: int, hop: float = HOP) -> Hops:
    """Cut a block into equal hops of about ``hop`` seconds and take peak and power of each.

    The rest that does not fill the equal hops (fewer samples than there are hops) belongs to the last.

    Args:
        samples: (channels, n) float32.
        rate: Samples a second.
        hop: Seconds.
    """
    channels, n = samples.shape
    count = max(1, round(n / (rate * hop)))
    length = n // count
    whole = samples[:, : length * count].reshape(channels, count, length)
    power = np.einsum("chn,chn->ch", whole, whole) / length
    peak = np.maximum(whole.max(axis=2), -whole.min(axis=2))
    rest = samples[:, length * count :]
    if rest.size:
        peak[:, -1] = np.maximum(peak[:, -1], np.abs(rest).max(axis=1))
    return Hops(n / count / rate, peak, power)


def dbfs(amplitude: float) -> float:
    """Level of an amplitude (1.0 is full scale) in dBFS; -200 for nothing."""
    return 20.0 * float(np.log10(amplitude)) if amplitude > 1e-10 else -200.0
