"""The pictures of the channel: a rundown of scenes that move, shade and cut as television does.

The rundown lasts 40 s and begins again without a seam. It holds what must not be mistaken for a fault: a fade
through black, a title card that stands still, and a night scene.
"""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.scenery import Picture
from watchglass.faults.scenes import Garden, Harbour, Interview, Match, Night, Scene, TitleCard

FRAME_RATE = 25
LOOP_SECONDS = 40
SIZE = (640, 360)
"""Width and height, in pixels."""


class Planes(NamedTuple):
    """A picture as it is encoded: 8 bit, 4:2:0, limited range, BT.601."""

    y: NDArray[np.uint8]
    """(H, W)."""
    u: NDArray[np.uint8]
    """(H/2, W/2)."""
    v: NDArray[np.uint8]


class Cut(NamedTuple):
    """A scene of the rundown, from ``start`` to ``end`` (seconds of the loop)."""

    name: str
    start: float
    end: float
    build: Callable[[], Scene]
    """Paints the place; costs up to half a second, so it is done when it is first seen."""


FADE = (14.5, 15.5)
"""Seconds of the loop: one scene fades out, black for 0.2 s, the next fades in."""
SLIDE = (21.0, 25.0)
DARK = (25.0, 31.0)


class Rundown:
    """The pictures of the loop, by number.

    Args:
        seed: Another seed is another town, another garden, other players.
        size: Width and height in pixels, both even.
    """

    def __init__(self, seed: int = 0, size: tuple[int, int] = SIZE) -> None:
        width, height = self.size = size
        rngs = np.random.default_rng([seed, 1]).spawn(8)
        guest = ("Ingrid Halvorsen", "harbour master, Vestnes")
        card = ("tomorrow at eight", "THE LONG NIGHT", "a film in four parts")
        self.cuts = (
            Cut("harbour", 0.0, 8.0, partial(Harbour, rngs[0], width, height)),
            Cut("interview", 8.0, 15.0, partial(Interview, rngs[1], width, height, guest, seed)),
            Cut("garden", 15.0, 21.0, partial(Garden, rngs[2], width, height)),
            Cut("title card", *SLIDE, partial(TitleCard, rngs[3], width, height, card)),
            Cut("night", *DARK, partial(Night, rngs[4], width, height)),
            Cut("match", 31.0, 40.0, partial(Match, rngs[5], width, height)),
        )
        self._scenes: dict[str, Scene] = {}
        self._painting = Lock()
        self._grain = [rngs[6].normal(0.0, 2.0, (height + 64, width + 64)).astype(np.int8) for _ in range(2)]

    def _scene(self, cut: Cut) -> Scene:
        with self._painting:
            if cut.name not in self._scenes:
                self._scenes[cut.name] = cut.build()
            return self._scenes[cut.name]

    def picture(self, number: int) -> Planes:
        """The picture with this number, counted from the start of the channel; the loop begins again."""
        number %= FRAME_RATE * LOOP_SECONDS
        t = number / FRAME_RATE
        cut = next(c for c in self.cuts if c.start <= t < c.end)
        scene = self._scene(cut)
        picture = scene.view(t - cut.start)
        is_graphic = isinstance(scene, TitleCard)
        if not is_graphic:
            picture = cv2.GaussianBlur(picture, (3, 3), 0.6)  # type: ignore[assignment]  # a lens, not a plotter
        if FADE[0] <= t < FADE[1]:
            middle = (FADE[0] + FADE[1]) / 2
            picture = (picture * np.clip((abs(t + 0.5 / FRAME_RATE - middle) - 0.1) / 0.4, 0, 1)).astype(np.uint8)
            is_graphic = is_graphic or abs(t - middle) < 0.12
        planes = planes_of(picture)
        return planes if is_graphic else self._with_grain(planes, number)

    def _with_grain(self, planes: Planes, number: int) -> Planes:
        """Sensor noise: a different piece of a noise field for every picture."""
        height, width = planes.y.shape
        x, y = (number * 37) % 61, (number * 23) % 59
        grain = self._grain[number % 2][y : y + height, x : x + width]
        luma = cv2.add(planes.y, grain, dtype=cv2.CV_8U)
        return planes._replace(y=np.clip(luma, 16, 235))


def planes_of(picture: Picture) -> Planes:
    """BGR (H, W, 3) as 4:2:0 planes in limited range, BT.601; H and W even."""
    height, width = picture.shape[:2]
    packed: NDArray[np.uint8] = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    chroma = packed[height:].reshape(2, height // 2, width // 2)
    return Planes(packed[:height], chroma[0], chroma[1])
