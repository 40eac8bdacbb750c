"""Flashing that can harm people with photosensitive epilepsy.

Sources: WCAG 2.2, success criterion 2.3.1, and ITU-R BT.1702-3: more than three flashes within a second over more
than a quarter of the screen; a general flash changes relative luminance by 10 % or more with the darker state below
80 %, a red flash goes to and from saturated red.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.colour import NEUTRAL, black, code_values, loaded, stored, white
from watchglass.faults.recipe import Order, Picture, PictureRecipe, each

BRIGHT, DARK, RED = 0.7, 0.55, 0.85
"""How far to white a bright state goes, how much of the luma a dark one keeps, how far to red a red one goes."""


def general(picture: Picture, order: Order) -> list[NDArray[Any]]:
    """Bright and dark in turn, ``strength`` times a second."""
    if not _is_on(picture, order):
        return _darkened(picture)
    return _towards((white(picture), NEUTRAL, NEUTRAL), BRIGHT, picture)


def red(picture: Picture, order: Order) -> list[NDArray[Any]]:
    """Saturated red and the darkened picture in turn, ``strength`` times a second."""
    if not _is_on(picture, order):
        return _darkened(picture)
    return _towards(tuple(code_values(np.array((1.0, 0.0, 0.0)), picture)), RED, picture)


def _is_on(picture: Picture, order: Order) -> bool:
    return int((picture.pts - order.start) * 2.0 * order.strength + 1e-3) % 2 == 0


def _darkened(picture: Picture) -> list[NDArray[Any]]:
    return _towards((black(picture), NEUTRAL, NEUTRAL), 1.0 - DARK, picture)


def _towards(colour: tuple[float, ...], share: float, picture: Picture) -> list[NDArray[Any]]:
    """The picture under a colour (Y'CbCr, code values of 8 bits) that covers it to a share."""
    planes = zip(loaded(picture), colour, strict=False)
    return [stored(plane + share * (value - plane), picture) for plane, value in planes]


def _recipe(name: str, about: str, change: Callable[[Picture, Order], list[NDArray[Any]]]) -> PictureRecipe:
    return PictureRecipe(
        name=f"video.flash:{name}",
        about=about,
        unit="Hz",
        strengths=(10.0, 7.0, 5.0, 4.0),
        seconds=(4.0, 3.0, 2.0, 1.5),
        apply=partial(each, change),
    )


RECIPES = (
    _recipe("general", "the picture flashes bright and dark, so often a second", general),
    _recipe("red", "the picture flashes red, so often a second", red),
)
