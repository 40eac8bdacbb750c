"""Scenes without end: each a place, a camera and a way of being hard for a detector, by chance."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults import scenery
from watchglass.faults.scenes import Garden, Harbour, Interview, Match, Night, Scene, TitleCard

Rng = np.random.Generator
Picture = NDArray[np.uint8]
WORDS = [
    "ferry",
    "storm",
    "council",
    "bridge",
    "night",
    "river",
    "market",
    "signal",
    "winter",
    "harbour",
    "north",
    "letter",
    "garden",
    "engine",
    "silver",
]


class Leaves:
    """Dead leaves or a texture before a camera that pans, zooms, turns and shakes."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._size = width, height
        palette = [tuple(rng.uniform(20, 230, 3)) for _ in range(5)]
        w, h = int(1.6 * width), int(1.6 * height)
        if rng.random() < 0.6:
            self._world = scenery.dead_leaves(rng, h, w, palette, smallest=float(rng.uniform(3, 8)))
        else:
            field = scenery.cloud(rng, h, w, float(rng.uniform(0.8, 1.6)))
            self._world = scenery.tint(field, palette[0], float(rng.uniform(0.1, 0.4)))
        self._speed = rng.normal(0.0, 0.06, 2) * width
        self._zoom, self._turn = float(rng.normal(0, 0.03)), float(rng.normal(0, 2.0))
        self._shake = float(rng.choice([0.0, 0.4, 1.5]))
        self._phase = rng.uniform(0, 6, 4)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        width, height = self._size
        p = self._phase
        x = 0.8 * width + self._speed[0] * t + self._shake * (np.sin(9.1 * t + p[0]) + np.sin(13.7 * t + p[1]))
        y = 0.8 * height + self._speed[1] * t + self._shake * (np.sin(8.3 * t + p[2]) + np.sin(15.1 * t + p[3]))
        return scenery.zoomed(self._world, x, y, 1.05 * np.exp(self._zoom * t), self._turn * t, height, width)


class Room:
    """A fixed camera: almost nothing moves but the noise, and now and then a hand, a lamp, a curtain."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._base = scenery.soft(scenery.dead_leaves(rng, height, width, [(90, 100, 120), (60, 70, 90)], 8.0), 3.0)
        self._at = (int(rng.uniform(0.2, 0.8) * width), int(rng.uniform(0.3, 0.8) * height))
        self._reach = float(rng.choice([0.01, 0.03, 0.08])) * width
        self._pace = float(rng.uniform(0.5, 4.0))

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        picture = self._base.copy()
        x = self._at[0] + self._reach * np.sin(self._pace * t)
        y = self._at[1] + 0.5 * self._reach * np.sin(1.7 * self._pace * t + 1)
        scenery.oval(picture, x, y, picture.shape[0] / 14, picture.shape[0] / 10, (150, 170, 210))
        return picture


class Cartoon:
    """Flat colours, drawn on twos or threes, with holds of up to 1.2 s."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._back = scenery.gradient(height, width, tuple(rng.uniform(80, 250, 3)), tuple(rng.uniform(80, 250, 3)))
        self._drawings = float(rng.choice([12.0, 12.5, 8.0]))
        self._holds = rng.random(64) < 0.12
        self._figures = [
            (rng.uniform(0.1, 0.9, 2), rng.uniform(0.05, 0.2), rng.uniform(0, 255, 3), rng.uniform(0.5, 3))
            for _ in range(4)
        ]

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        second, part = divmod(t, 1.2)
        if self._holds[int(second) % 64]:
            part = 0.0
        t = int((second * 1.2 + part) * self._drawings) / self._drawings
        picture = self._back.copy()
        height, width = picture.shape[:2]
        for (x, y), size, colour, pace in self._figures:
            scenery.oval(
                picture,
                width * (x + 0.15 * np.sin(pace * t)),
                height * (y + 0.1 * np.sin(1.3 * pace * t + x)),
                size * height,
                1.4 * size * height,
                tuple(colour),
            )
        return picture


class Screen:
    """A recorded screen: windows, text that scrolls or is typed, a pointer that rests and moves."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._size = width, height
        self._page = np.full((3 * height, width, 3), rng.choice([252, 30]), np.uint8)
        ink = (20, 20, 20) if self._page[0, 0, 0] > 100 else (220, 220, 210)
        for y in range(20, 3 * height, max(12, height // 16)):
            scenery.caption(self._page, " ".join(rng.choice(WORDS, 7)), 0.06 * width, y, height / 26, ink)
        self._scrolls = rng.random(32) < 0.45
        self._pace = float(rng.uniform(0.05, 0.3))

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        width, height = self._size
        whole = sum(1.0 for n in range(int(t)) if self._scrolls[n % 32])
        run = whole + ((t % 1.0) if self._scrolls[int(t) % 32] else 0.0)
        top = int(run * self._pace * height) % (2 * height)
        picture = self._page[top : top + height].copy()
        x, y = int(width * (0.5 + 0.3 * np.sin(0.8 * int(2 * t)))), int(height * (0.5 + 0.3 * np.cos(0.5 * int(2 * t))))
        cv2.circle(picture, (x, y), max(3, height // 60), (60, 60, 230), -1, cv2.LINE_AA)
        return picture


class Slide:
    """A still card with text, or a photograph."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        if rng.random() < 0.5:
            self._card = scenery.dead_leaves(rng, height, width, [(60, 90, 40), (120, 140, 160)], 4.0)
        else:
            self._card = scenery.gradient(height, width, tuple(rng.uniform(0, 200, 3)), tuple(rng.uniform(0, 200, 3)))
        for line in range(int(rng.integers(1, 4))):
            text = " ".join(rng.choice(WORDS, 3))
            scenery.caption(self._card, text, 0.1 * width, (0.3 + 0.2 * line) * height, height / 12, (240, 240, 240), 2)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        return self._card


