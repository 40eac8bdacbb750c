"""The last seconds of a stream as they came, compressed, so that there is proof of what is found in them.

Packets lie in *chunks* that begin with a key frame, or hold half a second of sound. The oldest goes first, once there
are enough younger ones. A chunk belongs to a *stretch*, which knows how its packets are coded and where on the timeline
they lie; that is known for sure once something of it has been decoded, so it is kept beside the packets.
"""

from array import array
from collections import deque
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from mmap import MADV_NOHUGEPAGE, mmap
from threading import Lock
from typing import NamedTuple

from watchglass.media.coded_form import CodedForm
from watchglass.media.timeline import in_seconds

SECONDS = 20.0
MOST_BYTES = 14_000_000
"""Of a stream of 5 Mb/s that is 22 s: one group of pictures more than are asked for."""

_PACKET_BYTES = 40
"""What a packet costs beside its payload: five numbers."""
_CHUNK_BYTES = 1_000
_FORM_BYTES = 60_000
"""What FFmpeg takes to remember how packets are coded: a stream may tell that anew with each of them."""
_SOUND_CHUNK = 0.5
"""Seconds."""
_SOUND_ROOM, _PICTURE_ROOM = 1 << 16, 1 << 20
"""Bytes of a chunk after which another one begins, also in the midst of a group of pictures: endless ones are
shortened like that."""


class Coded(NamedTuple):
    """A packet as it came: ticks of its container's clock, and the payload, decrypted."""

    pts: int
    dts: int
    duration: int
    is_key: bool
    data: bytes | memoryview


@dataclass(slots=True, eq=False)
class Place:
    """Where a run of one clock lies on the timeline."""

    shift: float
    """Seconds from the container's clock to the timeline."""
    is_sure: bool = False
    """Whether something of it was placed on the timeline; until then it is reckoned."""


@dataclass(slots=True, eq=False)
class Stretch:
    """Packets of one track with one clock and one way of coding."""

    form: CodedForm
    place: Place

    @property
    def time_base(self) -> Fraction:
        """Seconds of a tick."""
        return self.form.time_base

    def seconds(self, ticks: int) -> float:
        """Where a time of the container lies on the timeline, in seconds."""
        return in_seconds(ticks, self.form.time_base) + self.place.shift


