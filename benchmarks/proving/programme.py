"""Programme-like content without end, by seed: scenes that cut, fade and dissolve, overlays, sound, a real encoder.

Nothing in it is a defect, and much of it looks like one: slides, fades through black, titles on black, rooms in which
nothing moves, animation on twos, films in a letterbox, 24 pictures a second shown as 30, tickers, pauses in speech.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from proving.sights import SCENES, WORDS
from proving.sounds import RATE, mastered, stretch
from watchglass.faults import scenery
from watchglass.faults.pictures import planes_of

Rng = np.random.Generator
Picture = NDArray[np.uint8]
SIZES = ((320, 180), (320, 180), (384, 216), (426, 240), (360, 288))
RATES = ((25, 1), (25, 1), (24, 1), (30000, 1001), (50, 1), (30, 1), (24000, 1001))
CODECS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("libx264", ".mp4", {"preset": "superfast", "crf": "20"}),
    ("libx264", ".ts", {"preset": "ultrafast", "crf": "26"}),
    ("libx264", ".mp4", {"preset": "superfast", "crf": "30"}),
    ("libx264", ".mkv", {"preset": "superfast", "b": "400k", "maxrate": "500k", "bufsize": "800k"}),
    ("mpeg2video", ".ts", {"qscale": "4", "g": "12", "bf": "2"}),
    ("mpeg4", ".mp4", {"qscale": "4"}),
)
SOUND = (("aac", 64), ("aac", 128), ("aac", 192), ("libmp3lame", 128), ("ac3", 192), ("libopus", 96))


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene and how it comes in."""

    start: float
    seconds: float
    view: Callable[[float], Picture]
    entry: str
    """``cut``, ``fade`` (through black) or ``dissolve``."""
    entry_seconds: float
    grain: float
    """Sigma of the camera's noise, code values."""
    name: str


