"""Pictures that stand still."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Order, Picture, PictureRecipe

STRIP = 0.1
"""Share of the height that a ticker takes."""


def freeze(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """The last picture before stands; ``strength`` is the sigma of the noise that goes on over it, code values."""
    held: list[NDArray[Any]] | None = None
    for picture in pictures:
        if held is None or not order.covers(picture.pts):
            held = [plane.copy() for plane in picture.planes]
            yield picture
            continue
        planes = [plane.copy() for plane in held]
        if order.strength > 0:
            planes[0] = noisy(planes[0], order.strength * picture.scale, order.rng(picture.number), picture.depth)
        yield picture.with_planes(planes)


def noisy(plane: NDArray[Any], sigma: float, rng: np.random.Generator, depth: int) -> NDArray[Any]:
    """A plane with Gaussian noise of this sigma (in its own code values)."""
    noise = np.rint(rng.normal(0.0, sigma, plane.shape))
    changed: NDArray[Any] = np.clip(plane + noise, 0, (1 << depth) - 1).astype(plane.dtype)
    return changed


def freeze_under(
    overlay: Callable[[list[NDArray[Any]], Picture, Order], None], pictures: Iterator[Picture], order: Order
) -> Iterator[Picture]:
    """The picture stands, but for an overlay that runs through the whole file; ``strength`` is its speed."""
    still = Order(order.start, order.end, 0.0, order.seed)
    for picture in freeze(pictures, still):
        planes = [plane.copy() for plane in picture.planes]
        overlay(planes, picture, order)
        yield picture.with_planes(planes)


def ticker(planes: list[NDArray[Any]], picture: Picture, order: Order) -> None:
    """Text that runs along the lower edge at ``strength`` widths a second."""
    height, width = planes[0].shape
    tall = max(8, round(height * STRIP)) & ~1
    band = np.full((tall, width), 40, np.uint8)
    size = cv2.getTextSize(_TEXT, cv2.FONT_HERSHEY_DUPLEX, tall / 40, 1)[0]
    run = int(picture.pts * order.strength * width) % size[0]
    for left in range(-run, width, size[0]):
        cv2.putText(band, _TEXT, (left, round(tall * 0.75)), cv2.FONT_HERSHEY_DUPLEX, tall / 40, 235, 1, cv2.LINE_AA)
    _paint(planes, picture, band, height - tall, 0)


def clock(planes: list[NDArray[Any]], picture: Picture, order: Order) -> None:
    """The time in the upper right corner, ``strength`` steps a second."""
    height, width = planes[0].shape
    tall, wide = max(12, height // 12) & ~1, max(40, width // 6) & ~1
    box = np.full((tall, wide), 30, np.uint8)
    steps = int(picture.pts * order.strength)
    text = f"{20 + steps // 6000 % 4:02d}:{steps // 100 % 60:02d}:{steps % 60:02d}"
    scale = wide / (1.15 * cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)[0][0])
    cv2.putText(box, text, (wide // 16, round(tall * 0.7)), cv2.FONT_HERSHEY_SIMPLEX, scale, 230, 1, cv2.LINE_AA)
    _paint(planes, picture, box, (height // 16) & ~1, (width - wide - width // 20) & ~1)


def _paint(planes: list[NDArray[Any]], picture: Picture, box: NDArray[np.uint8], top: int, left: int) -> None:
    """Lay a box without colour over a picture."""
    height, width = planes[0].shape
    rows, columns = box.shape
    planes[0][top : top + rows, left : left + columns] = box[:, : width - left].astype(planes[0].dtype) * picture.scale
    for plane in planes[1:]:
        down, across = height / plane.shape[0], width / plane.shape[1]
        part = np.s_[int(top / down) : int((top + rows) / down), int(left / across) : int((left + columns) / across)]
        plane[part] = 128 * picture.scale


_TEXT = "ferries run again after the storm  +++  council votes on the new bridge tonight  +++  "

RECIPES = (
    PictureRecipe(
        name="video.freeze",
        about="the picture stands still: one picture is shown again and again",
        unit="code values",
        strengths=(0.0, 0.0, 0.0, 0.0),
        seconds=(6.0, 4.0, 3.0, 2.4),
        apply=freeze,
    ),
    PictureRecipe(
        name="video.freeze:shimmer",
        about="the picture stands still under noise of this sigma, as after another encoding",
        unit="code values",
        strengths=(0.5, 1.0, 1.5, 2.0),
        seconds=(5.0, 4.0, 4.0, 3.0),
        apply=freeze,
    ),
    PictureRecipe(
        name="video.freeze:ticker",
        about="all but a ticker along the lower edge stands still; the strength is its speed in widths",
        unit="1/s",
        strengths=(0.1, 0.2, 0.3, 0.4),
        seconds=(5.0, 4.0, 3.0, 3.0),
        apply=partial(freeze_under, ticker),
    ),
    PictureRecipe(
        name="video.freeze:clock",
        about="all but a clock in a corner stands still; the strength is its steps",
        unit="1/s",
        strengths=(1.0, 1.0, 2.0, 10.0),
        seconds=(5.0, 4.0, 3.0, 3.0),
        apply=partial(freeze_under, clock),
    ),
)
