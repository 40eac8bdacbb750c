"""The index of a file of segments: the ``sidx`` box (ISO/IEC 14496-12, 8.16.3)."""

import struct
from dataclasses import dataclass

from watchglass.media.playlist import MOST_SEGMENTS
from watchglass.model.errors import PlaylistError
from watchglass.net.http import ByteRange

MOST_BYTES = 12 * MOST_SEGMENTS + 1_024
"""Size of an index that is still read: 12 bytes for each segment."""


@dataclass(frozen=True, slots=True)
class Subsegment:
    """A piece of the file."""

    byte_range: ByteRange
    start: float
    """Seconds of the media's clock."""
    duration: float


def parse(data: bytes, offset: int, name: str) -> list[Subsegment]:
    """Read an index.

    Args:
        data: The bytes of the index range.
        offset: Where in the file they lie: pieces are counted from where the box ends.
        name: What to call the file in messages (secrets removed).

    Raises:
        PlaylistError: If there is no index in it, or one that cannot be followed.
    """
    begin, end = _box(data, name)
    try:
        return list(_subsegments(data[:end], begin, offset + end, name))
    except struct.error:
        raise PlaylistError(f"{name}: its index is cut short") from None


def _box(data: bytes, name: str) -> tuple[int, int]:
    """Where the content of the first ``sidx`` begins, and where the box ends."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        if size < head:
            break
        if kind == b"sidx":
            if at + size > len(data):
                raise PlaylistError(f"{name}: its index is cut short")
            return at + head, at + size
        at += size
    raise PlaylistError(f"{name}: there is no index (sidx) where the manifest says")


def _subsegments(data: bytes, at: int, anchor: int, name: str) -> list[Subsegment]:
    version = data[at] if at < len(data) else 0
    _, timescale = struct.unpack_from(">II", data, at + 4)
    time, first = struct.unpack_from(">QQ" if version else ">II", data, at + 12)
    at += 28 if version else 20
    _, count = struct.unpack_from(">HH", data, at)
    if not timescale:
        raise PlaylistError(f"{name}: the clock of its index stands still")
    found, position = [], anchor + first
    for number in range(count):
        sized, lasts, _ = struct.unpack_from(">III", data, at + 4 + 12 * number)
        size = sized & 0x7FFF_FFFF
        if sized >> 31:
            raise PlaylistError(f"{name}: its index leads to further ones (hierarchical sidx), which is not followed")
        if size:
            found.append(Subsegment(ByteRange(position, size), time / timescale, lasts / timescale))
        position, time = position + size, time + lasts
    if not found:
        raise PlaylistError(f"{name}: its index names no segment")
    return found
