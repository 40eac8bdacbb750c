"""Black borders where the picture should be: it was fitted into the wrong shape on its way."""

from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.colour import NEUTRAL, black, loaded, stored
from watchglass.faults.recipe import Order, Picture, PictureRecipe, each


def fitted(sides: tuple[bool, bool], picture: Picture, order: Order) -> list[NDArray[Any]]:
    """The whole picture squeezed into the middle; a share of ``strength`` of its height and its width is black.

    Args:
        sides: Whether it loses height, whether it loses width.
        picture: What is shown.
        order: How much.
    """
    planes = []
    for number, plane in enumerate(loaded(picture)):
        made = np.full(plane.shape, NEUTRAL if number else black(picture), np.float32)
        top, left = (
            round(size * order.strength / 2.0) if is_cut else 0 for size, is_cut in zip(plane.shape, sides, strict=True)
        )
        height, width = max(1, plane.shape[0] - 2 * top), max(1, plane.shape[1] - 2 * left)
        small = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
        made[top : top + height, left : left + width] = small
        planes.append(stored(made, picture))
    return planes


def _border(name: str, about: str, sides: tuple[bool, bool]) -> PictureRecipe:
    return PictureRecipe(
        name=f"video.border:{name}",
        about=f"{about}; the strength is the share that is black",
        unit="1",
        strengths=(0.25, 0.18, 0.12, 0.06),
        seconds=(8.0, 6.0, 5.0, 4.0),
        apply=partial(each, partial(fitted, sides)),
    )


RECIPES = (
    _border("letterbox", "black above and below a squeezed picture", (True, False)),
    _border("pillarbox", "black beside a squeezed picture", (False, True)),
    _border("window", "a shrunken picture with black all around", (True, True)),
)
