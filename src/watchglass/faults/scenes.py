"""The places that the channel shows, each a camera before moving layers."""

from typing import Protocol

import cv2
import numpy as np

from watchglass.faults import scenery
from watchglass.faults.scenery import Picture


class Scene(Protocol):
    """A place before the camera."""

    def view(self, t: float) -> Picture:
        """What the camera sees ``t`` seconds after the cut."""


class Harbour:
    """A waterfront by day: the camera pans over sky, hills, houses and people who walk."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = height, width
        wide = 2 * width
        sky = scenery.gradient(height, wide, (215, 165, 110), (235, 220, 200)).astype(np.float32)
        clouds = np.clip(scenery.cloud(rng, height, wide, 1.6), 0.2, 2.0)[..., None] - 0.2
        self._sky = np.clip(sky + (255 - sky) * 0.55 * clouds, 0, 255).astype(np.uint8)
        self._ridge = scenery.hills(rng, height, wide, 0.46, 0.09)
        self._hill = scenery.tint(scenery.cloud(rng, height, wide, 1.0), (125, 135, 105), 0.16)
        self._houses, self._standing = scenery.street(rng, height, wide, 0.76, night=False)
        ground = scenery.tint(scenery.cloud(rng, height, wide, 0.9), (120, 130, 138), 0.13)
        self._ground = ground
        coats = [(60, 50, 150), (150, 90, 50), (70, 110, 60), (50, 50, 55), (60, 130, 190), (130, 70, 120)]
        self._people = [
            (
                rng.uniform(0, 1.6) * width,
                rng.choice([-1, 1]) * rng.uniform(0.07, 0.13) * width,
                coat,
                rng.uniform(0, 6),
            )
            for coat in coats
        ]

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        height, width = self._size
        pan = width * (0.12 + 0.055 * t) + 1.2 * np.sin(2.3 * t)
        sway = 0.8 * np.sin(1.7 * t)
        picture = scenery.shifted(self._sky, 0.25 * pan + 4 * t, sway, height, width)
        for layer, mask, depth in (
            (self._hill, self._ridge, 0.45),
            (self._houses, self._standing, 0.9),
        ):
            there = scenery.shifted(mask, depth * pan, sway, height, width)
            cv2.copyTo(scenery.shifted(layer, depth * pan, sway, height, width), there, picture)
        quay = int(0.76 * height)
        picture[quay:] = scenery.shifted(self._ground, 1.1 * pan, sway, height, width)[quay:]
        for number, (x, speed, coat, phase) in enumerate(self._people):
            size = height * (0.2 + 0.035 * number)
            foot = height * (0.8 + 0.032 * number)
            place = (x + speed * t - pan + width * 0.2) % (1.5 * width) - 0.2 * width
            scenery.walker(picture, place, foot, size, phase + 5.5 * t * np.sign(speed), coat, (140, 170, 215))
        return picture


class Interview:
    """A person who talks before a blurred room, with a title in the lower third."""

    def __init__(self, rng: np.random.Generator, width: int, height: int, title: tuple[str, str], shirt: int) -> None:
        self._size = height, width
        room = scenery.dead_leaves(
            rng, height + 40, width + 40, [(50, 60, 75), (80, 95, 120), (60, 110, 150), (110, 90, 70)], 14
        )
        room = scenery.soft(room, 9)
        lamps = np.zeros_like(room)
        for _ in range(9):
            at = (int(rng.integers(width)), int(rng.integers(height * 2 // 3)))
            cv2.circle(lamps, at, int(rng.integers(9, 24)), (110, 180, 240), -1, cv2.LINE_AA)
        glow = scenery.soft((lamps * 0.55).astype(np.uint8), 2.5)
        self._room: Picture = np.asarray(cv2.add(room, glow), np.uint8)
        jacket = [(90, 60, 40), (60, 60, 95), (70, 85, 60)][shirt % 3]
        self._jacket = scenery.tint(scenery.cloud(rng, height, width, 0.6), jacket, 0.12)
        light = np.clip((np.arange(width, dtype=np.float32) - 0.5 * width) / (0.32 * height), -1, 1)
        shade = 0.97 - 0.18 * light[None, :] + 0.03 * scenery.cloud(rng, height, width, 1.1)
        self._skin: Picture = np.clip(np.asarray((130, 165, 215)) * shade[..., None], 0, 255).astype(np.uint8)
        self._title = title
        self._phase = rng.uniform(0, 6, 6)

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        height, width = self._size
        p = self._phase
        x, y = 20 + 2.5 * np.sin(0.9 * t + p[0]), 20 + 1.8 * np.sin(1.3 * t + p[1])
        picture = scenery.shifted(self._room, float(x), float(y), height, width)
        nod = 0.012 * height * np.sin(2.6 * t + p[2]) + 0.008 * height * np.sin(5.1 * t + p[3])
        lean = 0.018 * width * np.sin(0.7 * t + p[4]) + 0.006 * width * np.sin(3.1 * t + p[5])
        self._figure(picture, 0.43 * width + lean, 0.40 * height + nod, t)
        self._lower_third(picture, t)
        return picture

    def _figure(self, picture: Picture, x: float, y: float, t: float) -> None:
        height, width = self._size
        unit = 0.2 * height  # half the height of the head
        body, face = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
        scenery.oval(body, 0.43 * width + 0.3 * (x - 0.43 * width), 1.06 * height, 2.15 * unit, 2.0 * unit, 255)
        cv2.copyTo(self._jacket, body, picture)
        scenery.oval(picture, x, y + 1.32 * unit, 0.42 * unit, 0.75 * unit, (105, 135, 185))
        scenery.oval(picture, x, y - 0.12 * unit, 0.86 * unit, 1.12 * unit, (28, 38, 55))
        scenery.oval(face, x, y + 0.1 * unit, 0.72 * unit, 0.95 * unit, 255)
        cv2.copyTo(scenery.shifted(self._skin, 0.5 * width - x, 0.5 * height - y, height, width), face, picture)
        self._features(picture, x, y, unit, t)

    def _features(self, picture: Picture, x: float, y: float, unit: float, t: float) -> None:
        is_blinking = (t * 1.0 + self._phase[0]) % 2.9 < 0.13
        gaze = 0.03 * unit * np.sin(1.1 * t)
        for side in (-1, 1):
            at, level = x + side * 0.3 * unit, y - 0.02 * unit
            scenery.oval(picture, at, level, 0.14 * unit, 1 if is_blinking else 0.085 * unit, (225, 230, 235))
            if not is_blinking:
                scenery.oval(picture, at + gaze, level, 0.065 * unit, 0.065 * unit, (40, 45, 50))
            brow = (int(at), int(level - 0.2 * unit - 0.02 * unit * np.sin(3 * t)))
            cv2.ellipse(picture, brow, (int(0.19 * unit), int(0.07 * unit)), 0, 190, 350, (35, 45, 65), 2, cv2.LINE_AA)
        nose = (int(x + 0.02 * unit), int(y + 0.28 * unit))
        cv2.ellipse(picture, nose, (int(0.1 * unit), int(0.13 * unit)), 0, 20, 170, (95, 125, 175), 2, cv2.LINE_AA)
        opening = abs(np.sin(7.3 * t) * np.sin(2.9 * t + 1)) * (np.sin(0.9 * t + self._phase[1]) > -0.6)
        wide, tall = unit * (0.27 - 0.06 * opening), max(2.0, unit * (0.05 + 0.16 * opening))
        scenery.oval(picture, x, y + 0.57 * unit, wide, tall, (85, 85, 165))
        scenery.oval(picture, x, y + 0.57 * unit, 0.78 * wide, tall - 2, (40, 35, 70))

    def _lower_third(self, picture: Picture, t: float) -> None:
        height, width = self._size
        shown = float(np.clip(min((t - 1.2) / 0.5, (5.6 - t) / 0.4), 0, 1))
        if shown <= 0:
            return
        eased = 1 - (1 - shown) ** 3
        right = int(0.06 * width + eased * 0.52 * width)
        top, bottom = int(0.76 * height), int(0.9 * height)
        left = int(0.06 * width)
        band = picture[top:bottom, left:right]
        band[:] = (band * 0.25 + np.asarray((105, 55, 20)) * 0.75).astype(np.uint8)
        cv2.rectangle(picture, (left, top), (left + 4, bottom), (60, 190, 245), -1)
        if eased > 0.9:
            scenery.caption(picture, self._title[0], left + 16, top + 0.062 * height, 0.036 * height, (250, 250, 250))
            scenery.caption(picture, self._title[1], left + 16, top + 0.115 * height, 0.026 * height, (225, 215, 200))


class Garden:
    """Foliage in the wind: the camera moves in, a few blossoms sway before it."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = height, width
        greens: list[scenery.Colour] = [(45, 85, 50), (40, 120, 75), (60, 150, 110), (35, 60, 35), (90, 170, 150)]
        self._leaves = scenery.dead_leaves(rng, int(1.5 * height), int(1.5 * width), greens, 3.0)
        self._blossoms = [
            (rng.uniform(0.05, 0.95), rng.uniform(0.45, 0.95), rng.uniform(0.035, 0.07), rng.uniform(0, 6))
            for _ in range(7)
        ]
        rows, columns = np.indices((height, width), dtype=np.float32)
        self._rows, self._columns = rows, columns

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        height, width = self._size
        x, y = 0.75 * width + 16 * np.sin(0.5 * t), 0.75 * height + 8 * np.sin(0.8 * t)
        picture = scenery.zoomed(
            self._leaves, float(x), float(y), 1.02 + 0.035 * t, 0.8 * float(np.sin(0.6 * t)), height, width
        )
        # Wind: two travelling waves bend the leaves by a few pixels.
        bend = 2.6 * np.sin(0.021 * self._columns[0] + 2.8 * t) + 1.4 * np.sin(0.05 * self._columns[0] - 4.1 * t)
        lift = 1.8 * np.sin(0.03 * self._rows[:, 0] + 3.3 * t)
        across = self._columns + bend[None, :].astype(np.float32)
        down = self._rows + lift[:, None].astype(np.float32)
        picture = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # type: ignore[assignment]
        for u, v, size, phase in self._blossoms:
            sway = 0.02 * width * np.sin(1.9 * t + phase)
            self._blossom(
                picture, u * width + sway, v * height + 3 * np.sin(3 * t + phase), size * height, phase + 0.2 * t
            )
        return picture

    def _blossom(self, picture: Picture, x: float, y: float, size: float, turn: float) -> None:
        stem = (int(x), int(y)), (int(x - 0.4 * size), self._size[0])
        cv2.line(picture, *stem, (45, 95, 60), max(2, int(0.14 * size)), cv2.LINE_AA)
        for petal in range(6):
            angle = turn + petal * np.pi / 3
            at = (int(x + 0.6 * size * np.cos(angle)), int(y + 0.6 * size * np.sin(angle)))
            colour = (175 + 8 * petal, 120 + 6 * petal, 225)
            cv2.ellipse(
                picture, at, (int(0.55 * size), int(0.3 * size)), np.degrees(angle), 0, 360, colour, -1, cv2.LINE_AA
            )
        cv2.circle(picture, (int(x), int(y)), max(2, int(0.3 * size)), (60, 180, 230), -1, cv2.LINE_AA)