class Chunk:
    """Packets that go together.

    They lie in memory of its own, which the system takes back when it goes: small pieces would leave holes.

    Args:
        stretch: To which it belongs.
        first: The first packet, which is yet to be added.
        room: Bytes that it may hold; what is not used costs nothing.
        is_new: Whether it is the first of its coding.
    """

    def __init__(self, stretch: Stretch, first: Coded, room: int, *, is_new: bool) -> None:
        self.stretch = stretch
        self.begins_with_key = first.is_key
        self.begin = first.pts
        """Ticks: time of the first packet."""
        self.end = first.pts
        """Ticks: the latest end of a packet."""
        self.bytes = _CHUNK_BYTES + is_new * _FORM_BYTES
        """What it costs to keep."""
        self._table = array("q")
        """Of each packet the four numbers and the size."""
        self._memory = mmap(-1, max(room, len(first.data)))
        self._memory.madvise(MADV_NOHUGEPAGE)  # else the first byte may cost two megabytes
        self._used = 0

    def has_room_for(self, packet: Coded) -> bool:
        """Whether a packet can be added."""
        cost = len(packet.data) + _PACKET_BYTES
        return self._used + _PACKET_BYTES * (len(self._table) // 5) + cost <= len(self._memory)

    def add(self, packet: Coded) -> int:
        """One more; what it costs, in bytes."""
        pts, dts, duration, is_key, data = packet
        size = len(data)
        self._memory[self._used : self._used + size] = data
        self._used += size
        self._table.extend((pts, dts, duration, is_key, size))
        self.end = max(self.end, pts + duration)
        self.bytes += size + _PACKET_BYTES
        return size + _PACKET_BYTES

    def copy(self) -> "Chunk":
        """The same as it is now; what is added later goes behind it."""
        copied = copy(self)
        copied._table = self._table[:]
        return copied

    @property
    def packets(self) -> list[Coded]:
        """All of them; nothing is copied."""
        found, payload, at = list[Coded](), memoryview(self._memory), 0
        table = iter(self._table)
        for pts, dts, duration, is_key, size in zip(table, table, table, table, table, strict=True):
            found.append(Coded(pts, dts, duration, bool(is_key), payload[at : at + size]))
            at += size
        return found

    @property
    def pts(self) -> float:
        """Where it begins on the timeline, in seconds."""
        return self.stretch.seconds(self.begin)

    @property
    def until(self) -> float:
        """Where it ends on the timeline, in seconds."""
        return self.stretch.seconds(self.end)


class PacketRing:
    """Keeps the last packets of all watched tracks of one stream. Safe to share between threads.

    Args:
        seconds: How far back it reaches at least, where bytes allow; more, by what its first key frame is older.
        most_bytes: What it may hold, with what keeping it costs.
    """

    def __init__(self, seconds: float = SECONDS, most_bytes: int = MOST_BYTES) -> None:
        self.seconds = seconds
        self.most_bytes = most_bytes
        self._room = min(_SOUND_ROOM, most_bytes // 8), min(_PICTURE_ROOM, most_bytes // 8)
        self._tracks: dict[str, deque[Chunk]] = {}
        self._bytes = 0
        self._newest = 0.0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """What it holds, with what keeping it costs."""
        return self._bytes

    @property
    def newest(self) -> float:
        """The latest end of a packet whose place on the timeline is known, in seconds."""
        return self._newest

    def add(self, track: str, stretch: Stretch, packet: Coded) -> None:
        """Keep a packet, and let go of what is too old or too much."""
        with self._lock:
            chunks = self._tracks.setdefault(track, deque())
            last = chunks[-1] if chunks else None
            if last is None or last.stretch is not stretch or self._is_full(last, packet):
                self._shorten()
                is_new = last is None or last.stretch.form is not stretch.form
                last = Chunk(stretch, packet, self._room[stretch.form.kind == "video"], is_new=is_new)
                chunks.append(last)
                self._bytes += last.bytes
            self._bytes += last.add(packet)
            if stretch.place.is_sure:
                self._newest = max(self._newest, last.until)
            while self._bytes > self.most_bytes and self._let_go_of_oldest():
                pass

    def chunks(self) -> dict[str, list[Chunk]]:
        """What there is now, by track."""
        with self._lock:
            return {track: [chunk.copy() for chunk in chunks] for track, chunks in self._tracks.items() if chunks}

    def _is_full(self, last: Chunk, packet: Coded) -> bool:
        if not last.has_room_for(packet):
            return True
        if last.stretch.form.kind == "video":
            return packet.is_key
        return packet.is_key and in_seconds(packet.pts - last.begin, last.stretch.time_base) >= _SOUND_CHUNK

    def _shorten(self) -> None:
        """Let go of what no second needs that is to be kept."""
        oldest = self._newest - self.seconds
        begins = [c[0].pts for c in self._tracks.values() if c and c[0].stretch.form.kind == "video"]
        for chunks in self._tracks.values():
            if not chunks:
                continue
            is_sound = chunks[0].stretch.form.kind != "video"
            # Sound is kept for as long as there are pictures that it belongs to.
            needed = min([oldest, *begins]) if is_sound else oldest
            while chunks and (self._follower(chunks, needed) <= needed or chunks[-1].until < oldest):
                self._let_go(chunks)

    def _follower(self, chunks: deque[Chunk], needed: float) -> float:
        """From where on (seconds) a track could be shown without its first group."""
        following = next((chunk for chunk in _but_first(chunks) if chunk.begins_with_key), None)
        if following is not None:
            return following.pts
        # A group that is longer than all that is to be kept is shortened, too: some streams have one key frame.
        return chunks[0].pts + self.seconds if len(chunks) > 1 else needed + 1.0

    def _let_go_of_oldest(self) -> bool:
        held = [chunks for chunks in self._tracks.values() if len(chunks) > 1]
        if not held:
            return False
        self._let_go(min(held, key=lambda chunks: chunks[0].pts))
        return True

    def _let_go(self, chunks: deque[Chunk]) -> None:
        """Drop the first group of a track: to the next key frame, if there is one."""
        self._bytes -= chunks.popleft().bytes
        if any(chunk.begins_with_key for chunk in chunks):
            while not chunks[0].begins_with_key:
                self._bytes -= chunks.popleft().bytes


def _but_first(chunks: deque[Chunk]) -> Iterator[Chunk]:
    rest = iter(chunks)
    next(rest)
    return rest
