"""What lies in a decoder's buffer where nothing was written: the green of zeros, or grey."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Chroma = tuple[U8, ...]

GREEN = 24
"""Chroma up to which, in both planes, it is the green of zeros: no colour of a camera or a designer is there."""
GREY, COLOURLESS = (124, 130), (127, 129)
"""Luma and chroma of a grey fill: 128, or 126 where it was made as R'G'B' of limited range."""
ROUND = (5, 3)
"""Pixels (wide, high) around one that must be of the fill, too: half a macroblock of a picture of 1080 lines."""
ANOTHER = 10
"""Code values by which the picture before differed where a fill is new."""
SOME = 0.002
"""Share of colourless pixels below which there is no need to look at luma."""


class Fill(NamedTuple):
    """Shares of the picture, 0 to 1."""

    green: float
    """The green of zeros."""
    new_grey: float
    """Even grey where there was something else shortly before."""


def fill(luma: U8, chroma: Chroma, before: U8) -> Fill:
    """How much of a picture was never written.

    Args:
        luma: (H, W).
        chroma: Two (h, w) planes, the same size or smaller.
        before: (H, W): luma of a picture shortly before.
    """
    blue, red = chroma
    zeros = cv2.countNonZero(cv2.inRange(cv2.max(blue, red), 0, GREEN)) / blue.size
    neutral = cv2.bitwise_and(cv2.inRange(blue, *COLOURLESS), cv2.inRange(red, *COLOURLESS))
    if cv2.countNonZero(neutral) < SOME * neutral.size:
        return Fill(zeros, 0.0)
    grey = cv2.inRange(luma, *GREY)
    if neutral.shape != grey.shape:
        neutral = cv2.resize(neutral, grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    even = cv2.erode(cv2.bitwise_and(grey, neutral), np.ones(ROUND[::-1], np.uint8))
    new = cv2.inRange(cv2.absdiff(luma, before), ANOTHER, 255)
    return Fill(zeros, cv2.countNonZero(cv2.bitwise_and(even, new)) / even.size)
