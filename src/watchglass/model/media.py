"""What a source hands on: pictures, sound, and everything worth knowing about how they arrived.

All times are seconds on the unrolled timeline, which begins at 0 with the first thing that was watched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import fidelity, picture, sound, stereo
from watchglass.model.finding import Reading

Kind = Literal["video", "audio", "captions"]
Chroma = tuple[NDArray[np.uint8] | NDArray[np.uint16], ...] | None


class Item:
    """Anything that a source yields."""

    __slots__ = ()
    track: str | None
    pts: float
    duration: float

    @property
    def end(self) -> float:
        """Media time at which the item ends, in seconds."""
        return self.pts + self.duration

    @property
    def reach(self) -> float:
        """How far the media have come with it, in seconds."""
        return self.pts + self.duration


@dataclass(frozen=True, slots=True)
class Beside(Item):
    """An item beside the media: it does not bring them on, and may be ahead of them."""

    @property
    def reach(self) -> float:
        """No media have come with it."""
        return 0.0


KEY_FRAMES_ONLY = "key frames only"
OUTRUN = "this machine did not keep up"


@dataclass(frozen=True, slots=True)
class Track:
    """One elementary stream, as it was declared."""

    id: str
    """``video:0``, ``audio:1``, ``captions:0``: the kind and its number in the order of the container; captions that
    pictures carry have the name of their service, ``captions:CC1``."""
    kind: Kind
    codec: str
    language: str | None = None
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """What is known about the format: ``width``, ``height``, ``frame_rate``, ``pixel_format``, ``transfer``,
    ``rotation`` (degrees), ``interlaced``, ``pictures`` (which there are); ``rate``, ``channels``, ``layout``; of
    captions ``name``, ``forced`` (1 where only what is in a foreign language is captioned)."""

    @property
    def has_key_frames_only(self) -> bool:
        """True if the pictures between key frames are not watched: what moves, and how, cannot be seen."""
        return self.facts.get("pictures") == KEY_FRAMES_ONLY


@dataclass(frozen=True, slots=True)
class Tracks(Item):
    """The tracks that are watched from here on; comes first, and again at every change."""

    pts: float
    tracks: tuple[Track, ...]
    is_live: bool = False
    duration: float = 0.0
    track: str | None = None


class Colour(NamedTuple):
    """How code values are to be understood.

    ``transfer`` is ``sdr``, ``pq`` (SMPTE ST 2084), ``hlg`` (ARIB STD-B67) or ``unknown``.
    """

    full_range: bool
    transfer: Literal["sdr", "pq", "hlg", "unknown"]
    is_wide: bool = False
    """True if the primaries are those of ITU-R BT.2020."""
    max_cll: float = 0.0
    """The brightest pixel of all, as the stream declares it, in cd/m2 (CTA-861.3); 0 where it does not."""


class VideoFrame(Item):
    """A decoded picture.

    Nobody keeps a frame beyond its ``measure``: its arrays are views on the decoder's own buffers, which it would keep
    alive. Only ``fidelity`` is kept, for three or four pictures.

    Args:
        track: Id of the track.
        pts: Presentation time, in seconds.
        duration: Time until the next picture is due, in seconds.
        luma: (H, W) uint8 or uint16, a view, never written to.
        chroma: Two (h, w) views in the depth of ``luma``, or None for a picture without colour; or what makes them
            when they are first asked for, which is rare.
        bit_depth: Significant bits of a code value.
        colour: Range and transfer function.
        previous_small: ``small`` of the frame before, or None at the start and where the format changed.
    """

    __slots__ = (
        "__dict__",
        "_chroma",
        "bit_depth",
        "colour",
        "duration",
        "interlaced",
        "is_corrupt",
        "key_frame",
        "luma",
        "previous_small",
        "pts",
        "track",
    )

    def __init__(
        self,
        *,
        track: str,
        pts: float,
        duration: float,
        luma: NDArray[np.uint8] | NDArray[np.uint16],
        chroma: Chroma | Callable[[], Chroma] = None,
        bit_depth: int = 8,
        colour: Colour = Colour(full_range=False, transfer="sdr"),  # noqa: B008 (a constant)
        interlaced: bool = False,
        key_frame: bool = False,
        is_corrupt: bool = False,
        previous_small: NDArray[np.uint8] | None = None,
    ) -> None:
        self.track = track
        self.pts = pts
        self.duration = duration
        self.luma = luma
        self._chroma = chroma
        self.bit_depth = bit_depth
        self.colour = colour
        self.interlaced = interlaced
        self.key_frame = key_frame
        self.is_corrupt = is_corrupt
        self.previous_small = previous_small
        self._alike: tuple[NDArray[np.float32], picture.Likeness] | None = None

    @cached_property
    def chroma(self) -> Chroma:
        """Two (h, w) views in the depth of ``luma``, or None for a picture without colour."""
        return self._chroma() if callable(self._chroma) else self._chroma

    @cached_property
    def small(self) -> NDArray[np.uint8]:
        """8-bit luma, halved until it is at most 640 wide: (h, w) uint8."""
        return picture.small(self.luma, self.bit_depth)

    @cached_property
    def small_chroma(self) -> tuple[NDArray[np.uint8], ...] | None:
        """8-bit chroma planes, halved until at most 320 wide: two (h, w) uint8, or None."""
        if self.chroma is None:
            return None
        return tuple(picture.small(plane, self.bit_depth, width=320) for plane in self.chroma)

    @cached_property
    def luma_stats(self) -> tuple[float, float]:
        """Mean and standard deviation of ``small``, in code values."""
        return picture.mean_and_spread(self.small)

    @cached_property
    def change(self) -> NDArray[np.float32] | None:
        """Mean absolute change of ``small`` by tile against the frame before, in code values: (rows, columns).

        None for the first frame and where the format changed.
        """
        if self.previous_small is None or self.previous_small.shape != self.small.shape:
            return None
        return picture.tile_change(self.small, self.previous_small)

    @cached_property
    def tiles(self) -> NDArray[np.float32]:
        """Mean of ``small`` by tile, in code values: (rows, columns)."""
        return picture.tile_mean(self.small)

    @cached_property
    def moved(self) -> float:
        """Mean of ``change``, in code values; 0 where there is none."""
        return 0.0 if self.change is None else picture.mean(self.change)

    def likeness(self, tiles: NDArray[np.float32]) -> picture.Likeness:
        """How alike another picture with these ``tiles`` is: asked by several detectors, and found out once."""
        if self._alike is None or self._alike[0] is not tiles:
            self._alike = tiles, picture.likeness(self.tiles, tiles)
        return self._alike[1]

    @cached_property
    def fidelity(self) -> fidelity.Fidelity:
        """A few lines of ``luma``: detail, grain, grid of blocks and steps of levels."""
        return fidelity.Fidelity(self.luma, self.bit_depth)

    def code_value(self, fraction: float) -> float:
        """The 8-bit luma code value at a fraction of the signal's own range (limited 16 to 235, full 0 to 255)."""
        return fraction * 255.0 if self.colour.full_range else 16.0 + fraction * 219.0

    def reading(self, detector: str, name: str, value: float, unit: str) -> Reading:
        """A reading that covers this frame."""
        return Reading(detector, self.track, name, self.pts, self.duration, value, unit)


