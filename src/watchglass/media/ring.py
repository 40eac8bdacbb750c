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
_LARGEST_CHUNK = 1 << 20
"""Bytes after which another chunk begins in the midst of a group of pictures, so that endless ones can be shortened."""


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

    Once it is whole it is one piece of memory with a table: thousands of small ones would leave holes when they go.

    Args:
        stretch: To which it belongs.
        first: The first packet.
        is_new: Whether it is the first of its coding.
    """

    def __init__(self, stretch: Stretch, first: Coded, *, is_new: bool) -> None:
        self.stretch = stretch
        self.begins_with_key = first.is_key
        self.begin = first.pts
        """Ticks: time of the first packet."""
        self.end = first.pts
        """Ticks: the latest end of a packet."""
        self.bytes = _CHUNK_BYTES + is_new * _FORM_BYTES
        """What it costs to keep."""
        self._open: list[Coded] = []
        self._table = array("q")
        """Of each packet the four numbers and the size."""
        self._payload: bytes | None = None

    def add(self, packet: Coded) -> int:
        """One more; what it costs, in bytes."""
        self._open.append(packet)
        self.end = max(self.end, packet.pts + packet.duration)
        size = len(packet.data) + _PACKET_BYTES
        self.bytes += size
        return size

    def seal(self) -> None:
        """There will be no more."""
        for pts, dts, duration, is_key, data in self._open:
            self._table.extend((pts, dts, duration, is_key, len(data)))
        self._payload = b"".join(packet.data for packet in self._open)
        self._open = []

    def copy(self) -> "Chunk":
        """The same, which does not grow."""
        if self._payload is not None:
            return self
        copied = copy(self)
        copied._open = self._open[:]
        return copied

    @property
    def packets(self) -> list[Coded]:
        """All of them; nothing is copied."""
        if self._payload is None:
            return self._open
        found, payload, at = list[Coded](), memoryview(self._payload), 0
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
        self._largest = min(_LARGEST_CHUNK, most_bytes // 8)
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
                if last is not None:
                    last.seal()
                self._shorten()
                last = Chunk(stretch, packet, is_new=last is None or last.stretch.form is not stretch.form)
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
        if last.bytes >= self._largest:
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
