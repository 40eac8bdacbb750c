"""Messages of SCTE 35: where a programme is left, as for advertisements, and where it goes on.

A message is a ``splice_info_section`` (ANSI/SCTE 35 2023r1, 9.6), in a transport stream, or repeated by a playlist.
Times are ticks of the 33-bit clock of 90 kHz, with ``pts_adjustment`` added.
"""

from collections.abc import Iterator
from typing import NamedTuple

from watchglass.media.ts_sections import LONGEST, crc
from watchglass.model.errors import SourceError

TICKS = 90_000
"""A second."""
TABLE = 0xFC
"""Its table_id."""
NULL, SCHEDULE, INSERT, TIME_SIGNAL, BANDWIDTH, PRIVATE = 0x00, 0x04, 0x05, 0x06, 0x07, 0xFF
"""splice_command_type (table 7)."""
AVAILS = {
    0x22: "Break",
    0x30: "Provider Advertisement",
    0x32: "Distributor Advertisement",
    0x34: "Provider Placement Opportunity",
    0x36: "Distributor Placement Opportunity",
    0x3C: "Provider Promo",
    0x3E: "Distributor Promo",
    0x44: "Provider Ad Block",
    0x46: "Distributor Ad Block",
}
"""segmentation_type_id with which something else than the programme begins; the one after it ends it (table 23).

Overlays (0x38 to 0x3B) are none: the programme goes on beneath them.
"""
_HEAD, _CRC = 14, 4
_UNTOLD = 0xFFF
"""splice_command_length of old encoders that did not tell it."""
_SEGMENTATION, _CUEI = 0x02, b"CUEI"
"""splice_descriptor_tag of a segmentation_descriptor, and the identifier of SCTE's own descriptors."""
_WRAP = 1 << 33


class SpliceInfoError(SourceError):
    """Raised for bytes that are no message, or a broken one."""


class Insert(NamedTuple):
    """A ``splice_insert`` (9.7.3)."""

    event_id: int
    is_cancelled: bool = False
    out_of_network: bool = False
    is_immediate: bool = False
    time: int | None = None
    """Of the programme, else of its first component that has one; None where it is to happen at once."""
    duration: int | None = None
    """Ticks."""
    auto_return: bool = False
    """Whether nothing will be sent at the end of the duration."""
    components: tuple[int, ...] = ()
    """Their tags, where not all of the programme is spliced."""


class Segmentation(NamedTuple):
    """A ``segmentation_descriptor`` (10.3.3)."""

    event_id: int
    is_cancelled: bool = False
    type_id: int = 0
    duration: int | None = None
    """Ticks."""
    number: int = 0
    expected: int = 0


class SpliceInfo(NamedTuple):
    """A message."""

    command: int | None
    """splice_command_type; None where that is encrypted, with all that follows."""
    time: int | None = None
    """Of a time_signal that has one."""
    insert: Insert | None = None
    scheduled: int = 0
    """Events of a ``splice_schedule``, whose times are those of a clock on the wall: they are counted and left."""
    segmentations: tuple[Segmentation, ...] = ()

    @property
    def is_encrypted(self) -> bool:
        """Whether all but its head is."""
        return self.command is None


class Change(NamedTuple):
    """Something else than the programme begins, or is over."""

    id: str
    """What begins and what ends it have the same."""
    out_of_network: bool
    time: int | None
    """None for at once."""
    lasts: float | None
    """Seconds, where they are told."""
    event_id: int
    is_cancelled: bool = False
    """True if what was announced under this ``event_id`` will not be, or is over."""


