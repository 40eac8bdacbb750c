"""What lies in a decoder's buffer where nothing was written: the green of zeros, or grey."""

from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

U8 = NDArray[np.uint8]

GREEN = 24
"""Chroma up to which, in both planes, it is the green of zeros: no colour of a camera or a designer is there."""
GREY, COLOURLESS = (124, 130), (127, 129)
"""Luma and chroma of a grey fill: 128, or 126 where it was made as R'G'B' of limited range."""
NEARLY_GREY, NEARLY_COLOURLESS = (120, 134), (122, 134)
"""Colours around them: where a picture has as much of these, it is the picture that is grey."""
ACROSS, DOWN = 240, 135
"""Points that are looked at, at most: two rows of two in each macroblock of a picture of 1080 lines."""
EVEN = np.ones((2, 3), np.uint8)
"""Points beside one another that must all be of the fill."""
ANOTHER = 10
"""Code values by which the picture before differed where a fill is new."""
SOME = 0.002
"""Share of colourless, and of grey pixels, below which there is no need to look on."""


class Fill(NamedTuple):
    """Shares of the picture, 0 to 1."""

    green: float
    """The green of zeros."""
    new_grey: float
    """Even grey where there was something else shortly before."""


def fill(luma: U8, chroma: tuple[Plane, ...], before: U8, bit_depth: int = 8) -> Fill:
    """How much of a picture was never written.

    Only some of the pixels are looked at: what was never written is the same all over.

    Args:
        luma: (H, W), 8 bits.
        chroma: Two planes of any size.
        before: (H, W): luma of a picture shortly before.
        bit_depth: Significant bits of a code value of chroma.
    """
    size = (min(ACROSS, chroma[0].shape[1]), min(DOWN, chroma[0].shape[0]))
    blue, red = (_points(plane, size, bit_depth) for plane in chroma)
    zeros = cv2.countNonZero(cv2.inRange(cv2.max(blue, red), 0, GREEN)) / blue.size
    grey = cv2.bitwise_and(cv2.inRange(blue, *COLOURLESS), cv2.inRange(red, *COLOURLESS))
    if cv2.countNonZero(grey) < SOME * grey.size:
        return Fill(zeros, 0.0)
    now, then = _points(luma, size), _points(before, size)
    new = cv2.inRange(cv2.absdiff(now, then), ANOTHER, 255)
    grey = cv2.bitwise_and(grey, cv2.inRange(now, *GREY))
    filled = _even(grey, new)
    if not filled:
        return Fill(zeros, 0.0)
    nearly = cv2.bitwise_and(cv2.inRange(blue, *NEARLY_COLOURLESS), cv2.inRange(red, *NEARLY_COLOURLESS))
    nearly = cv2.bitwise_and(nearly, cv2.inRange(now, *NEARLY_GREY))
    painted = _even(cv2.bitwise_and(nearly, cv2.bitwise_not(grey)), new)
    return Fill(zeros, max(0, filled - painted) / grey.size)


def _even(which: MatLike, new: MatLike) -> int:
    """How many points are so all around, and new."""
    return cv2.countNonZero(cv2.bitwise_and(cv2.erode(which, EVEN), new))


def _points(plane: Plane, size: tuple[int, int], bit_depth: int = 8) -> U8:
    few = cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST)
    return few if bit_depth == 8 else cv2.convertScaleAbs(few, alpha=0.5 ** (bit_depth - 8))  # type: ignore[return-value]
