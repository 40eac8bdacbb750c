"""The way that led to a picture: straight in a dissolve, back and forth in motion and in an encoder's noise."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture

ANOTHER = 0.5
"""Share of the difference of two pictures that the means of their tiles hold, from which one is no moved other."""
BLACK = 16.0
"""Code value of black."""
LEAST = 4
"""Pictures of a way that it takes to judge it."""

Where = NDArray[np.intp] | slice


def apart(a: NDArray[np.uint8], b: NDArray[np.uint8], where: Where) -> float:
    """Sum of the changes by tile, in code values, over these of the flattened tiles."""
    return float(picture.tile_change(a, b).ravel()[where].sum())


def light(small: NDArray[np.uint8], where: Where) -> float:
    """The lightest of these of the flattened tiles, in code values above black."""
    return float(picture.tile_mean(small).ravel()[where].max()) - BLACK


def led(shown: Sequence[NDArray[np.uint8]], now: NDArray[np.uint8], way: float, where: Where) -> float:
    """Share of all that changed that led to a picture: of the pixels' ``way`` (code values) and of the tiles' means.

    An encoder's noise is change that leads nowhere; the means hold little of it.
    """
    means = [picture.tile_mean(small).ravel()[where] for small in (*shown, now)]
    steps = sum(float(np.abs(after - before).sum()) for before, after in pairwise(means))
    smooth = float(np.abs(means[-1] - means[0]).sum()) / max(steps, 1e-6)
    return (apart(now, shown[0], where) / max(way, 1e-6) + smooth) / 2.0


def straight(shown: Sequence[NDArray[np.uint8]], now: NDArray[np.uint8], where: Where) -> float:
    """How straight pictures led to another one: 1 where each of them lay on the way; 0 where it is no other.

    Of two legs only, so that an encoder's noise counts twice and not once a picture.
    """
    first, *between = shown
    whole = apart(first, now, where)
    means = picture.tile_mean(first) - picture.tile_mean(now)
    if len(between) < LEAST or float(np.abs(means.ravel()[where]).sum()) < ANOTHER * whole:
        return 0.0
    return min(whole / max(apart(first, each, where) + apart(each, now, where), 1e-6) for each in between[1:-1])
