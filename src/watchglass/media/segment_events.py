"""What happens while the segments of a rendition are read, and where its playlist comes from."""

from dataclasses import dataclass
from typing import Protocol

from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_origin import Place


@dataclass(frozen=True, slots=True)
class Began:
    """The bytes of a segment begin: all before it have been read."""

    segment: Segment


@dataclass(frozen=True, slots=True)
class Arrived:
    """A segment is here completely."""

    segment: Segment
    name: str
    """Its place, secrets removed."""
    size: int
    """Bytes, as transferred."""
    fetch_seconds: float
    utc: float
    """When its first sample reached us at the earliest, had all that is listed after it been sent in real time."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Media that will not be seen."""

    reason: str
    duration: float


Event = Began | Arrived | Missed


class Listing(Protocol):
    """Where the playlist of a rendition is, and how to read it."""

    def load(self, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        """The playlist, and the place that its references are relative to; as it is now, or as is asked for."""

    def refresh(self) -> None:
        """Ask where the playlist is anew: its URL may have run out."""
