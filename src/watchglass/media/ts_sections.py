"""Tables of a transport stream: sections put together from packets (ISO/IEC 13818-1, 2.4.4)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

PAT_PID, CAT_PID = 0, 1
PAT, CAT, PMT = 0x00, 0x01, 0x02
"""Their table_id."""
LONGEST = 4096
"""Bytes of a section, at most."""
_STUFFING = 0xFF
_MEDIA = frozenset(
    {0x01, 0x02, 0x03, 0x04, 0x0F, 0x10, 0x11, 0x1B, 0x1C, 0x20, 0x21, 0x24, 0x33, 0x80, 0x81, 0x82, 0x87}
)
"""stream_type of MPEG-1 and 2 video and audio, AAC, MPEG-4, AVC, JPEG 2000, HEVC, VVC, and what ATSC and discs have for
AC-3, E-AC-3 and DTS (ISO/IEC 13818-1, table 2-34)."""
_PRIVATE, _SOUND = 0x06, frozenset({0x6A, 0x7A, 0x7B, 0x7C})
"""Of DVB, where a descriptor says that it is AC-3, E-AC-3, DTS or AAC (EN 300 468, 6.2 and annex D)."""
_CHECKED = 0x80
"""In the byte after the table_id: a CRC ends the section."""


class Sections:
    """Puts the sections of one PID together."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._has_begun = False

    def feed(self, payload: bytes, *, begins: bool) -> Iterator[bytes]:
        """The sections that are complete with the payload of another packet.

        Args:
            payload: Of any length; what cannot be is left out.
            begins: Whether the packet says that a section begins in it.
        """
        if begins:
            if not payload:
                return
            pointer = payload[0]
            if self._has_begun:
                self._held += payload[1 : 1 + pointer]
                yield from self._complete()
            self._held = bytearray(payload[1 + pointer :])
            self._has_begun = True
        elif self._has_begun:
            self._held += payload
        yield from self._complete()

    def lose(self) -> None:
        """A packet is missing: what has begun is worth nothing."""
        self._held.clear()
        self._has_begun = False

    def _complete(self) -> Iterator[bytes]:
        held = self._held
        while len(held) >= 3 and held[0] != _STUFFING:
            size = 3 + ((held[1] & 0x0F) << 8 | held[2])
            if size > LONGEST:
                self.lose()
                return
            if len(held) < size:
                return
            yield bytes(held[:size])
            del held[:size]


class Stream(NamedTuple):
    """What a programme map says of one of its streams."""

    kind: int
    """stream_type."""
    pid: int
    descriptors: frozenset[int]
    """Their tags."""

    @property
    def is_media(self) -> bool:
        """Whether it is picture or sound, of which timestamps come often: subtitles and data have few."""
        return self.kind in _MEDIA or (self.kind == _PRIVATE and bool(self.descriptors & _SOUND))


class Programme(NamedTuple):
    """What a programme map says."""

    number: int
    version: int
    pcr_pid: int
    streams: tuple[Stream, ...]


def is_whole(section: bytes) -> bool:
    """Whether the CRC of a section is right; True where it has none."""
    return not section[1] & _CHECKED or crc(section) == 0


def programmes(section: bytes) -> dict[int, int]:
    """Of a programme association: PID of the map by number of the programme, without the network's."""
    body = section[8:-4]
    entries = (body[at : at + 4] for at in range(0, len(body) - 3, 4))
    found = {entry[0] << 8 | entry[1]: (entry[2] & 0x1F) << 8 | entry[3] for entry in entries}
    return {number: pid for number, pid in found.items() if number}


def programme(section: bytes) -> Programme | None:
    """Of a programme map; None where it cannot be one."""
    if len(section) < 16:
        return None
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    end, streams = len(section) - 4, []
    while at + 5 <= end:
        after = at + 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
        pid = (section[at + 1] & 0x1F) << 8 | section[at + 2]
        streams.append(Stream(section[at], pid, _tags(section[at + 5 : min(after, end)])))
        at = after
    pcr_pid = (section[8] & 0x1F) << 8 | section[9]
    return Programme(section[3] << 8 | section[4], section[5] >> 1 & 0x1F, pcr_pid, tuple(streams))


def _tags(descriptors: bytes) -> frozenset[int]:
    found, at = set(), 0
    while at + 2 <= len(descriptors):
        found.add(descriptors[at])
        at += 2 + descriptors[at + 1]
    return frozenset(found)


def crc(data: bytes) -> int:
    """CRC of ISO/IEC 13818-1, annex A: polynomial 0x04C11DB7, from ones, nothing mirrored; 0 over a whole section."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


def _table() -> Sequence[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x104C11DB7 if value & 0x80000000 else 0)
        table.append(value)
    return table


_TABLE = _table()
