"""What is known of how media travel: segments and packets, and, without waiting for media, playlists and failures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from watchglass.model.media import Beside, Item


@dataclass(frozen=True, slots=True)
class SegmentArrival(Item):
    """A segment of a rendition was fetched completely."""

    pts: float
    """Media time at which its content begins, in seconds."""
    duration: float
    """As the playlist declares it, in seconds."""
    uri: str
    """Secrets removed."""
    rendition: str
    sequence: int
    size: int
    """Bytes."""
    fetch_seconds: float
    track: str | None = None


@dataclass(frozen=True, slots=True)
class TransportCheck(Item):
    """What a transport stream was like for a while (ETSI TR 101 290, 5.2.1 and 5.2.2)."""

    UNITS: ClassVar[Mapping[str, str]] = dict.fromkeys(("pat", "pmt", "pid", "pcr_repetition", "pts"), "s")
    """Of the values that are seconds, the longest that something did not come; the others are counts."""
    pts: float
    duration: float
    values: Mapping[str, float]
    where: Mapping[str, str]
    """PIDs or tables, in words."""
    is_live: bool = False
    """True if somebody may tune in at any time, for whom tables and clocks must come again and again."""
    track: str | None = None


class RuleBreak(NamedTuple):
    """A rule that does not hold."""

    rule: str
    """Its name, as in ``model/rules.py``'s tables."""
    detail: str
    """Where and how, in words; secrets removed."""


@dataclass(frozen=True, slots=True)
class ManifestCheck(Beside):
    """A playlist or a manifest as it was just loaded, held against its rules and against the copy before it."""

    pts: float
    of: Literal["hls", "dash", "ladder"]
    """``ladder``: the renditions of a stream, held against each other."""
    rendition: str
    breaks: tuple[RuleBreak, ...] = ()
    unchanged: float = 0.0
    """Seconds since something was last added, where that is known."""
    target_duration: float = 0.0
    """Seconds within which something should be added; 0 where nothing will be."""
    track: str | None = None
    duration: float = 0.0


What = Literal["playlist", "manifest", "segment", "key", "init section"]


@dataclass(frozen=True, slots=True)
class FetchFailure(Beside):
    """Something was asked for and did not come, or not whole; or it was listed as missing."""

    pts: float
    what: What
    rendition: str
    reason: str
    """Address (secrets removed) and what went wrong."""
    status: int = 0
    """Of HTTP; 0 where there was none."""
    since: float = 0.0
    """Seconds since it was first asked for in vain."""
    lost: float = 0.0
    """Seconds of media that will not be seen for it; 0 while it is tried again."""
    is_over: bool = False
    """True for what has come in the end."""
    is_broken: bool = False
    """True for what came and is not whole."""
    track: str | None = None
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Splice(Item):
    """Something else than the programme begins, such as advertisements, or is over (ANSI/SCTE 35)."""

    pts: float
    out_of_network: bool
    """True where it begins."""
    id: str
    """What begins and what ends it have the same; several may be under way, one in the other."""
    lasts: float | None = None
    """Seconds, where they were told; unless it is ended before."""
    text: str = ""
    """Who says so, in words."""
    track: str | None = None
    duration: float = 0.0


Aside = ManifestCheck | FetchFailure | TransportCheck
"""What is told as it happens, whether media come or not."""