class Credits:
    """Names that roll over black."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._size = width, height
        self._roll = np.zeros((4 * height, width, 3), np.uint8)
        for y in range(height // 2, 4 * height - 20, height // 7):
            scenery.caption(self._roll, " ".join(rng.choice(WORDS, 2)), 0.35 * width, y, height / 22, (225, 225, 225))
        self._speed = float(rng.uniform(0.1, 0.25)) * height

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        width, height = self._size
        return scenery.shifted(self._roll, 0.0, min(self._speed * t + 0.3 * height, 3.0 * height - 1), height, width)


class Dark:
    """Film at night: shapes that are barely there, one of them moving, one small light."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._leaves = Leaves(rng, width, height)
        self._gain = float(rng.uniform(0.06, 0.2))
        self._light = rng.uniform(0.2, 0.8, 2)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        picture = (self._leaves.view(t) * self._gain).astype(np.uint8)
        height, width = picture.shape[:2]
        scenery.oval(picture, width * self._light[0] + 3 * np.sin(t), height * self._light[1], 4, 4, (90, 160, 200))
        return picture


class Sky:
    """Nearly one colour: a sky, a wall of fog, with a bird or a cloud in it."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        top = tuple(rng.uniform(150, 235, 3))
        self._sky = scenery.gradient(height, width, top, tuple(np.asarray(top) * rng.uniform(0.85, 0.97)))
        self._speed = rng.normal(0.0, 0.2, 2)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        picture = self._sky.copy()
        height, width = picture.shape[:2]
        x, y = (0.5 + self._speed * t) % 1.0
        scenery.oval(picture, width * x, height * y, height / 16, height / (30 + 10 * np.sin(9 * t)), (70, 60, 60))
        return picture


class Confetti:
    """Leaves that fall: everything changes in every picture."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._size = width, height
        self._at = rng.uniform(0, 1, (160, 2))
        self._pace = rng.uniform(0.1, 0.6, 160)
        self._colours = rng.uniform(60, 255, (160, 3))
        self._back = scenery.soft(scenery.dead_leaves(rng, height, width, [(70, 60, 60), (40, 50, 90)], 6.0), 2.0)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        width, height = self._size
        picture = self._back.copy()
        for (x, y), pace, colour in zip(self._at, self._pace, self._colours, strict=True):
            px, py = int(width * ((x + 0.03 * np.sin(5 * t + 9 * y)) % 1.0)), int(height * ((y + pace * t) % 1.0))
            cv2.rectangle(picture, (px, py), (px + 4, py + 3), colour.tolist(), -1)
        return picture


class TitleOnBlack:
    """A line of text on black, that fades in and out; black alone for less than a second."""

    def __init__(self, rng: Rng, width: int, height: int) -> None:
        self._card = np.zeros((height, width, 3), np.uint8)
        scenery.caption(
            self._card, " ".join(rng.choice(WORDS, 3)), 0.2 * width, 0.55 * height, height / 9, (230, 230, 230), 2
        )

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        return (self._card * float(np.clip(t / 0.6, 0.0, 1.0))).astype(np.uint8)


def _named(make: Any, *more: Any) -> Callable[[Rng, int, int], Scene]:
    return lambda rng, width, height: make(rng, width, height, *more)


SCENES: dict[str, tuple[float, tuple[float, float], Callable[[Rng, int, int], Scene]]] = {
    "leaves": (5.0, (2.0, 10.0), Leaves),
    "harbour": (1.0, (4.0, 10.0), Harbour),
    "interview": (1.5, (4.0, 12.0), _named(Interview, ("Ingrid Halvorsen", "harbour master"), 3)),
    "garden": (1.0, (3.0, 8.0), Garden),
    "match": (1.0, (5.0, 12.0), Match),
    "night": (0.7, (3.0, 8.0), Night),
    "title card": (0.5, (2.0, 6.0), _named(TitleCard, ("tomorrow at eight", "THE LONG NIGHT", "a film in four parts"))),
    "room": (2.0, (3.0, 12.0), Room),
    "cartoon": (1.5, (3.0, 10.0), Cartoon),
    "screen": (1.0, (4.0, 10.0), Screen),
    "slide": (1.0, (2.5, 9.0), Slide),
    "credits": (0.5, (4.0, 10.0), Credits),
    "dark": (1.0, (3.0, 9.0), Dark),
    "sky": (0.7, (2.0, 6.0), Sky),
    "confetti": (0.7, (2.0, 6.0), Confetti),
    "title on black": (0.5, (2.0, 5.0), TitleOnBlack),
}
"""Weight, seconds from and to, and what makes it."""