class TitleCard:
    """A slide: it stands still while the sound goes on."""

    def __init__(self, rng: np.random.Generator, width: int, height: int, lines: tuple[str, str, str]) -> None:
        shade = 1.0 + 0.05 * scenery.cloud(rng, height, width, 1.8)[..., None]
        paper = scenery.gradient(height, width, (110, 60, 30), (60, 28, 16))
        card: Picture = np.clip(paper * shade, 0, 255).astype(np.uint8)
        cv2.circle(card, (int(0.8 * width), int(0.45 * height)), int(0.2 * height), (90, 175, 240), -1, cv2.LINE_AA)
        cv2.circle(card, (int(0.84 * width), int(0.42 * height)), int(0.17 * height), (100, 55, 28), -1, cv2.LINE_AA)
        cv2.rectangle(
            card, (int(0.08 * width), int(0.58 * height)), (int(0.5 * width), int(0.588 * height)), (90, 175, 240), -1
        )
        scenery.caption(card, lines[0], 0.08 * width, 0.36 * height, 0.05 * height, (200, 195, 190))
        scenery.caption(card, lines[1], 0.08 * width, 0.51 * height, 0.085 * height, (250, 250, 250), 2)
        scenery.caption(card, lines[2], 0.08 * width, 0.7 * height, 0.045 * height, (200, 195, 190))
        self._card = card

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        return self._card.copy()


