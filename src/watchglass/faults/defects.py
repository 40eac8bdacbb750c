"""Defects as they are put into clean media, and the truth about each.

A ``Defect`` says what is wrong, from when, for how long and how badly. What it does to pictures, samples and
transport packets are pure functions here; ``channel`` applies them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from watchglass.faults import scenery
from watchglass.faults.pictures import Planes
from watchglass.faults.programme_sound import RATE, Stereo

TS_PACKET = 188
"""Bytes of a transport packet."""


class Kind(StrEnum):
    """What can go wrong."""

    FREEZE = "freeze"
    """The picture stands still; ``strength`` is the shimmer of its re-encoding, sigma in code values."""
    TICKER_FREEZE = "freeze under a ticker"
    """The picture stands still, but a line of text goes on running below it."""
    BLACK = "black"
    """``strength`` is the luma code value of the black."""
    GREEN = "green"
    """The green of an empty decoder buffer: Y = U = V = 0; ``strength`` is not used."""
    BLUE = "blue"
    """The blue of a missing input; ``strength`` is not used."""
    SILENCE = "silence"
    """``strength`` is the level of what is left, in dBFS RMS; -200 for digital silence."""
    CLIPPING = "clipping"
    """``strength`` is the gain before the hard clip, in dB; the ceiling is 0.7 of full scale."""
    IMBALANCE = "imbalance"
    """The right channel is lost; ``strength`` is its attenuation in dB."""
    AUDIO_LOST = "audio lost"
    """The audio track delivers no samples; ``strength`` is not used."""
    JUMP = "timestamps jump"
    """All timestamps leap forward by ``strength`` seconds; ``seconds`` is not used."""
    CORRUPT = "corrupt"
    """``strength`` is the share of the picture's transport packets that is lost."""
    STALL = "stall"
    """No segment is published; all come at once when it is over. ``strength`` is not used."""


DETECTOR = {
    Kind.FREEZE: "video.freeze",
    Kind.TICKER_FREEZE: "video.freeze",
    Kind.BLACK: "video.black",
    Kind.GREEN: "video.solid_color",
    Kind.BLUE: "video.solid_color",
    Kind.SILENCE: "audio.silence",
    Kind.CLIPPING: "audio.clipping",
    Kind.IMBALANCE: "audio.imbalance",
    Kind.AUDIO_LOST: "audio.lost",
    Kind.JUMP: "sync.timestamps",
    Kind.CORRUPT: "video.corrupt",
    Kind.STALL: "transport.playlist_stale",
}
"""Which detector is to report it."""

ALSO: dict[Kind, tuple[str, ...]] = {
    Kind.GREEN: ("video.freeze", "video.corrupt"),
    Kind.BLUE: ("video.freeze",),
    Kind.BLACK: ("video.freeze",),
    Kind.CLIPPING: ("audio.true_peak",),
    Kind.AUDIO_LOST: ("sync.timestamps", "audio.silence"),
    Kind.CORRUPT: ("sync.timestamps", "video.freeze"),
    Kind.JUMP: ("audio.lost", "video.freeze"),
    Kind.STALL: ("transport.stall",),
}
"""What is rightly reported beside it, because it is true as well."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that goes wrong once."""

    kind: Kind
    start: float
    """Media time of the channel, in seconds from its first picture."""
    seconds: float
    strength: float = 0.0
    """How badly; its unit is said at each ``Kind``."""

    @property
    def end(self) -> float:
        """Media time at which all is well again, in seconds."""
        return self.start + self.seconds

    def covers(self, t: float) -> bool:
        """True while it lasts: from ``start``, before ``end``."""
        return self.start - 1e-9 <= t < self.end - 1e-9

    def meets(self, start: float, end: float) -> bool:
        """True if any of it lies between two media times."""
        return self.start < end and start < self.end

    @property
    def sentence(self) -> str:
        """What happens, for people."""
        return _SENTENCES[self.kind].format(seconds=self.seconds, strength=self.strength)

    @property
    def truth(self) -> "Truth":
        """What a watcher should say about it."""
        return Truth(DETECTOR[self.kind], self.start, self.end, self.strength, self.kind, ALSO.get(self.kind, ()))


