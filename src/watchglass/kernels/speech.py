"""Whether a stretch of sound is like speech, by how its level moves.

Speech alternates between syllables and pauses: a good part of its short frames is far below its mean, and its level
covers a wide range. Sustained music, applause and noise do neither.

Sources:
    J. Saunders, "Real-time discrimination of broadcast speech/music", ICASSP 1996; E. Scheirer and M. Slaney,
    "Construction and evaluation of a robust multifeature speech/music discriminator", ICASSP 1997 (the percentage
    of low-energy frames). The limits are our own, from speech and music of free collections.
"""

import numpy as np
from numpy.typing import NDArray

STRETCH = 4.0
"""Seconds that are looked at together."""
AUDIBLE = -45.0
"""dBFS that the loudest frame must reach."""
_LOW, _LOW_SHARE = 0.5, 0.25
"""A frame is low below this part of the mean; speech has at least this share of them."""
_SPREAD = 8.0
"""dB: least standard deviation of the level."""
_FLOOR = 1e-3
"""Levels further below the loudest (-60 dB) count as this."""


def is_like_speech(power: NDArray[np.float64]) -> bool:
    """True if a stretch may be somebody who speaks; percussion may be, too.

    Args:
        power: (n,) mean squares of frames of 50 ms, some seconds of them.
    """
    level = np.sqrt(power)
    loudest = float(level.max(initial=0.0))
    if loudest < 10.0 ** (AUDIBLE / 20.0):
        return False
    low = np.count_nonzero(level < _LOW * level.mean()) / level.size
    if low < _LOW_SHARE:
        return False
    return float(np.std(20.0 * np.log10(np.maximum(level / loudest, _FLOOR)))) >= _SPREAD
