"""A ceiling on which frames agree: a wave that was cut keeps it, whatever its loudness."""

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Values = F64 | float

CROWDED, CROWDED_MOST = 0.1, 2.1
"""Powers of two of crowding from which on a frame has a vote, and beyond which it has no more of one."""
STEADY = 0.4
"""Spread (dB) of the tops below which a tone has a ledge by nature."""
ALIKE = 0.7
"""dB by which the ledges of one ceiling differ: a codec's ripple."""
OFTEN = 2
"""Frames that must agree."""


def votes(crowding: Values, top: Values, spread: Values, audible: float) -> Values:
    """What a ledge counts, up to 2: nothing where no samples crowd, where it is faint, and where a tone is steady."""
    crowds = np.minimum(np.maximum(np.log2(crowding), CROWDED), CROWDED_MOST) - CROWDED
    return ((top > audible) & (spread >= STEADY)) * crowds


def agreed(cast: F64, ledges: F64) -> tuple[F64, NDArray[np.bool_]]:
    """Where the frames of each window agree that they were cut.

    Args:
        cast: (k, n): votes.
        ledges: (k, n), dBFS.

    Returns:
        Votes for the height that has most of them, less those for others, (k,); 0 where it has too few frames. And
        whether a frame voted for it, (k, n).
    """
    alike = (np.abs(ledges[:, :, None] - ledges[:, None]) <= ALIKE) & (cast[:, None] > 0.0)
    count = np.einsum("kij,kj->ki", alike, cast) * (cast > 0.0)
    cut = alike[np.arange(len(cast)), count.argmax(axis=1)]
    agreement = 2.0 * count.max(axis=1) - cast.sum(axis=1)
    return np.where(cut.sum(axis=1) >= OFTEN, agreement, 0.0), cut
