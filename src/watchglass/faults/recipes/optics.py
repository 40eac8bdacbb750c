"""What lens, sensor and processing do to a picture: blur, grain, steps in gradients, stuck pixels, wrong levels."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.colour import NEUTRAL, black, loaded, stored, white
from watchglass.faults.recipe import Order, Picture, PictureRecipe, Reach, each

Planes = list[NDArray[Any]]
LINES = 360
"""Height for which the kernels of a blur are told; others are scaled with the height."""


def blurred(picture: Picture, order: Order) -> Planes:
    """Out of focus: a Gaussian kernel of ``strength`` pixels at 360 lines (its sigma as OpenCV derives it)."""
    sigma = (0.3 * ((order.strength - 1.0) * 0.5 - 1.0) + 0.8) * picture.planes[0].shape[0] / LINES
    planes = []
    for plane, whole in zip(loaded(picture), _subsampling(picture), strict=True):
        x, y = sigma / whole[1], sigma / whole[0]
        planes.append(stored(np.asarray(cv2.GaussianBlur(plane, (0, 0), sigmaX=x, sigmaY=y)), picture))
    return planes


def upscaled(picture: Picture, order: Order) -> Planes:
    """The picture of a smaller rendition, ``strength`` times fewer lines, enlarged."""
    planes = []
    for plane in loaded(picture):
        height, width = plane.shape
        few = (max(1, round(width / order.strength)), max(1, round(height / order.strength)))
        small = cv2.resize(plane, few, interpolation=cv2.INTER_AREA)
        planes.append(stored(np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)), picture))
    return planes


def _subsampling(picture: Picture) -> list[tuple[float, float]]:
    """By how much each plane has fewer rows and columns than luma."""
    height, width = picture.planes[0].shape
    return [(height / plane.shape[0], width / plane.shape[1]) for plane in picture.planes]


def grainy(picture: Picture, order: Order) -> Planes:
    """New noise over each picture: sigma ``strength`` in luma, half of that in chroma."""
    planes = []
    for number, plane in enumerate(loaded(picture)):
        noise = order.rng(8, picture.number, number).standard_normal(plane.shape, np.float32)
        planes.append(stored(plane + noise * (order.strength * (0.5 if number else 1.0)), picture))
    return planes


def banded(picture: Picture, order: Order) -> Planes:
    """Fewer levels of luma, ``strength`` code values apart, and of chroma, half as far.

    Grain would hide the steps; where gradients band in the field, an encoder has taken it away before: so is it here.
    """
    step = np.float32(order.strength)
    luma, *chroma = loaded(picture)
    clean = np.asarray(cv2.bilateralFilter(luma, 5, 8.0, 2.0), np.float32)
    planes = [np.floor(clean / step) * step + step / 2]
    planes += [np.rint((plane - NEUTRAL) / (step / 2)) * (step / 2) + NEUTRAL for plane in chroma]
    return [stored(plane, picture) for plane in planes]


def illegal(picture: Picture, order: Order) -> Planes:
    """Contrast and saturation too high by a share of ``strength``, beyond what the range allows."""
    gain = 1.0 + order.strength
    luma, *chroma = loaded(picture)
    middle = (black(picture) + white(picture)) / 2.0
    planes = [(luma - middle) * gain + middle, *((plane - NEUTRAL) * gain + NEUTRAL for plane in chroma)]
    return [stored(plane, picture) for plane in planes]


_STUCK = ((235, 128, 128), (81, 90, 240), (145, 54, 34), (41, 240, 110), (16, 128, 128))
"""White, red, green, blue and dead, as Y'CbCr."""


def stuck_pixels(picture: Picture, order: Order) -> Planes:
    """``strength`` pixels of the sensor that show the same colour all the time, or nothing."""
    rng = order.rng(9)
    planes = [plane.copy() for plane in picture.planes]
    for number in range(max(1, round(order.strength))):
        y, x = rng.random(2)
        colour = _STUCK[int(rng.integers(len(_STUCK)))] if number else _STUCK[0]
        for plane, value in zip(planes, colour, strict=False):
            plane[int(y * plane.shape[0]), int(x * plane.shape[1])] = value * picture.scale
    return planes


def stuck_line(picture: Picture, order: Order) -> Planes:
    """A column of the sensor that is brighter by ``strength`` code values, one pixel wide at 1080 lines and fewer."""
    luma, *chroma = picture.planes
    height, width = luma.shape
    left = int(order.rng(10).uniform(0.1, 0.9) * width)
    column = np.s_[:, left : left + max(1, height // 1080)]
    bright = luma.copy()
    bright[column] = stored(luma[column] / picture.scale + order.strength, picture)
    return [bright, *chroma]


def _recipe(
    name: str,
    about: str,
    unit: str,
    strengths: tuple[float, float, float, float],
    change: Callable[[Picture, Order], Planes],
) -> PictureRecipe:
    apply: Callable[[Iterator[Picture], Order], Iterator[Picture]] = partial(each, change)
    is_stuck = name.startswith("video.dead_pixel")
    seconds = (12.0, 10.0, 10.0, 10.0) if is_stuck else (6.0, 5.0, 4.0, 3.0)
    return PictureRecipe(name, about, unit, strengths, seconds, apply, Reach.PIXELS if is_stuck else Reach.SPAN)


RECIPES = (
    _recipe("video.blur", "out of focus, by a kernel this wide at 360 lines", "pixels", (9.0, 7.0, 5.0, 3.0), blurred),
    _recipe("video.blur:upscaled", "enlarged from so many times fewer lines", "times", (4.0, 3.0, 2.0, 1.5), upscaled),
    _recipe("video.noise", "grain of this sigma", "code values", (50.0, 25.0, 10.0, 5.0), grainy),
    _recipe("video.banding", "levels so far apart", "code values", (20.0, 14.0, 9.0, 5.0), banded),
    _recipe("video.levels", "too much contrast and colour, by this share", "1", (0.5, 0.35, 0.25, 0.17), illegal),
    _recipe("video.dead_pixel", "so many pixels are stuck", "pixels", (20.0, 8.0, 3.0, 1.0), stuck_pixels),
    _recipe("video.dead_pixel:line", "a column is too bright", "code values", (120.0, 80.0, 50.0, 30.0), stuck_line),
)