class AudioBlock(Item):
    """A decoded run of samples, about 100 ms, never across a gap.

    Args:
        track: Id of the track.
        pts: Time of the first sample, in seconds.
        samples: (channels, n) float32, 1.0 is full scale. Numbers, whatever the data: see ``sound.tame``.
        rate: Samples a second.
        layout: Names of the channels, such as ``("FL", "FR")``.
    """

    __slots__ = ("__dict__", "duration", "layout", "pts", "rate", "samples", "track")
    track: str

    def __init__(
        self,
        *,
        track: str,
        pts: float,
        samples: NDArray[np.float32],
        rate: int,
        layout: tuple[str, ...] = (),
    ) -> None:
        self.track = track
        self.pts = pts
        self.samples = sound.tame(samples)
        self.rate = rate
        self.layout = layout
        self.duration = samples.shape[1] / rate

    @cached_property
    def hops(self) -> sound.Hops:
        """Peak and power by channel, on hops of about 50 ms."""
        return sound.hops(self.samples, self.rate)

    @cached_property
    def fronts(self) -> stereo.Pair | None:
        """The left and the right front channel, compared on the same hops; None where there are not both."""
        which = self.rows("FL", "FR")
        return which and stereo.pair(self.samples[which[0]], self.samples[which[1]], self.hops, which)

    def rows(self, left: str, right: str) -> tuple[int, int] | None:
        """Rows of two channels in ``samples``, None where there are not both; two of no layout are the fronts."""
        if len(self.layout) != len(self.samples):
            return (0, 1) if len(self.samples) == 2 and (left, right) == ("FL", "FR") else None
        return (self.layout.index(left), self.layout.index(right)) if {left, right} <= {*self.layout} else None

    def reading(
        self, detector: str, name: str, value: float, unit: str, hop: tuple[float, float] | None = None
    ) -> Reading:
        """A reading that covers this block, or the ``hop`` (pts, duration) of it."""
        pts, duration = hop or (self.pts, self.duration)
        return Reading(detector, self.track, name, pts, duration, value, unit)