_SENTENCES = {
    Kind.FREEZE: "the picture stands still for {seconds:.1f} s, shimmering by {strength:.1f} code values",
    Kind.TICKER_FREEZE: "the picture stands still for {seconds:.1f} s while a ticker runs over it",
    Kind.BLACK: "the picture is black (luma {strength:.0f}) for {seconds:.1f} s",
    Kind.GREEN: "the picture is the green of an empty buffer for {seconds:.1f} s",
    Kind.BLUE: "the picture is the blue of a missing input for {seconds:.1f} s",
    Kind.SILENCE: "the sound sinks to {strength:.0f} dBFS for {seconds:.1f} s",
    Kind.CLIPPING: "the sound is overdriven by {strength:.0f} dB for {seconds:.1f} s",
    Kind.IMBALANCE: "the right channel falls by {strength:.0f} dB for {seconds:.1f} s",
    Kind.AUDIO_LOST: "the audio track stops for {seconds:.1f} s",
    Kind.JUMP: "all timestamps leap forward by {strength:.1f} s",
    Kind.CORRUPT: "{strength:.0%} of the picture's packets are lost for {seconds:.1f} s",
    Kind.STALL: "no segment is published for {seconds:.1f} s",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What a watcher should report."""

    detector: str
    start: float
    """Media time of the channel, in seconds."""
    end: float
    strength: float
    kind: Kind
    also: tuple[str, ...] = ()
    """Detectors that may rightly speak as well."""


PICTURE = {Kind.FREEZE, Kind.TICKER_FREEZE, Kind.BLACK, Kind.GREEN, Kind.BLUE}
SOUND = {Kind.SILENCE, Kind.CLIPPING, Kind.IMBALANCE}


def spoil_picture(defect: Defect, number: int, held: Callable[[], Planes], clean: Planes) -> Planes:
    """What is seen instead of a clean picture.

    Args:
        defect: One of ``PICTURE`` that covers it.
        number: Number of the picture in the channel; seeds the shimmer.
        held: Gives the last picture before the defect.
        clean: What should have been seen.
    """
    shape = clean.y.shape
    match defect.kind:
        case Kind.FREEZE:
            return _shimmer(held(), defect.strength, number)
        case Kind.TICKER_FREEZE:
            return _ticker(held(), number)
        case Kind.BLACK:
            return plain(shape, round(defect.strength) or 16, 128, 128)
        case Kind.GREEN:
            return plain(shape, 0, 0, 0)
        case Kind.BLUE:
            return plain(shape, 41, 240, 110)
        case _:
            return clean


def plain(shape: tuple[int, ...], y: int, u: int, v: int) -> Planes:
    """A picture in one colour, in code values."""
    height, width = shape
    chroma = (height // 2, width // 2)
    return Planes(np.full(shape, y, np.uint8), np.full(chroma, u, np.uint8), np.full(chroma, v, np.uint8))


def _shimmer(held: Planes, sigma: float, number: int) -> Planes:
    if sigma <= 0:
        return held
    noise = np.random.default_rng([number, 3]).normal(0.0, sigma, held.y.shape)
    return held._replace(y=np.clip(held.y + np.rint(noise), 16, 235).astype(np.uint8))


def _ticker(held: Planes, number: int) -> Planes:
    """A band with running text over the lower 8 % of a picture."""
    height, width = held.y.shape
    tall = (int(0.08 * height) // 2) * 2
    band = np.full((tall, width, 3), (120, 50, 25), np.uint8)
    text = "ferries run again after the storm  +++  council votes on the new bridge tonight  +++  "
    for start in range(-(number * 3) % 1200 - 1200, width, 1200):
        scenery.caption(band, text, start, 0.72 * tall, 0.45 * tall, (245, 245, 245))
    from_bgr = cv2.cvtColor(band, cv2.COLOR_BGR2YUV)
    y, u, v = held.y.copy(), held.u.copy(), held.v.copy()
    y[height - tall :] = (16 + from_bgr[..., 0] * (219 / 255)).astype(np.uint8)
    u[(height - tall) // 2 :] = cv2.resize(from_bgr[..., 1], (width // 2, tall // 2), interpolation=cv2.INTER_AREA)
    v[(height - tall) // 2 :] = cv2.resize(from_bgr[..., 2], (width // 2, tall // 2), interpolation=cv2.INTER_AREA)
    return Planes(y, u, v)


def spoil_sound(defect: Defect, start: int, samples: Stereo) -> Stereo:
    """What is heard instead of clean samples.

    Args:
        defect: One of ``SOUND``.
        start: Number of the first sample in the channel.
        samples: (2, n) float32; left as they are outside the defect.
    """
    first = max(0, round(defect.start * RATE) - start)
    last = min(samples.shape[1], round(defect.end * RATE) - start)
    if last <= first:
        return samples
    spoilt = samples.copy()
    part = spoilt[:, first:last]
    match defect.kind:
        case Kind.SILENCE:
            noise = np.random.default_rng([start, 4]).standard_normal(part.shape)
            part[:] = noise * 10 ** (defect.strength / 20) if defect.strength > -120 else 0.0
        case Kind.CLIPPING:
            part[:] = np.clip(part * 10 ** (defect.strength / 20), -0.7, 0.7)
        case Kind.IMBALANCE:
            part[1] *= 10 ** (-defect.strength / 20)
    return spoilt


def spoil_packets(stream: bytes, pid: int, share: float, rng: np.random.Generator, pictures: tuple[int, int]) -> bytes:
    """Lose transport packets of the picture, as a bad link does: in bursts of one to three.

    Packets that begin a picture are spared, so that the loss is damage and not a missing picture.

    Args:
        stream: Whole transport packets.
        pid: Packet identifier of the pictures.
        share: Share of their packets that is lost.
        rng: Where chance comes from.
        pictures: Which of the pictures that begin in ``stream`` suffer: the first, and the first that does not.
    """
    packets = np.frombuffer(stream, np.uint8).reshape(-1, TS_PACKET)
    is_picture = (((packets[:, 1].astype(np.int32) & 0x1F) << 8) | packets[:, 2]) == pid
    begins = is_picture & ((packets[:, 1] & 0x40) != 0)
    number = np.cumsum(begins) - 1
    candidates = np.flatnonzero(is_picture & ~begins & (number >= pictures[0]) & (number < pictures[1]))
    hit = rng.random(candidates.size) < share / 2.0
    hit |= np.concatenate([[False], hit[:-1]]) | (
        np.concatenate([[False] * 2, hit[:-2]]) & (rng.random(hit.size) < 0.5)
    )
    if not hit.any():
        hit[candidates.size // 2 : candidates.size // 2 + 1] = True
    return np.delete(packets, candidates[hit], axis=0).tobytes()


def first_of(defects: Sequence[Defect], kinds: set[Kind], t: float) -> Defect | None:
    """The defect of one of these kinds that covers a media time, if any."""
    return next((d for d in defects if d.kind in kinds and d.covers(t)), None)
