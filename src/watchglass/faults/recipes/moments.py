"""Pictures of the wrong moment: dropped, shown twice, torn between two, woven from two."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Order, Picture, PictureRecipe, Reach

LONGEST = 4
"""Pictures that are dropped one after the other, at most."""
SPEED = 0.4
"""Picture heights a second by which the line of a tear moves."""


def dropped(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """``strength`` pictures are dropped, in bursts; the one before is held, and then the motion leaps."""
    held: list[NDArray[Any]] | None = None
    for picture, is_lost in _lossy(pictures, order):
        if is_lost and held is not None:
            yield picture.with_planes([plane.copy() for plane in held])
        else:
            held = picture.planes
            yield picture


def missing(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """``strength`` pictures are dropped, in bursts; nothing is there at their times."""
    return (picture for picture, is_lost in _lossy(pictures, order) if not is_lost)


def _lossy(pictures: Iterator[Picture], order: Order) -> Iterator[tuple[Picture, bool]]:
    """Each picture, and whether it is lost: bursts of one to four, the first at once."""
    rng = order.rng(11)
    bursts: list[int] = []
    while sum(bursts) < order.strength:
        bursts.append(min(int(rng.integers(1, LONGEST + 1)), round(order.strength) - sum(bursts)) or 1)
    begin = deque(_moments(order, len(bursts), rng))
    left = 0
    for picture in pictures:
        if begin and order.covers(picture.pts) and picture.pts >= begin[0] - 1e-6 and left == 0:
            begin.popleft()
            left = bursts.pop()
        yield picture, left > 0
        left = max(0, left - 1)


def _moments(order: Order, count: int, rng: np.random.Generator) -> list[float]:
    """So many moments all over the defect without any beat, the first at once (seconds)."""
    spread = (np.arange(count) + rng.uniform(0.0, 0.7, count) * (np.arange(count) > 0)) / count
    return [order.start + float(share) * (order.end - order.start) for share in spread]


def repeated(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """``strength`` times a picture is shown twice; those that follow are late by one, until one is left out."""
    rng = order.rng(12)
    begin = deque(_moments(order, max(1, round(order.strength)), rng))
    before: list[NDArray[Any]] | None = None
    late, is_in_step = 0, True
    for picture in pictures:
        is_due = bool(begin) and order.covers(picture.pts) and picture.pts >= begin[0] - 1e-6
        if is_due and late == 0 and is_in_step:
            begin.popleft()
            late = int(rng.integers(1, 4))
        is_in_step = late == 0 or before is None or not order.covers(picture.pts)
        shown = picture.planes if is_in_step or before is None else [plane.copy() for plane in before]
        late, before = max(0, late - 1), picture.planes
        yield picture.with_planes(shown)


def torn(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Below a line that moves, the picture is the one ``strength`` pictures before."""
    offset = float(order.rng(13).random())
    for picture, earlier in _with_earlier(pictures, order):
        if not order.covers(picture.pts):
            yield picture
            continue
        run = (offset + SPEED * (picture.pts - order.start)) % 2.0
        share = 0.1 + 0.8 * (run if run < 1.0 else 2.0 - run)
        planes = []
        for now, then in zip(picture.planes, earlier, strict=True):
            cut = round(share * now.shape[0])
            planes.append(np.concatenate([now[:cut], then[cut:]]))
        yield picture.with_planes(planes)


def woven(pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """Every other line is of ``strength`` pictures before, as when two fields are shown as one picture."""
    for picture, earlier in _with_earlier(pictures, order):
        if not order.covers(picture.pts):
            yield picture
            continue
        planes = [plane.copy() for plane in picture.planes]
        for now, then in zip(planes, earlier, strict=True):
            now[1::2] = then[1::2]
        yield picture.with_planes(planes)


def _with_earlier(pictures: Iterator[Picture], order: Order) -> Iterator[tuple[Picture, list[NDArray[Any]]]]:
    """Each picture and the planes of the one ``strength`` pictures before, or of the first that there was."""
    past: deque[list[NDArray[Any]]] = deque(maxlen=max(1, round(order.strength)) + 1)
    for picture in pictures:
        past.append(picture.planes)
        yield picture, past[0]


def _recipe(
    name: str,
    about: str,
    strengths: tuple[float, float, float, float],
    apply: Callable[[Iterator[Picture], Order], Iterator[Picture]],
) -> PictureRecipe:
    is_stutter = name.startswith("video.stutter")
    reach = Reach.MOMENTS if is_stutter else Reach.SPAN
    seconds = (4.0, 4.0, 4.0, 4.0) if is_stutter else (4.0, 3.0, 2.0, 1.0)
    return PictureRecipe(name, about, "pictures", strengths, seconds, apply, reach)


RECIPES = (
    _recipe("video.stutter:dropped", "pictures dropped, the one before is held", (16.0, 12.0, 8.0, 4.0), dropped),
    _recipe("video.stutter:missing", "pictures dropped, nothing at their times", (16.0, 12.0, 8.0, 4.0), missing),
    _recipe("video.stutter:repeated", "pictures shown twice, others left out", (16.0, 12.0, 8.0, 4.0), repeated),
    _recipe("video.tearing", "the lower part is so many pictures older", (4.0, 3.0, 2.0, 1.0), torn),
    _recipe("video.combing", "every other line is so many pictures older", (3.0, 2.0, 1.0, 1.0), woven),
)