class Programme:
    """Pictures and sound of a seed.

    Args:
        seed: Another seed is another programme.
        seconds: How long it lasts.
    """

    def __init__(self, seed: int, seconds: float) -> None:
        self._rng = rng = np.random.default_rng([seed, 77])
        self.seconds = seconds
        self.size = SIZES[int(rng.integers(len(SIZES)))]
        self.rate = Fraction(*RATES[int(rng.integers(len(RATES)))])
        self.codec, self.suffix, self.options = CODECS[int(rng.integers(len(CODECS)))]
        self.sound_codec, self.bit_rate = SOUND[int(rng.integers(len(SOUND)))]
        self._bars = float(rng.choice([0.0, 0.0, 0.0, 0.12])), float(rng.choice([0.0, 0.0, 0.0, 0.125]))
        self._ticker, self._logo, self._clock = (bool(rng.random() < share) for share in (0.2, 0.4, 0.1))
        self._film = bool(rng.random() < 0.25) and self.rate > 28
        """24 pictures a second shown as 30 or 50: some of them stand twice."""
        self._grains = [
            rng.normal(0.0, 1.0, (self.size[1] + 64, self.size[0] + 64)).astype(np.float32) for _ in range(2)
        ]
        self._text = "  +++  ".join(" ".join(rng.choice(WORDS, 4)) for _ in range(6))

    def _shots(self) -> Iterator[Shot]:
        """One after the other; each place is painted when it is first seen."""
        rng, at = self._rng, 0.0
        names = list(SCENES)
        weights = np.array([SCENES[name][0] for name in names])
        while at < self.seconds:
            name = str(rng.choice(names, p=weights / weights.sum()))
            _, (low, high), make = SCENES[name]
            seconds = float(rng.uniform(low, high))
            entry = str(rng.choice(["cut", "fade", "dissolve"], p=[0.75, 0.12, 0.13]))
            is_drawn = name in ("screen", "slide", "title card", "credits", "title on black", "cartoon")
            grain = 0.0 if is_drawn else float(rng.choice([0.0, 1.0, 2.0, 4.0]))
            scene = make(rng, *self.size)
            yield Shot(at, seconds, scene.view, entry, float(rng.uniform(0.3, 1.2)), grain, name)
            at += seconds

    def pictures(self) -> Iterator[Picture]:
        """BGR (H, W, 3), as many as the rate asks for."""
        shots = self._shots()
        last, shot = None, next(shots)
        count = int(self.seconds * self.rate)
        for number in range(count):
            t = number / float(self.rate)
            if self._film:
                t = int(t * 24.0) / 24.0
            if t >= shot.start + shot.seconds:
                last, shot = shot, next(shots)
            yield self._dressed(self._seen(shot, last, t, number), t)

    def _seen(self, shot: Shot, last: Shot | None, t: float, number: int) -> Picture:
        into = t - shot.start
        picture = self._grained(shot.view(into), shot.grain, number)
        if last is not None and into < shot.entry_seconds and shot.entry != "cut":
            share = into / shot.entry_seconds
            if shot.entry == "dissolve":
                before = self._grained(last.view(t - last.start), last.grain, number + 1)
                picture = cv2.addWeighted(picture, share, before, 1.0 - share, 0.0)
            elif share < 0.5:
                before = last.view(t - last.start)
                picture = (before * max(0.0, 1.0 - 2.4 * share)).astype(np.uint8)
            else:
                picture = (picture * min(1.0, 2.4 * (share - 0.5))).astype(np.uint8)
        return picture

    def _grained(self, picture: Picture, sigma: float, number: int) -> Picture:
        if sigma <= 0.0:
            return picture
        x, y = (number * 37) % 61, (number * 23) % 59
        height, width = picture.shape[:2]
        grain = self._grains[number % 2][y : y + height, x : x + width] * sigma
        return cv2.add(picture, cv2.merge([grain] * 3), dtype=cv2.CV_8U)

    def _dressed(self, picture: Picture, t: float) -> Picture:
        height, width = picture.shape[:2]
        if not (self._ticker or self._logo or self._clock or any(self._bars)):
            return picture
        picture = picture.copy()
        rows, columns = (int(share * side) & ~1 for share, side in zip(self._bars, (height, width), strict=True))
        if rows:
            picture[:rows] = picture[-rows:] = 0
        if columns:
            picture[:, :columns] = picture[:, -columns:] = 0
        if self._logo:
            scenery.caption(picture, "WG", 0.86 * width, 0.12 * height, height / 16, (235, 235, 235), 2)
        if self._clock:
            text = f"{int(t) // 60 + 20:02d}:{int(t) % 60:02d}"
            scenery.caption(picture, text, 0.05 * width, 0.12 * height, height / 18, (240, 240, 240))
        if self._ticker:
            picture[int(0.9 * height) :] = (90, 40, 30)
            at = width - (0.15 * width * t) % (4.0 * width)
            scenery.caption(picture, self._text, at, 0.97 * height, height / 20, (240, 240, 240))
        return picture

    def sound(self) -> NDArray[np.float32]:
        """(2, n) float32 at 48 kHz, without gaps of 2 s or more."""
        rng, parts, at = self._rng, [], 0.0
        while at < self.seconds:
            seconds = float(rng.uniform(4.0, 20.0))
            parts.append(stretch(rng, seconds))
            at += seconds
        whole = np.concatenate(parts, axis=1)[:, : int(self.seconds * RATE)]
        return mastered(rng, whole).astype(np.float32)

    def write(self, path: Path) -> None:
        """Encode both into a file; ``suffix`` is the ending that it should have."""
        with av.open(str(path), "w") as out:
            video: Any = out.add_stream(self.codec, rate=self.rate, options=self.options)
            video.width, video.height = self.size
            video.pix_fmt = "yuv420p"
            video.codec_context.thread_count = 1
            audio: Any = out.add_stream(self.sound_codec, rate=RATE, layout="stereo")
            audio.bit_rate = self.bit_rate * 1000
            if self.sound_codec == "aac":
                audio.options = {"aac_coder": "fast"}
            size = audio.codec_context.frame_size or 1024
            sound, heard = self.sound(), 0
            for number, picture in enumerate(self.pictures()):
                while heard < sound.shape[1] and heard / RATE <= number / self.rate:
                    out.mux(audio.encode(_block(sound[:, heard : heard + size], heard)))
                    heard += size
                out.mux(video.encode(_frame(picture, number, self.rate)))
            out.mux(audio.encode(None))
            out.mux(video.encode(None))


def _frame(picture: Picture, number: int, rate: Fraction) -> av.VideoFrame:
    planes = planes_of(picture)
    height, width = planes.y.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for into, plane in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(into, np.uint8).reshape(into.height, into.line_size)
        rows[:, : into.width] = plane
    frame.pts, frame.time_base = number, 1 / rate
    return frame


def _block(samples: NDArray[np.float32], first: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
    return frame
