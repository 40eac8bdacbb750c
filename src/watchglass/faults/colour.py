"""From the colours that people name to the code values of a picture."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Picture

Rgb = tuple[float, float, float]
"""Red, green and blue as they are shown (gamma included): 0 is black, 1 is 100 %."""
NEUTRAL = 128.0


def code_values(rgb: NDArray[Any], picture: Picture) -> NDArray[np.float32]:
    """R'G'B' (..., 3) as Y'CbCr (..., 3) in code values of 8 bits, by the matrix and in the range of a picture."""
    r, g, b = np.moveaxis(np.asarray(rgb, np.float32), -1, 0)
    kr, kb = (0.2126, 0.0722) if picture.bt709 else (0.299, 0.114)
    y = kr * r + (1.0 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2.0 - 2.0 * kb), (r - y) / (2.0 - 2.0 * kr)
    luma, chroma = (255.0, 255.0) if picture.full_range else (219.0, 224.0)
    made: NDArray[np.float32] = np.stack(
        [black(picture) + luma * y, NEUTRAL + chroma * cb, NEUTRAL + chroma * cr], axis=-1
    )
    return made


def black(picture: Picture) -> float:
    """Luma of black, in code values of 8 bits."""
    return 0.0 if picture.full_range else 16.0


def white(picture: Picture) -> float:
    """Luma of white, in code values of 8 bits."""
    return 255.0 if picture.full_range else 235.0


def planes_of(rgb: NDArray[Any], picture: Picture) -> list[NDArray[Any]]:
    """R'G'B' of any size (h, w, 3) as planes like those of a picture, filling it."""
    yuv = code_values(rgb, picture)
    made = []
    for number, like in enumerate(picture.planes):
        height, width = like.shape
        plane = cv2.resize(np.ascontiguousarray(yuv[..., number]), (width, height), interpolation=cv2.INTER_AREA)
        made.append(stored(np.asarray(plane), picture))
    return made


def stored(plane: NDArray[Any], picture: Picture) -> NDArray[Any]:
    """Code values of 8 bits, with fractions, as a picture stores them."""
    most = (1 << picture.depth) - 1
    values: NDArray[Any] = np.clip(np.rint(plane * picture.scale), 0, most).astype(picture.planes[0].dtype)
    return values


def loaded(picture: Picture) -> list[NDArray[np.float32]]:
    """The planes of a picture in code values of 8 bits, with fractions."""
    return [plane.astype(np.float32) / np.float32(picture.scale) for plane in picture.planes]
