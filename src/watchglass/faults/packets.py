"""Packets of a transport stream as recipes are given them, and the surgery that they have in common.

Nothing is decoded or muxed anew: what a recipe does not touch leaves as it came, byte for byte.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from watchglass.kernels.ts import NONE, NULL, SIZE, SYNC, headers
from watchglass.media.ts_clock import PacketClock
from watchglass.media.ts_packets import PacketCutter
from watchglass.media.ts_sections import PAT_PID, Programme, crc
from watchglass.media.ts_tables import Tables

STUFFING = bytes([SYNC, NULL >> 8, NULL & 0xFF, 0x10]) + b"\xff" * (SIZE - 4)
"""A null packet: what a multiplexer sends to keep its rate."""
MOST_HELD = 4_000
"""Packets that wait for a clock reference, at most."""
_VIDEO = frozenset({0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x33})
"""stream_type of MPEG-1 and 2 video, MPEG-4, AVC, MVC, HEVC, VVC (ISO/IEC 13818-1, table 2-34)."""


class Role(Enum):
    """What a packet is for, by the tables so far."""

    PAT = "the table of programmes"
    PMT = "the map of a programme"
    PICTURE = "picture"
    SOUND = "sound"
    OTHER = "anything else"


@dataclass(frozen=True, slots=True)
class TsPacket:
    """A packet, and what is known of it."""

    data: bytes
    """188 bytes; of what a recipe adds any number."""
    time: float
    """Seconds since the first packet, by the programme clock."""
    number: int
    """Counted from 0; -1 for what a recipe adds."""
    pid: int
    role: Role = Role.OTHER
    programme: Programme | None = None
    """The one that its stream belongs to."""
    part: int = 0
    """Number of the piece that it belongs to, such as a segment."""
    is_break: bool = False
    """True if a segment that begins with it is to be announced as a discontinuity."""

    @property
    def begins(self) -> bool:
        """Whether a PES packet or a section begins in it."""
        return bool(self.data[1] & 0x40)

    @property
    def has_payload(self) -> bool:
        """Whether its counter counts."""
        return bool(self.data[3] & 0x10)

    @property
    def has_clock(self) -> bool:
        """Whether it carries a reference of the programme clock."""
        return bool(self.data[3] & 0x20) and self.data[4] >= 7 and bool(self.data[5] & 0x10)

    @property
    def is_key(self) -> bool:
        """Whether a decoder can begin with it (random_access_indicator)."""
        return self.begins and bool(self.data[3] & 0x20) and self.data[4] > 0 and bool(self.data[5] & 0x40)

    @property
    def payload_at(self) -> int:
        """Byte at which its payload begins."""
        return min(SIZE, 5 + self.data[4]) if self.data[3] & 0x20 else 4

    def with_byte(self, at: int, value: int) -> "TsPacket":
        """The same with another byte."""
        return replace(self, data=self.data[:at] + bytes([value & 0xFF]) + self.data[at + 1 :])

    def with_data(self, data: bytes) -> "TsPacket":
        """Another in its place."""
        return replace(self, data=data)

    def with_section(self, change: Callable[[bytes], bytes]) -> "TsPacket":
        """The section that begins and ends in it changed (without its CRC, which is reckoned anew).

        What does not end in it, or would not find room in it, stays as it is.
        """
        at = self.payload_at
        if not self.begins or at >= SIZE:
            return self
        at += 1 + self.data[at]
        if at + 3 > SIZE:
            return self
        end = at + 3 + ((self.data[at + 1] & 0x0F) << 8 | self.data[at + 2])
        if end > SIZE or end - at < 12:
            return self
        changed = bytearray(change(self.data[at : end - 4]))
        size = len(changed) + 1
        changed[1:3] = bytes([changed[1] & 0xF0 | size >> 8, size & 0xFF])
        whole = bytes(changed) + crc(bytes(changed)).to_bytes(4, "big")
        if at + len(whole) > SIZE:
            return self
        return replace(self, data=(self.data[:at] + whole).ljust(SIZE, b"\xff"))


class PacketReader:
    """Takes a transport stream apart into packets that know their time and their role."""

    def __init__(self) -> None:
        self._cutter = PacketCutter()
        self._clock = PacketClock()
        self._tables = Tables()
        self._version = -1
        self._roles: dict[int, tuple[Role, Programme | None]] = {}
        self._held: list[bytes] = []
        """Packets since the last clock reference: only the next one tells when they came."""
        self._number = 0

    def read(self, chunks: Iterable[bytes]) -> Iterator[TsPacket]:
        """All packets, in order; bytes that belong to none are left out."""
        for data in chunks:
            for cut in self._cutter.feed(data):
                self._held += (packet.tobytes() for packet in cut.packets)
            yield from self._known(is_last=False)
        yield from self._known(is_last=True)

    def _known(self, *, is_last: bool) -> Iterator[TsPacket]:
        if not self._held:
            return
        packets = np.frombuffer(b"".join(self._held), np.uint8).reshape(-1, SIZE)
        told = headers(packets)
        references = np.flatnonzero(told.pcr != NONE)
        end = int(references[-1]) + 1 if len(references) else 0
        if is_last or len(packets) - end > MOST_HELD:
            end = len(packets)
        times = self._clock.times(told.pid[:end], told.pcr[:end])
        for at in range(end):
            data = self._held[at]
            pid = int(told.pid[at])
            if pid in self._tables.pids and told.has_payload[at] and not told.is_scrambled[at]:
                for _ in self._tables.feed(pid, data[int(told.payload_at[at]) :], begins=bool(told.begins[at])):
                    pass
                self._learn()
            role, programme = self._roles.get(pid, (Role.OTHER, None))
            yield TsPacket(data, float(times[at]), self._number, pid, role, programme)
            self._number += 1
        del self._held[:end]

    def _learn(self) -> None:
        if self._version == self._tables.version and PAT_PID in self._roles:
            return
        self._version = self._tables.version
        self._roles = dict.fromkeys(self._tables.pids - {1}, (Role.PMT, None))
        self._roles[PAT_PID] = Role.PAT, None
        for each in self._tables.programmes.values():
            for stream in each.streams:
                role = Role.PICTURE if stream.kind in _VIDEO else Role.SOUND if stream.is_media else Role.OTHER
                self._roles[stream.pid] = role, each
        if self._tables.clocks and self._clock.pid not in self._tables.clocks:
            self._clock.pid = min(self._tables.clocks)


class Renumbered:
    """Counters without a gap where packets are left out on purpose, as by a multiplexer that has nothing to send."""

    def __init__(self) -> None:
        self._missing: dict[int, int] = {}

    def without(self, packet: TsPacket) -> None:
        """It does not come on its PID."""
        self._missing[packet.pid] = self._missing.get(packet.pid, 0) + packet.has_payload

    def stuffed(self, packet: TsPacket) -> TsPacket:
        """A null packet comes in its place."""
        self.without(packet)
        return packet.with_data(STUFFING)

    def kept(self, packet: TsPacket) -> TsPacket:
        """The same with the counter that follows."""
        missing = self._missing.get(packet.pid, 0)
        if not missing:
            return packet
        fourth = packet.data[3]
        return packet.with_byte(3, fourth & 0xF0 | (fourth - missing) & 0x0F)
