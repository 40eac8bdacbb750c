"""Moments in step: what repeats at equal distances is music."""

import numpy as np
from numpy.typing import NDArray

BEAT, SLACK = 1.1, 0.004
"""Longest step of music in seconds, and how exactly it keeps it."""


def in_step(moments: NDArray[np.float64], slack: float = SLACK) -> bool:
    """Whether one moment is among three at equal distances; all others are told in seconds from it, itself as 0."""
    steps = [step for step in moments.tolist() if 0.0 < abs(step) <= BEAT]
    return any(min(np.abs(moments - 2.0 * step).min(), np.abs(moments + step).min()) <= slack for step in steps)
