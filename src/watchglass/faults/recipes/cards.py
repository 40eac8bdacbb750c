"""Something else instead of the programme: colour bars, or a card that asks for patience.

Sources: SMPTE EG 1 (bars with 75 % colours, reversed blue bars, -I, white, +Q and PLUGE); EBU Tech 3325 and ITU-R
BT.1729 (100/0/75/0 bars).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.colour import Rgb, planes_of
from watchglass.faults.recipe import Order, Picture, PictureRecipe
from watchglass.faults.recipes.stills import noisy

Card = NDArray[np.float32]
"""(H, W, 3) R'G'B', 1.0 is 100 %."""
_GREY, _YELLOW, _CYAN, _GREEN, _MAGENTA, _RED, _BLUE = (
    (0.75 * r, 0.75 * g, 0.75 * b)
    for r, g, b in ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
)
_BLACK, _WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_MINUS_I, _PLUS_Q = (0.0, 0.13, 0.30), (0.20, 0.0, 0.42)
_BELOW, _ABOVE = (-0.04, -0.04, -0.04), (0.04, 0.04, 0.04)


def ebu(height: int, width: int) -> Card:
    """Eight bars: white at 100 %, six colours at 75 %, black."""
    return _bands(height, width, (_WHITE, _YELLOW, _CYAN, _GREEN, _MAGENTA, _RED, _BLUE, _BLACK))


def smpte(height: int, width: int) -> Card:
    """Seven bars, the reversed ones below them, and PLUGE."""
    upper, middle = round(height * 2 / 3), round(height / 12)
    bars = _bands(upper, width, (_GREY, _YELLOW, _CYAN, _GREEN, _MAGENTA, _RED, _BLUE))
    turned = _bands(middle, width, (_BLUE, _BLACK, _MAGENTA, _BLACK, _CYAN, _BLACK, _GREY))
    parts = (_MINUS_I, _WHITE, _PLUS_Q, _BLACK, _BELOW, _BLACK, _ABOVE, _BLACK)
    pluge = _bands(height - upper - middle, width, parts, (15, 15, 15, 15, 4, 4, 4, 12))
    return np.concatenate([bars, turned, pluge])


def _bands(height: int, width: int, colours: Sequence[Rgb], shares: Sequence[float] = ()) -> Card:
    """Vertical bands from left to right, equal or by their shares."""
    edges = np.cumsum(shares or [1.0] * len(colours))
    which = np.searchsorted(edges / edges[-1], (np.arange(width) + 0.5) / width)
    return np.broadcast_to(np.asarray(colours, np.float32)[which], (height, width, 3))


def slate(height: int, width: int) -> Card:
    """A card with a mark and two lines of text on a soft ground."""
    shade = np.linspace(40.0, 90.0, height)[:, None, None] * np.asarray((0.45, 0.75, 1.0))
    card = np.ascontiguousarray(np.broadcast_to(shade, (height, width, 3)).astype(np.uint8))
    size = min(height, width)
    centre = (width // 2, round(0.32 * height))
    cv2.circle(card, centre, max(2, round(0.11 * size)), (240, 190, 50), max(1, size // 40), cv2.LINE_AA)
    _centred(card, "We'll be right back", 0.62, 0.6, (240, 240, 240))
    _centred(card, "the programme continues in a moment", 0.76, 0.5, (180, 200, 215))
    return card.astype(np.float32) / np.float32(255.0)


def _centred(card: NDArray[np.uint8], text: str, at: float, share: float, colour: tuple[int, int, int]) -> None:
    """A line of text at a share of the height, as wide as a share of the width."""
    height, width = card.shape[:2]
    natural = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)[0][0]
    scale = share * width / natural
    left = round((1.0 - share) / 2.0 * width)
    weight = max(1, round(scale))
    cv2.putText(card, text, (left, round(at * height)), cv2.FONT_HERSHEY_DUPLEX, scale, colour, weight, cv2.LINE_AA)


def shown(draw: Callable[[int, int], Card], pictures: Iterator[Picture], order: Order) -> Iterator[Picture]:
    """The card instead of the picture, under noise of sigma ``strength``."""
    planes: list[NDArray[Any]] | None = None
    for picture in pictures:
        if not order.covers(picture.pts):
            yield picture
            continue
        if planes is None:
            planes = planes_of(draw(*picture.planes[0].shape), picture)
        made = [plane.copy() for plane in planes]
        if order.strength > 0.0:
            made[0] = noisy(made[0], order.strength * picture.scale, order.rng(14, picture.number), picture.depth)
        yield picture.with_planes(made)


def _card(name: str, about: str, draw: Callable[[int, int], Card]) -> PictureRecipe:
    return PictureRecipe(
        name=name,
        about=f"{about}, under noise of this sigma",
        unit="code values",
        strengths=(0.0, 0.5, 1.0, 1.5),
        seconds=(8.0, 6.0, 4.0, 2.5),
        apply=partial(shown, draw),
    )


RECIPES = (
    _card("video.color_bars:smpte", "SMPTE bars", smpte),
    _card("video.color_bars:ebu", "EBU bars", ebu),
    _card("video.slate", 'a card, "We\'ll be right back"', slate),
)
