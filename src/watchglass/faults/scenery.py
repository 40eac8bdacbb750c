"""What the scenes of the channel are painted from: textures, silhouettes, houses, people.

Everything is BGR uint8, painted once; a scene then only moves the layers. Natural pictures have a spectrum that
falls with 1/f and edges where one thing hides another (dead leaves); both matter to an encoder and to a detector,
which would have an easy life with test patterns.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8, BGR."""
Mask = NDArray[np.uint8]
"""(H, W) uint8: 255 where the thing is."""
Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""


def soft(picture: Picture, sigma: float) -> Picture:
    """Out of focus by ``sigma`` pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def cloud(rng: np.random.Generator, height: int, width: int, exponent: float = 1.2) -> NDArray[np.float32]:
    """1/f noise: (height, width) float32 with mean 0 and deviation 1, seamless at its borders.

    Args:
        rng: Where chance comes from.
        height: Pixels.
        width: Pixels.
        exponent: How steeply the amplitude falls with frequency; 1 is the average of natural pictures.
    """
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) / radius**exponent
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(height, width))
    return np.asarray(field / field.std(), np.float32)


def tint(field: NDArray[np.float32], colour: Colour, contrast: float) -> Picture:
    """A texture in a colour: ``field`` (deviation 1) brightens and darkens it by ``contrast`` (share of it)."""
    shaded = np.asarray(colour, np.float32) * (1.0 + contrast * field[..., None])
    return np.clip(shaded, 0, 255).astype(np.uint8)


def gradient(height: int, width: int, top: Colour, bottom: Colour) -> Picture:
    """A vertical run from one colour to another."""
    t = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    column = (1 - t) * np.asarray(top, np.float32) + t * np.asarray(bottom, np.float32)
    return np.broadcast_to(column, (height, width, 3)).astype(np.uint8).copy()


def dead_leaves(rng: np.random.Generator, height: int, width: int, palette: list[Colour], smallest: float) -> Picture:
    """Leaves that hide each other, their sizes by a power law: what foliage, gravel and crowds have in common.

    Args:
        rng: Where chance comes from.
        height: Pixels.
        width: Pixels.
        palette: Colours to vary.
        smallest: Radius of the smallest leaf, in pixels.
    """
    leaves = np.zeros((height, width, 3), np.uint8)
    leaves[:] = palette[0]
    largest = height / 7
    count = int(2.2 * height * width / (smallest**1.5 * largest**0.5) / 8)
    # Drawn from large to small would leave no large ones visible behind; a shuffled order is the real thing.
    radii = smallest * (1 - rng.random(count) * (1 - (smallest / largest) ** 2)) ** -0.5
    for radius in radii:
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.35, 0.8))))
        colour = np.asarray(palette[int(rng.integers(len(palette)))]) * rng.uniform(0.6, 1.3)
        cv2.ellipse(
            leaves, centre, axes, rng.uniform(0, 180), 0, 360, np.clip(colour, 0, 255).tolist(), -1, cv2.LINE_AA
        )
    grain = cloud(rng, height, width, 0.8)
    return np.clip(leaves * (1.0 + 0.10 * grain[..., None]), 0, 255).astype(np.uint8)


def hills(rng: np.random.Generator, height: int, width: int, crest: float, roughness: float) -> Mask:
    """A ridge against the sky: everything below a seamless random line around ``crest`` (share of the height)."""
    steps = np.fft.rfftfreq(width, 1 / width)
    steps[0] = np.inf
    spectrum = np.fft.rfft(rng.standard_normal(width)) / steps**1.6
    line = np.fft.irfft(spectrum, width)
    line = crest * height + roughness * height * line / np.abs(line).max()
    return np.where(np.arange(height)[:, None] > line[None, :], 255, 0).astype(np.uint8)


def street(rng: np.random.Generator, height: int, width: int, ground: float, *, night: bool) -> tuple[Picture, Mask]:
    """A row of houses that stand on a line at ``ground`` (share of the height): the picture and where they are."""
    houses, mask = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)
    base, left = int(ground * height), 0
    walls: list[Colour] = [(120, 150, 190), (150, 175, 200), (110, 125, 160), (170, 180, 185), (105, 135, 175)]
    while left < width:
        wide = int(height * rng.uniform(0.16, 0.34))
        tall = int(height * rng.uniform(0.24, 0.5))
        right, top = min(width, left + wide), base - tall
        wall = np.asarray(walls[int(rng.integers(len(walls)))]) * rng.uniform(0.75, 1.1) * (0.24 if night else 1.0)
        cv2.rectangle(houses, (left, top), (right, base), wall.tolist(), -1)
        cv2.rectangle(mask, (left, top), (right, base), 255, -1)
        roof = np.array([[left - 3, top], [(left + right) // 2, top - int(0.3 * wide)], [right + 3, top]], np.int32)
        slate = (np.asarray((60, 60, 110)) * rng.uniform(0.7, 1.2) * (0.3 if night else 1.0)).tolist()
        cv2.fillPoly(houses, [roof], slate, cv2.LINE_AA)
        cv2.fillPoly(mask, [roof], 255)
        _windows(rng, houses, (left, top, right, base), night=night)
        left = right + int(rng.integers(0, 3))
    grain = cloud(rng, height, width, 0.7)
    return np.clip(houses * (1.0 + 0.07 * grain[..., None]), 0, 255).astype(np.uint8), mask


def _windows(rng: np.random.Generator, houses: Picture, box: tuple[int, int, int, int], *, night: bool) -> None:
    left, top, right, base = box
    pane = max(5, (right - left) // 7)
    for y in range(top + pane, base - pane, int(2.3 * pane)):
        for x in range(left + pane, right - pane, 2 * pane):
            is_lit = rng.random() < (0.45 if night else 0.1)
            if night:
                colour = np.asarray((95, 170, 225)) * rng.uniform(0.5, 1.0) if is_lit else np.asarray((22, 18, 16))
            else:
                colour = np.asarray((200, 205, 205) if is_lit else (90, 75, 60)) * rng.uniform(0.7, 1.1)
            cv2.rectangle(houses, (x, y), (x + pane - 2, y + int(1.4 * pane)), np.clip(colour, 0, 255).tolist(), -1)


def shifted(layer: NDArray[np.uint8], x: float, y: float, height: int, width: int) -> NDArray[np.uint8]:
    """The part of a wider layer that the camera sees at (x, y), to a fraction of a pixel."""
    centre = (x + (width - 1) / 2, y + (height - 1) / 2)
    return np.asarray(cv2.getRectSubPix(layer, (width, height), centre), np.uint8)


def zoomed(layer: Picture, x: float, y: float, scale: float, angle: float, height: int, width: int) -> Picture:
    """What the camera sees around (x, y) of a layer, ``scale`` times larger, turned by ``angle`` degrees."""
    view = cv2.getRotationMatrix2D((x, y), angle, scale)
    view[:, 2] += np.array([width / 2 - x, height / 2 - y])
    return cv2.warpAffine(layer, view, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def walker(canvas: Picture, x: float, foot: float, size: float, phase: float, coat: Colour, skin: Colour) -> None:
    """A person who walks, seen from the side: ``foot`` and ``size`` in pixels, ``phase`` of the step in radians."""
    dark = tuple(0.35 * c for c in coat)
    hip, neck = foot - 0.47 * size, foot - 0.82 * size
    swing = 0.16 * size * np.sin(phase)
    bob = 0.012 * size * np.cos(2 * phase)
    thick = max(2, int(0.085 * size))
    for side in (-1, 1):
        _line(canvas, (x, hip - bob), (x + side * swing, foot), dark, thick)
    _line(canvas, (x, neck + 0.05 * size - bob), (x - 0.8 * swing, hip - bob), tuple(0.8 * c for c in coat), thick)
    centre = (int(x), int((hip + neck) / 2 - bob))
    cv2.ellipse(canvas, centre, (int(0.105 * size), int(0.2 * size)), 0, 0, 360, coat, -1, cv2.LINE_AA)
    _line(canvas, (x, neck + 0.05 * size - bob), (x + 0.8 * swing, hip - bob), tuple(0.9 * c for c in coat), thick)
    head = (int(x + 0.01 * size), int(foot - 0.92 * size - bob))
    cv2.circle(canvas, head, max(2, int(0.075 * size)), skin, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, head, (max(2, int(0.08 * size)),) * 2, 0, 180, 330, dark, -1, cv2.LINE_AA)


def _line(canvas: Picture, start: Any, end: Any, colour: Any, thick: int) -> None:
    first, last = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
    cv2.line(canvas, first, last, colour, thick, cv2.LINE_AA)


def oval(canvas: Any, x: float, y: float, half_width: float, half_height: float, colour: Colour | int) -> None:
    """A filled ellipse around (x, y)."""
    axes = (max(1, int(half_width)), max(1, int(half_height)))
    cv2.ellipse(canvas, (int(x), int(y)), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)


def caption(canvas: Picture, text: str, x: float, y: float, size: float, colour: Colour, weight: int = 1) -> None:
    """A line of text with its lower left corner at (x, y); ``size`` is the height of a capital, in pixels."""
    scale = size / 21.0  # the Hershey letters are 21 units high
    cv2.putText(canvas, text, (int(x), int(y)), cv2.FONT_HERSHEY_DUPLEX, scale, colour, weight, cv2.LINE_AA)
