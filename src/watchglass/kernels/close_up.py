"""A close look at a stretch of sound: its outline, its level, the spot where it is worst."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_NEAR = 0.02
"""Part of the ceiling within which a sample is at it."""
_FLAT = 0.004
"""Part of the ceiling by which neighbours on a flat top may differ."""


def outline(samples: Samples, columns: int) -> tuple[Samples, Samples, int]:
    """The smallest and the largest sample by columns of equal length.

    Args:
        samples: (n,), n at least 1.
        columns: The most of them.

    Returns:
        (columns,) each, and how many samples make a column; the rest that fills none is left out.
    """
    length = -(-len(samples) // columns)
    whole = samples[: len(samples) // length * length].reshape(-1, length)
    return whole.min(axis=1), whole.max(axis=1), length


def levels(samples: Samples, length: int, floor: float = -200.0) -> Samples:
    """Root mean square by stretches of ``length`` samples, in dBFS: (n // length,)."""
    count = len(samples) // length
    whole = samples[: count * length].reshape(count, length).astype(np.float64)
    power = np.einsum("cn,cn->c", whole, whole) / length
    level: Samples = np.maximum(10.0 * np.log10(np.maximum(power, 1e-20)), floor).astype(np.float32)
    return level


def loudest(samples: Samples, most: int) -> list[int]:
    """The ``most`` channels with the highest peaks, in their own order, of (channels, n)."""
    peaks = np.abs(samples).max(axis=1)
    return sorted(np.argsort(-peaks, kind="stable")[:most].tolist())


def worst_spot(samples: Samples, length: int) -> tuple[int, int]:
    """Where most of the wave lies flat at its ceiling; where nothing does, around its highest peak.

    Args:
        samples: (channels, n).
        length: Samples of the spot.

    Returns:
        Channel and first sample.
    """
    best = (-1.0, 0, 0)
    for channel, wave in enumerate(samples):
        height = np.abs(wave)
        ceiling = float(height.max())
        at_ceiling = height >= (1.0 - _NEAR) * ceiling
        flat = at_ceiling[1:] & at_ceiling[:-1] & (np.abs(np.diff(wave)) <= _FLAT * ceiling)
        sums = np.concatenate([[0], np.cumsum(flat)])
        within = sums[length:] - sums[:-length] if len(sums) > length else sums[-1:]
        most = float(within.max())
        if most >= 2.0:
            first = int(within.argmax())
        else:
            first, most = int(height.argmax()) - length // 2, 0.0
        score = (1.0 + most) * ceiling
        if score > best[0]:
            best = (score, channel, first)
    return best[1], max(0, min(best[2], samples.shape[1] - length))