class _Bytes:
    """Bytes that are taken one field after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int) -> int:
        """An unsigned number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        """So many bytes.

        Raises:
            SpliceInfoError: If there are not so many.
        """
        if self.at + size > len(self.data):
            raise SpliceInfoError(f"SCTE 35: a field of {size} bytes at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]


def parse(section: bytes) -> SpliceInfo:
    """Read a message.

    Commands and descriptors that are not known are passed over.

    Raises:
        SpliceInfoError: If it is none, or broken.
    """
    if len(section) < _HEAD + _CRC or section[0] != TABLE:
        raise SpliceInfoError(f"SCTE 35: no message in {len(section)} bytes")
    size = 3 + ((section[1] & 0x0F) << 8 | section[2])
    if not _HEAD + _CRC <= size <= min(len(section), LONGEST):
        raise SpliceInfoError(f"SCTE 35: a message of {size} bytes in {len(section)}")
    section = section[:size]
    if crc(section):
        raise SpliceInfoError("SCTE 35: the CRC is wrong")
    if section[3]:
        raise SpliceInfoError(f"SCTE 35: the protocol version {section[3]} is not known")
    if section[4] & 0x80:
        return SpliceInfo(None)
    return _clear(section)


def _clear(section: bytes) -> SpliceInfo:
    adjustment = (section[4] & 1) << 32 | int.from_bytes(section[5:9], "big")
    length, command = (section[11] & 0x0F) << 8 | section[12], section[13]
    rest = section[_HEAD:-_CRC]
    body = _Bytes(rest if length == _UNTOLD else rest[:length])
    info = SpliceInfo(command)
    if command == INSERT:
        info = info._replace(insert=_insert(body, adjustment))
    elif command == TIME_SIGNAL:
        info = info._replace(time=_time(body, adjustment))
    elif command == SCHEDULE:
        info = info._replace(scheduled=body.number(1))
    if length == _UNTOLD:
        if command not in (NULL, INSERT, TIME_SIGNAL, BANDWIDTH):
            return info  # where it ends, and descriptors begin, nobody can tell
        length = body.at
    after = _Bytes(rest[length:])
    descriptors = _Bytes(after.take(after.number(2)))
    return info._replace(segmentations=tuple(_segmentations(descriptors)))


def _time(body: _Bytes, adjustment: int) -> int | None:
    """A ``splice_time`` (9.8.1)."""
    first = body.number(1)
    if not first & 0x80:
        return None
    return ((first & 1) << 32 | body.number(4)) + adjustment & _WRAP - 1


def _insert(body: _Bytes, adjustment: int) -> Insert:
    event_id, cancel = body.number(4), body.number(1)
    if cancel & 0x80:
        return Insert(event_id, is_cancelled=True)
    flags = body.number(1)
    is_whole, is_immediate = bool(flags & 0x40), bool(flags & 0x10)
    times: list[int | None] = []
    components: list[int] = []
    if is_whole:
        times += [] if is_immediate else [_time(body, adjustment)]
    else:
        for _ in range(body.number(1)):
            components.append(body.number(1))
            times += [] if is_immediate else [_time(body, adjustment)]
    duration, auto_return = None, False
    if flags & 0x20:
        told = body.number(5)
        duration, auto_return = told & _WRAP - 1, bool(told >> 39)
    body.take(4)  # unique_program_id, avail_num and avails_expected
    time = next((each for each in times if each is not None), None)
    return Insert(
        event_id,
        out_of_network=bool(flags & 0x80),
        is_immediate=is_immediate,
        time=time,
        duration=duration,
        auto_return=auto_return,
        components=tuple(components),
    )


def _segmentations(loop: _Bytes) -> Iterator[Segmentation]:
    while loop.at < len(loop.data):
        tag, length = loop.number(1), loop.number(1)
        body = loop.take(length)
        if tag == _SEGMENTATION and body.startswith(_CUEI):
            yield _segmentation(_Bytes(body[len(_CUEI) :]))


def _segmentation(body: _Bytes) -> Segmentation:
    event_id, cancel = body.number(4), body.number(1)
    if cancel & 0x80:
        return Segmentation(event_id, is_cancelled=True)
    flags = body.number(1)
    if not flags & 0x80:
        body.take(6 * body.number(1))  # components, each with an offset
    duration = body.number(5) if flags & 0x40 else None
    body.take(1)
    body.take(body.number(1))  # what the segment is called
    return Segmentation(event_id, False, body.number(1), duration, body.number(1), body.number(1))


def changes(info: SpliceInfo) -> Iterator[Change]:
    """What a message says of when something else than the programme is on."""
    insert = info.insert
    if insert is not None:
        lasts = insert.duration / TICKS if insert.duration is not None and insert.out_of_network else None
        # A return ends whatever was left for, whatever its number.
        yield Change("splice_insert", insert.out_of_network, insert.time, lasts, insert.event_id, insert.is_cancelled)
    for one in info.segmentations:
        name = AVAILS.get(one.type_id & ~1)
        if one.is_cancelled:
            yield Change("", False, None, None, one.event_id, is_cancelled=True)
        elif name is not None:
            begins = not one.type_id & 1
            lasts = one.duration / TICKS if one.duration and begins else None
            yield Change(f"{name} {one.event_id}", begins, info.time, lasts, one.event_id)
