"""Whether two pictures look alike: a hash of their coarsest frequencies, and their correlation."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE, COARSEST = 32, 8
"""Pixels of the picture that is transformed, and frequencies of it each way that are kept."""
BITS = COARSEST**2
PLAIN = 2.0
"""Standard deviation, code values, up to which there is nothing to be like."""


class Print(NamedTuple):
    """What a picture is recognised by."""

    bits: NDArray[np.bool_]
    """(64,): the frequencies above their median."""
    shades: NDArray[np.float32]
    """(1024,): the picture in small, with mean 0 and norm 1."""


def print_of(plane: NDArray[np.uint8]) -> Print | None:
    """Of (H, W) luma, whatever its size; None of a plain picture (Zauner 2010, DCT hash)."""
    small = cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(small.std()) <= PLAIN:
        return None
    coarse = cv2.dct(small)[:COARSEST, :COARSEST].ravel()
    shades = small.ravel() - small.mean()
    return Print(coarse > np.median(coarse[1:]), (shades / np.linalg.norm(shades)).astype(np.float32))


def print_of_file(path: str) -> Print:
    """Of an image.

    Raises:
        ValueError: It cannot be read as a picture, or shows nothing.
    """
    plane = cv2.imread(path, cv2.IMREAD_GRAYSCALE) if Path(path).is_file() else None
    if plane is None:
        raise ValueError(f"{path} is no picture that can be read (PNG, JPEG, WebP, TIFF or BMP)")
    seen = print_of(plane)  # type: ignore[arg-type]
    if seen is None:
        raise ValueError(f"{path} is plain: there is nothing to recognise")
    return seen


def distance(one: Print, other: Print) -> int:
    """Bits of 64 that differ: about 32 where nothing is alike."""
    return int(np.count_nonzero(one.bits != other.bits))


def likeness(one: Print, other: Print) -> float:
    """Correlation of the pictures in small."""
    return float(one.shades @ other.shades)
