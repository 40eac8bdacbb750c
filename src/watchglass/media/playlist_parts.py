"""Low latency: segments that are listed part by part while they are made (RFC 8216bis, 4.4.4.9 and 6.2.5)."""

import re
from dataclasses import dataclass

from watchglass.model.errors import PlaylistError
from watchglass.net.http import ByteRange

_ATTRIBUTE = re.compile(r"([A-Z0-9-]+)=(\"[^\"]*\"|[^,]*)")
_RANGE = re.compile(r"\s*(\d{1,15})(?:@(\d{1,15})?)?\s*")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a segment (``EXT-X-PART``)."""

    uri: str
    duration: float
    """Seconds, as declared."""
    byte_range: ByteRange | None = None
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class ServerControl:
    """What the server does for whoever asks (``EXT-X-SERVER-CONTROL``)."""

    can_block: bool = False
    """True if it keeps a request for what is not there yet until it is."""
    skip_until: float = 0.0
    """Seconds from the end beyond which it can leave out what is known; 0 where it cannot."""
    part_target: float = 0.0
    """Seconds that no part is longer than; 0 where there are no parts."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of such a server (RFC 8216bis, 6.2.5)."""

    sequence: int
    """Wait until this segment is there, or the part of it."""
    part: int | None = None
    skips: bool = False
    """True if what is known may be left out."""
    patience: float = 10.0
    """Seconds of silence after which it has not done so."""

    @property
    def query(self) -> str:
        """Its parameters, in the order that they must have."""
        part = "" if self.part is None else f"&_HLS_part={self.part}"
        return f"_HLS_msn={self.sequence}{part}" + ("&_HLS_skip=YES" if self.skips else "")


def attribute_list(line: str) -> list[tuple[str, str]]:
    """The attributes of a tag in order, without their quotation marks."""
    return [(name, text.strip('"')) for name, text in _ATTRIBUTE.findall(line.partition(":")[2])]


def attributes(line: str) -> dict[str, str]:
    """The attributes of a tag by name; of one that is there twice, the last."""
    return dict(attribute_list(line))


def byte_range(text: str | None, follows: int, name: str) -> ByteRange | None:
    """A range as playlists write it: ``LENGTH[@OFFSET]``; without an offset it follows the one before.

    Raises:
        PlaylistError: If it is none.
    """
    if text is None:
        return None
    told = _RANGE.fullmatch(text)
    if told is None or int(told[1]) == 0:
        raise PlaylistError(f"{name}: a byte range is not understood: {text[:40]!r}")
    return ByteRange(int(told[2]) if told[2] is not None else follows, int(told[1]))


class PartReader:
    """Reads the tags of low latency; a part that says nothing of use is left out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ends: dict[str, int] = {}
        self._control: dict[str, str] = {}
        self._target = 0.0

    @property
    def server(self) -> ServerControl:
        """What was said of the server."""
        can_block = self._control.get("CAN-BLOCK-RELOAD") == "YES"
        return ServerControl(can_block, _seconds(self._control.get("CAN-SKIP-UNTIL")), self._target)

    def control(self, line: str) -> None:
        """``EXT-X-SERVER-CONTROL``."""
        self._control = attributes(line)

    def information(self, line: str) -> None:
        """``EXT-X-PART-INF``."""
        self._target = _seconds(attributes(line).get("PART-TARGET"))

    def part(self, line: str) -> Part | None:
        """``EXT-X-PART``."""
        given = attributes(line)
        uri, duration = given.get("URI", ""), _seconds(given.get("DURATION"))
        if not uri or not duration:
            return None
        try:
            extent = byte_range(given.get("BYTERANGE"), self._ends.get(uri, 0), self._name)
        except PlaylistError:
            return None  # its segment can still be had as a whole
        if extent is not None:
            self._ends[uri] = extent.offset + (extent.length or 0)
        return Part(uri, duration, extent, given.get("GAP") == "YES")


def _seconds(text: str | None) -> float:
    told = re.fullmatch(r"\d{1,6}(\.\d+)?", text or "")
    return float(told[0]) if told else 0.0
