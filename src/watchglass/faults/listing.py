"""Segments of a channel and the playlist that lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a channel that begins with a key frame."""

    number: int
    start: float
    """Media time of the channel, in seconds."""
    duration: float
    data: bytes
    is_break: bool = False
    """True if its timestamps begin anew, and the playlist is to say so."""
    misdated: float = 0.0
    """Seconds by which its programme date-time is wrong."""

    @property
    def end(self) -> float:
        """Media time of the channel, in seconds."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment as it is listed."""

    uri: str
    duration: float
    utc: float
    """Programme date-time, in seconds since 1970."""
    is_break: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A media playlist (RFC 8216bis, 4.4.3)."""

    entries: tuple[Entry, ...]
    sequence: int
    """Media sequence number of the first entry."""
    target: int
    """Seconds."""
    breaks: int = 0
    """Discontinuity sequence number of the first entry."""
    is_over: bool = False

    def text(self, query: str = "") -> str:
        """The playlist; ``query`` goes along to each segment, as a signature does."""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{self.target}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.sequence}",
            *([f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.breaks}"] if self.breaks else []),
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        for entry in self.entries:
            on_air = datetime.fromtimestamp(entry.utc, UTC).isoformat(timespec="milliseconds")
            lines += ["#EXT-X-DISCONTINUITY"] * entry.is_break
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{on_air.replace('+00:00', 'Z')}")
            lines += [f"#EXTINF:{entry.duration:.3f},", f"{entry.uri}?{query}" if query else entry.uri]
        lines += ["#EXT-X-ENDLIST"] * self.is_over
        return "\n".join(lines) + "\n"


def multivariant(uri: str, bandwidth: int, told: Sequence[str] = ()) -> str:
    """The playlist that names one rendition; ``told`` are more of its attributes."""
    attributes = ",".join((f"BANDWIDTH={bandwidth}", *told))
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:{attributes}\n{uri}\n"