@dataclass(frozen=True, slots=True)
class Caption(Item):
    """What a track of captions or subtitles shows from here on."""

    track: str
    pts: float
    text: str
    """A line a row; empty where nothing is shown any more."""
    lasts: float = 0.0
    """Seconds for which it is shown, where that is told with it; 0 for until the next one. No media end with it."""
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class TimelineBreak(Item):
    """Timestamps did not go on as they should have."""

    track: str
    pts: float
    """Where on the unrolled timeline, in seconds."""
    cause: Literal["wrap", "discontinuity", "gap", "overlap", "outrun"]
    """``outrun``: a gap that is ours, as we did not keep up."""
    raw_before: float
    """End of the media before it, in seconds of the container's own clock."""
    raw_after: float
    """First timestamp after it, likewise."""
    announced: bool = False
    """True if the container or the playlist said that it would come."""
    duration: float = 0.0

    @property
    def jump(self) -> float:
        """Seconds that are missing (positive) or told twice (negative)."""
        return self.raw_after - self.raw_before


@dataclass(frozen=True, slots=True)
class Seam(Item):
    """The decoder of a sound begins anew here, whatever the clock does: its first moments lack what came before."""

    track: str
    pts: float
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Damage(Item):
    """The decoder or the demuxer reported broken data."""

    track: str
    pts: float
    what: Literal["packet", "undecodable"]
    """A packet marked corrupt by the transport, or one that the decoder refused."""
    detail: str = ""
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall(Beside):
    """Nothing arrives. A live source, the only reader of a clock, tells it once a second."""

    pts: float
    """Where the timeline would be, going on by wall time from the last media, in seconds."""
    waited: float
    """Seconds since something last arrived."""
    buffer: float
    """Seconds of media that a player three target durations behind live would still have; negative: how long it has
    had none."""
    reason: str = ""
    """What the source met, such as an HTTP status; secrets removed."""
    is_trouble: bool = False
    """True if ``reason`` is more than that nothing new is there yet."""
    track: str | None = None
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class NotWatched(Item):
    """Something that was there and was not watched, or could not be judged."""

    pts: float
    reason: str
    track: str | None = None
    detector: str | None = None
    duration: float = 0.0
    """Seconds that it concerns; 0 for all that follows."""
    is_loss: bool = True
    """False for what nobody asked to be watched: subtitles, data, tracks that the user did not choose."""
    is_outrun: bool = False
    """True for ``duration`` seconds from ``pts`` on that were there, and that we were too slow for."""

    def said(self) -> str:
        """Why, and of what is our own doing how long it was."""
        return f"{self.reason}: {self.duration:.1f} s were not watched" if self.is_outrun else self.reason


@dataclass(frozen=True, slots=True)
class ClockAnchor(Item):
    """Says at what UTC a media time was on air.

    ``source`` is ``program-date-time`` (from the playlist) or ``arrival`` (when it reached us).
    """

    pts: float
    utc: float
    """Seconds since 1970-01-01T00:00Z at ``pts``."""
    source: Literal["program-date-time", "arrival"]
    track: str | None = None
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress(Item):
    """The timeline has reached ``pts`` on at least one track; told a few times a second.

    What a track has not delivered by then is late or missing, which its own items cannot say.
    """

    pts: float
    track: str | None = None
    duration: float = 0.0
