"""No picture: black, and the one colour of an empty buffer or a missing input."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from watchglass.faults.recipe import Order, Picture, PictureRecipe
from watchglass.faults.recipes.stills import noisy

GREEN = (0, 0, 0)
"""Y, U, V of a decoder's buffer that nothing was written to."""
BLUE = (41, 240, 110)
GREY = (126, 128, 128)
MAGENTA = (106, 202, 222)


def black(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Nothing but black; ``strength`` is its luma code value in limited range."""
    for picture in pictures:
        luma = order.strength - 16 if picture.full_range else order.strength
        yield _of(picture, (luma, 128, 128), 0.0, order) if order.covers(picture.pts) else picture


def colour(yuv: tuple[int, int, int], pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Nothing but one colour; ``strength`` is the sigma of noise over it, code values."""
    for picture in pictures:
        yield _of(picture, yuv, order.strength, order) if order.covers(picture.pts) else picture


def _of(picture: Picture, yuv: tuple[float, int, int], sigma: float, order: Order) -> Picture:
    levels = zip(picture.planes, yuv[: len(picture.planes)], strict=True)
    planes = [np.full_like(plane, round(level * picture.scale)) for plane, level in levels]
    if sigma > 0:
        planes[0] = noisy(planes[0], sigma * picture.scale, order.rng(picture.number), picture.depth)
    return picture.with_planes(planes)


def _solid(name: str, yuv: tuple[int, int, int], about: str) -> PictureRecipe:
    return PictureRecipe(
        name=f"video.solid_color:{name}",
        about=f"{about}; the strength is the sigma of noise over it",
        unit="code values",
        strengths=(0.0, 0.5, 1.0, 1.5),
        seconds=(4.0, 3.0, 2.0, 1.5),
        apply=partial(colour, yuv),
    )


RECIPES = (
    PictureRecipe(
        name="video.black",
        about="the picture is black; the strength is its luma",
        unit="code values",
        strengths=(16.0, 16.0, 20.0, 24.0),
        seconds=(4.0, 2.0, 1.5, 1.2),
        apply=black,
    ),
    _solid("green", GREEN, "the green of an empty decoder buffer"),
    _solid("blue", BLUE, "the blue of a missing input"),
    _solid("grey", GREY, "flat grey"),
    _solid("magenta", MAGENTA, "flat magenta"),
)
