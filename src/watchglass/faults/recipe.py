"""What a recipe is: one defect, put into clean media at a chosen time and level.

A recipe is a generator: it takes what the track holds, in order, and yields what is to be there instead. It may
hold on to what went by, leave out, repeat and add; it is told where and how badly in an ``Order``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.level import Level
from watchglass.faults.packets import TsPacket


@dataclass(frozen=True, slots=True)
class Order:
    """Where, and how badly."""

    start: float
    """Seconds from the first picture or sample of the file; the defect begins with the first one at or after it."""
    end: float
    """Seconds; all is well again from here on. Infinity: to the end of the file."""
    strength: float
    """In the unit of the recipe."""
    seed: int = 0

    def covers(self, pts: float) -> bool:
        """True while the defect lasts: from ``start``, before ``end`` (seconds)."""
        return self.start - 1e-6 <= pts < self.end - 1e-6

    def rng(self, *salt: int) -> np.random.Generator:
        """Chance: the same for the same seed and ``salt``."""
        return np.random.default_rng([self.seed, *salt])


@dataclass(slots=True)
class Picture:
    """A decoded picture as planes that may be written to.

    Levels are told in 8-bit code values everywhere; ``scale`` makes them the picture's own.
    """

    planes: list[NDArray[Any]]
    """Luma (H, W) and two chroma planes (h, w), uint8 or uint16; luma alone for a picture without colour."""
    pts: float
    """Seconds from the first picture."""
    number: int
    """Counted from 0."""
    depth: int = 8
    """Significant bits of a code value."""
    full_range: bool = False
    bt709: bool = False
    """Colours by ITU-R BT.709; by BT.601 otherwise."""

    @property
    def scale(self) -> int:
        """What a code value of 8 bits is worth here."""
        return 1 << (self.depth - 8)

    def with_planes(self, planes: list[NDArray[Any]]) -> "Picture":
        """The same moment, another sight."""
        return replace(self, planes=planes)


def each(
    change: Callable[[Picture, Order], list[NDArray[Any]]], pictures: Iterator[Picture], order: Order
) -> Iterator[Picture]:
    """Other planes for every picture that is covered, for a recipe that needs no memory."""
    for picture in pictures:
        yield picture.with_planes(change(picture, order)) if order.covers(picture.pts) else picture


@dataclass(slots=True)
class Samples:
    """A run of decoded sound."""

    values: NDArray[np.float32]
    """(channels, n), 1.0 is full scale; may be written to."""
    first: int
    """Number of the first sample, counted from 0."""
    rate: int
    """Samples a second."""

    def inside(self, order: Order) -> slice:
        """The samples that a defect covers; an empty slice if none."""
        first = max(0, round(order.start * self.rate) - self.first)
        last = self.values.shape[1]
        if order.end < np.inf:
            last = min(last, round(order.end * self.rate) - self.first)
        return slice(first, max(first, last))

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each sample from the first of the track: (n,)."""
        return (self.first + np.arange(self.values.shape[1])) / self.rate


@dataclass(frozen=True, slots=True)
class Coding:
    """How the packets of a track are to be read."""

    codec: str = ""
    """FFmpeg's name: ``h264``, ``hevc``, ``mpeg2video``, ``aac``..."""
    nal_length: int = 0
    """Bytes of the length before each NAL unit (ISO/IEC 14496-15); 0 where start codes part them (Annex B)."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A packet as it lies in the file."""

    data: bytes
    pts: float
    """Seconds from the first packet of the file."""
    dts: float
    duration: float
    is_key: bool
    number: int
    """Counted from 0, by track."""
    coding: Coding = Coding()


class Reach(Enum):
    """How far a defect of the picture reaches: where one has to look to see whether it can be noticed at all."""

    SPAN = "all pictures, as a whole"
    MOMENTS = "some of the pictures, as a whole"
    PLACES = "some blocks of some pictures"
    PIXELS = "single pixels"


@dataclass(frozen=True, slots=True)
class _Common:
    name: str
    """Detector id, and after a colon the variant where there are several: ``video.freeze:ticker``."""
    about: str
    """What is done, for people."""
    unit: str
    """Of the strength."""
    strengths: tuple[float, float, float, float]
    """At the four levels, very noticeable first."""
    seconds: tuple[float, float, float, float]
    """How long it lasts at each level, unless told; infinity for the rest of the file."""

    @property
    def detector(self) -> str:
        """Id of the detector that is to find it."""
        return self.name.partition(":")[0]

    def order(self, level: Level, start: float, seconds: float | None = None, seed: int = 0) -> Order:
        """What to do at a level, from ``start`` on, for so many seconds or for as long as the level says."""
        rank = list(Level).index(level)
        lasts = self.seconds[rank] if seconds is None else seconds
        return Order(start, start + lasts, self.strengths[rank], seed)


@dataclass(frozen=True, slots=True)
class PictureRecipe(_Common):
    """Changes pictures; they are encoded anew."""

    apply: Callable[[Iterator[Picture], Order], Iterator[Picture]]
    reach: Reach = Reach.SPAN


@dataclass(frozen=True, slots=True)
class SoundRecipe(_Common):
    """Changes sound, on every audio track; it is encoded anew."""

    apply: Callable[[Iterator[Samples], Order], Iterator[Samples]]


@dataclass(frozen=True, slots=True)
class PacketRecipe(_Common):
    """Changes packets or their times; nothing is decoded."""

    apply: Callable[[Iterator[Coded], Order], Iterator[Coded]]
    tracks: tuple[str, ...] = ("video", "audio")
    """Of which kinds; each track has its own run."""


@dataclass(frozen=True, slots=True)
class TransportRecipe(_Common):
    """Changes the packets of a transport stream; nothing is taken out of them."""

    apply: Callable[[Iterator[TsPacket], Order], Iterator[TsPacket]]


Recipe = PictureRecipe | SoundRecipe | PacketRecipe | TransportRecipe