class Night:
    """A street at night: dark, but full of detail; cars pass, windows go on and off."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = height, width
        wide = int(1.5 * width)
        sky = scenery.gradient(height, wide, (34, 22, 18), (62, 44, 36)).astype(np.float32)
        self._sky = np.clip(sky * (1 + 0.15 * scenery.cloud(rng, height, wide, 1.6)[..., None]), 0, 255).astype(
            np.uint8
        )
        self._houses, self._standing = scenery.street(rng, height, wide, 0.72, night=True)
        self._road = scenery.tint(scenery.cloud(rng, height, wide, 0.9), (44, 42, 44), 0.22)
        self._cars = [(rng.uniform(-0.4, 1.2), rng.choice([-1, 1]) * rng.uniform(0.22, 0.4)) for _ in range(4)]

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        height, width = self._size
        pan = 0.06 * width + 0.018 * width * t + 1.3 * np.sin(1.9 * t)
        sway = 0.7 * np.sin(2.2 * t)
        picture = scenery.shifted(self._sky, 0.3 * pan, sway, height, width)
        there = scenery.shifted(self._standing, pan, sway, height, width)
        cv2.copyTo(scenery.shifted(self._houses, pan, sway, height, width), there, picture)
        kerb = int(0.72 * height)
        picture[kerb:] = scenery.shifted(self._road, 1.1 * pan, sway, height, width)[kerb:]
        glow = np.zeros((height // 2, width // 2, 3), np.uint8)
        for place, speed in self._cars:
            x = ((place + speed * t) % 1.7 - 0.35) * width
            y = (0.83 if speed > 0 else 0.92) * height
            scale = 1.0 if speed > 0 else 1.3
            self._car(picture, x, y, speed, scale)
            beam = (int((x + np.sign(speed) * 0.1 * width * scale) / 2), int(y / 2))
            cv2.ellipse(glow, beam, (int(0.05 * width), int(0.03 * height)), 0, 0, 360, (60, 90, 105), -1)
        glow = scenery.soft(glow, 7)
        return cv2.add(picture, cv2.resize(glow, (width, height), interpolation=cv2.INTER_LINEAR))  # type: ignore[return-value]

    def _car(self, picture: Picture, x: float, y: float, speed: float, scale: float) -> None:
        height, width = self._size
        long, tall = 0.075 * width * scale, 0.045 * height * scale
        body = (int(x - long), int(y - tall)), (int(x + long), int(y + tall))
        cv2.rectangle(picture, *body, (52, 38, 34), -1, cv2.LINE_AA)
        cabin = (int(x - 0.55 * long), int(y - 2.1 * tall)), (int(x + 0.5 * long), int(y - tall))
        cv2.rectangle(picture, *cabin, (40, 34, 32), -1, cv2.LINE_AA)
        for wheel in (-0.6, 0.6):
            cv2.circle(picture, (int(x + wheel * long), int(y + tall)), int(0.7 * tall), (14, 14, 14), -1, cv2.LINE_AA)
        front = int(np.sign(speed) * long)
        cv2.circle(picture, (int(x + front), int(y)), max(2, int(0.3 * tall)), (200, 240, 250), -1, cv2.LINE_AA)
        cv2.circle(picture, (int(x - front), int(y)), max(2, int(0.25 * tall)), (40, 40, 210), -1, cv2.LINE_AA)


class Match:
    """A football match: the camera follows the ball over the pitch; a score in the corner."""

    def __init__(self, rng: np.random.Generator, width: int, height: int) -> None:
        self._size = height, width
        wide = 2 * width
        pitch = scenery.tint(scenery.cloud(rng, height, wide, 0.6), (60, 135, 70), 0.09)
        stripe = max(8, width // 12)
        for left in range(0, wide, 2 * stripe):
            pitch[:, left : left + stripe] = (pitch[:, left : left + stripe] * 0.86).astype(np.uint8)
        stand = int(0.24 * height)
        crowd: list[scenery.Colour] = [(60, 60, 70), (160, 150, 150), (60, 60, 190), (170, 100, 50), (130, 160, 200)]
        pitch[:stand] = scenery.dead_leaves(rng, stand, wide, crowd, 2.2)
        cv2.rectangle(pitch, (0, stand), (wide, stand + int(0.05 * height)), (150, 60, 25), -1)
        for number, left in enumerate(range(0, wide, int(0.35 * width))):
            name = ("NORDSEE", "halcyon", "ACME & CO", "tidewater")[number % 4]
            scenery.caption(pitch, name, left + 12, stand + 0.042 * height, 0.03 * height, (240, 235, 230))
        line = (225, 235, 230)
        cv2.line(pitch, (0, int(0.38 * height)), (wide, int(0.38 * height)), line, 2, cv2.LINE_AA)
        cv2.line(pitch, (width, int(0.38 * height)), (int(0.9 * width), height), line, 2, cv2.LINE_AA)
        cv2.ellipse(
            pitch,
            (int(0.95 * width), int(0.75 * height)),
            (int(0.2 * width), int(0.17 * height)),
            0,
            0,
            360,
            line,
            2,
            cv2.LINE_AA,
        )
        self._pitch = pitch
        self._players = [
            (
                rng.uniform(0.2, 1.8) * width,
                rng.uniform(0.5, 0.96) * height,
                team,
                rng.uniform(0, 6),
                rng.uniform(0.8, 1.4),
            )
            for team in range(14)
        ]

    def view(self, t: float) -> Picture:
        """See ``Scene``."""
        height, width = self._size
        ball = width * (0.95 + 0.4 * np.sin(0.55 * t) + 0.05 * np.sin(2.1 * t))
        pan, sway = ball - 0.5 * width, 2.0 * np.sin(1.4 * t)
        picture = scenery.shifted(self._pitch, float(pan), float(sway), height, width)
        for x, y, team, phase, pace in sorted(self._players, key=lambda player: player[1]):
            run = 0.16 * width * np.sin(0.5 * pace * t + phase) + 0.25 * (ball - x)
            coat = (50, 45, 185) if team % 2 else (235, 230, 225)
            foot = y + 0.03 * height * np.sin(0.8 * pace * t + phase)
            size = height * (0.08 + 0.14 * y / height)
            shade = (int(x + run - pan), int(foot))
            cv2.ellipse(picture, shade, (int(0.2 * size), int(0.05 * size)), 0, 0, 360, (40, 85, 45), -1, cv2.LINE_AA)
            scenery.walker(picture, x + run - pan, foot, size, phase + 9 * pace * t, coat, (120, 150, 200))
        at = (int(0.5 * width + 12 * np.sin(3 * t)), int(height * (0.72 - 0.09 * abs(np.sin(2.4 * t)))))
        cv2.circle(picture, at, max(2, int(0.011 * height)), (245, 245, 245), -1, cv2.LINE_AA)
        self._score(picture, t)
        return picture

    def _score(self, picture: Picture, t: float) -> None:
        height, width = self._size
        box = (int(0.06 * width), int(0.07 * height)), (int(0.33 * width), int(0.14 * height))
        cv2.rectangle(picture, *box, (55, 35, 20), -1)
        text = f"HAR 2 : 1 WES  63:{int(12 + t):02d}"
        scenery.caption(picture, text, box[0][0] + 8, box[1][1] - 0.02 * height, 0.032 * height, (245, 245, 245))
