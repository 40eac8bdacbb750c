"""What a DASH manifest says (ISO/IEC 23009-1), as data: references as they are written, times in seconds.

Nothing here has been fetched, resolved or believed; ``mpd_reader.py`` makes it of bytes, ``mpd_segments.py`` makes
segments of it.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from watchglass.net.http import ByteRange

Kind = Literal["video", "audio", "text", "image", ""]


class Entry(NamedTuple):
    """Segments of equal length in a row (``S``), in ticks."""

    time: int | None
    """None: where the one before ends."""
    duration: int
    repeat: int
    """How many follow the first; negative: up to the next entry, or to the end."""
    number: int | None = None


class BaseUrl(NamedTuple):
    """One of the places that references are relative to."""

    reference: str
    availability_offset: float = 0.0
    """Seconds by which segments are there sooner."""


@dataclass(frozen=True, slots=True)
class Addressing:
    """Where the segments of a representation are (``SegmentTemplate``, ``SegmentList``, ``SegmentBase``), inherited."""

    kind: Literal["template", "list", "base"]
    timescale: int = 1
    """Ticks a second."""
    presentation_offset: int = 0
    """Ticks of the media's clock at the start of the period (``presentationTimeOffset``)."""
    duration: int | None = None
    """Ticks of each segment, where there is no timeline."""
    start_number: int = 1
    end_number: int | None = None
    ept_delta: int = 0
    """Ticks by which the first segment begins after the start of the period."""
    timeline: tuple[Entry, ...] | None = None
    availability_offset: float = 0.0
    media: str = ""
    """Template of the segments' references."""
    initialization: str | None = None
    initialization_range: ByteRange | None = None
    index_range: ByteRange | None = None
    urls: tuple[tuple[str, ByteRange | None], ...] = ()
    """Of a list: each reference (empty for the representation's own place) and the part of it."""


@dataclass(frozen=True, slots=True)
class Protection:
    """A way in which media is encrypted (``ContentProtection``)."""

    scheme: str
    """The URN of the scheme, in lower case."""
    value: str = ""
    """Of the common scheme: ``cenc``, ``cbcs``."""
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Representation:
    """One encoding."""

    id: str
    bandwidth: int
    width: int
    height: int
    codecs: str
    mime_type: str
    bases: tuple[tuple[BaseUrl, ...], ...]
    """From the manifest down to here, each level's alternatives."""
    addressing: Addressing | None
    """None: it is one file."""
    protections: tuple[Protection, ...] = ()

    def reference(self, template: str, *, number: int = 0, time: int = 0) -> str:
        """A template with its identifiers put in (5.3.9.4.4)."""
        return fill(template, id=self.id, bandwidth=self.bandwidth, number=number, time=time)


@dataclass(frozen=True, slots=True)
class AdaptationSet:
    """Encodings of the same content."""

    id: str
    kind: Kind
    language: str | None
    label: str
    representations: tuple[Representation, ...]
    is_aligned: bool = False
    """True if segments are said to begin at the same time in all of them."""
    is_trick_mode: bool = False
    """True for pictures that are only for fast forward and back."""
    is_forced: bool = False
    """True for subtitles that hold only what must be read by everybody."""
    services: tuple[tuple[str, str | None], ...] = ()
    """Closed captions in its pictures (``CC1``, ``SERVICE1``), each with its language."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the presentation with one set of encodings."""

    id: str
    start: float
    """Seconds from the beginning of the presentation."""
    duration: float | None
    """Seconds; None as long as nobody knows."""
    adaptation_sets: tuple[AdaptationSet, ...]
    declared_start: float | None = None
    declared_duration: float | None = None

    @property
    def end(self) -> float:
        """Seconds from the beginning of the presentation, infinite as long as nobody knows."""
        return math.inf if self.duration is None else self.start + self.duration


class Timing(NamedTuple):
    """Where to ask what time it is (``UTCTiming``)."""

    scheme: str
    value: str


class Flaw(NamedTuple):
    """A rule that the text itself breaks."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Mpd:
    """A manifest.

    Times of the clock are UTC in seconds since 1970, all others seconds.
    """

    is_dynamic: bool
    periods: tuple[Period, ...]
    availability_start: float = 0.0
    publish_time: float | None = None
    minimum_update_period: float | None = None
    """None: it does not change."""
    time_shift_depth: float | None = None
    presentation_duration: float | None = None
    suggested_delay: float | None = None
    min_buffer_time: float | None = None
    max_segment_duration: float | None = None
    locations: tuple[str, ...] = ()
    """Where it is to be loaded from next."""
    timings: tuple[Timing, ...] = ()
    notes: tuple[str, ...] = ()
    """What of it is not watched, in words."""
    flaws: tuple[Flaw, ...] = ()


def fill(template: str, *, id: str, bandwidth: int, number: int, time: int) -> str:
    """Put the identifiers into a template; what is none of them stays as it is written."""
    parts = template.split("$")
    filled = [parts[0]]
    for index in range(1, len(parts) - 1, 2):
        filled += [_identifier(parts[index], id, bandwidth, number, time), parts[index + 1]]
    if len(parts) % 2 == 0:  # a dollar sign without its other half
        filled += ["$", parts[-1]]
    return "".join(filled)


def _identifier(text: str, id: str, bandwidth: int, number: int, time: int) -> str:
    if not text:
        return "$"
    if text == "RepresentationID":
        return id
    name, _, form = text.partition("%0")
    value = {"Number": number, "Bandwidth": bandwidth, "Time": time}.get(name)
    if value is None:
        return f"${text}$"
    width = int(form[:-1]) if form.endswith("d") and form[:-1].isdecimal() and len(form) <= 3 else 0
    return f"{value:0{width}d}" if width else str(value)
