"""The light tier: of a picture only the key frames are decoded, and everything else is known by its packets.

Pictures are told in the order in which they are shown, as a decoder would, whether they were decoded or not.
"""

from collections.abc import Iterator
from enum import Enum
from heapq import heappop, heappush
from typing import Any

from av.packet import Packet
from av.video.frame import PictureType
from av.video.frame import VideoFrame as AvFrame

from watchglass.media.timeline import in_seconds
from watchglass.model.attention import Attention

RARE = 10.0
"""Seconds without a key frame from which there are too few of them to watch by: then all pictures are decoded."""
FIRST, NONE = 3.0, 20.0
"""Seconds without anything that is at least marked as one, at first and later, after which decoding begins in the
middle of things."""
APART = 1.5
"""Seconds between two key frames that are decoded, at least: where they come often, some will do."""
REGULAR = 3
"""Key frames in a row that are not rare, after which they will do again."""
USELESS = 3
"""Key frames of which nothing came when they were decoded alone, from which none of a stream are believed."""
_DEEPEST = 32
"""Pictures that wait for those shown before them: more than any codec reorders."""


class Way(Enum):
    """What becomes of a coded picture."""

    DECODE = "with those before it"
    ALONE = "by itself"
    PASS = "not at all"


class Light:
    """Which pictures of a stream are decoded, over all its containers.

    Args:
        attention: What is asked for.
    """

    def __init__(self, attention: Attention) -> None:
        self._attention = attention
        self.is_on = attention.is_light
        """True while only key frames are decoded."""
        self._are_rare = False
        self._useless = 0
        self._has_key = False
        self._since: float | None = None
        """When the last key frame was, in seconds of the container's clock."""
        self._regular = 0
        self._shown: float | None = None
        self._leads_to: int | None = None
        self._leads = False
        """Whether the latest picture leads up to a key frame at which all pictures begin."""

    def restart(self) -> None:
        """Another container begins, whose clock may be another one."""
        self._since = self._shown = self._leads_to = None

    def way(self, packet: "Packet[Any]", *, is_key: bool) -> Way:
        """What becomes of the next picture, in the order of decoding.

        Args:
            packet: The coded picture.
            is_key: Whether it refers to no other one, as far as that is known.
        """
        if not packet.size:
            return Way.PASS if self.is_on else Way.DECODE
        ticks = packet.pts if packet.dts is None else packet.dts
        now = None if ticks is None else in_seconds(ticks, packet.time_base)
        waited = self._waited(now, is_key=is_key)
        self._has_key |= is_key
        are_none = waited > (NONE if self._has_key else FIRST)
        if is_key or are_none or (self._are_rare and packet.is_keyframe):
            wanted = self._attention.is_light and not (self._are_rare or are_none or self._useless >= USELESS)
            if self.is_on and not wanted:
                self._leads_to = packet.pts if is_key else None
            self.is_on = wanted
        if not self.is_on:
            if packet.pts is not None:  # else the second field of the picture before
                self._leads = self._leads_to is not None and packet.pts < self._leads_to
            return Way.PASS if self._leads else Way.DECODE  # it refers to what was not decoded
        if not is_key or (now is not None and self._shown is not None and 0.0 <= now - self._shown < APART):
            return Way.PASS
        self._shown = now
        return Way.ALONE

    def alone(self, *, is_whole: bool) -> None:
        """A key frame was decoded alone."""
        self._useless = 0 if is_whole else self._useless + 1

    def _waited(self, now: float | None, *, is_key: bool) -> float:
        """Seconds since the last key frame; remembers this one."""
        if now is None:
            return 0.0
        since = now if self._since is None else self._since
        waited = now - since
        if is_key or self._since is None or waited < 0.0:
            self._since = now
            self._regular = self._regular + 1 if 0.0 <= waited <= RARE and is_key else 0
            self._are_rare = self._are_rare and self._regular < REGULAR
        if waited > RARE:
            self._are_rare, self._regular = True, 0
        return waited


def is_whole(frames: list[AvFrame]) -> bool:
    """Whether a picture that was decoded alone is there, and refers to no other one."""
    return bool(frames) and (frames[0].key_frame or frames[0].pict_type == PictureType.I)


def is_shown(data: bytes, codec: str) -> bool:
    """Whether a coded picture is ever shown: those of VP8 and VP9 may be for others to refer to only.

    Sources: RFC 6386, 9.1; VP9 bitstream specification 0.7, 6.2 (``show_existing_frame``, ``show_frame``).
    """
    if codec == "vp8":
        return not data or bool(data[0] & 0x10)
    if codec != "vp9" or not data or data[0] >> 6 != 2:
        return True
    if data[0] & 0x30 == 0x30:  # of profile 3 a reserved bit comes before those
        shows_another, shows = data[0] >> 2 & 1, data[0] & 1
    else:
        shows_another, shows = data[0] >> 3 & 1, data[0] >> 1 & 1
    return bool(shows_another or shows) or data[-1] & 0xE0 == 0xC0  # one of several in a packet may be


class Waiting:
    """Pictures that wait for those which are shown before them, though they were coded after them.

    Nothing is kept of what lies before the first picture that was decoded: a decoder would not show it either.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Packet[Any] | AvFrame]] = []
        self._count = 0
        self._first: int | None = None
        self._has_begun = False
        self._latest: int | None = None
        self._fields: Packet[Any] | None = None
        """The latest picture, of which this may be but the first field."""

    @property
    def is_full(self) -> bool:
        """More wait than any codec reorders."""
        return len(self._heap) > _DEEPEST

    def clear(self) -> None:
        """Nothing waits any more."""
        self._heap.clear()

    def begin(self, ticks: int | None) -> None:
        """A picture is decoded that is shown at this time."""
        if not self._has_begun:
            self._first, self._has_begun = ticks, True

    def take(self, packet: "Packet[Any]", frames: list[AvFrame]) -> None:
        """Take a coded picture, and what was decoded of it alone."""
        if frames:
            self.begin(packet.pts)
        if not self._has_begun or (not frames and self._leads(packet.pts)):
            return
        if packet.pts is None and self._fields is not None:  # the second field of the picture before
            self._fields.duration = (self._fields.duration or 0) + (packet.duration or 0)
            return
        self._fields = None if frames or packet.pts is None else packet
        ready: list[Packet[Any] | AvFrame] = [*frames] if frames else [packet]
        for shown in ready:
            self._count += 1
            # Without timestamps pictures are taken in the order in which they are coded.
            heappush(self._heap, (self._count if packet.pts is None else packet.pts, self._count, shown))

    def _leads(self, pts: int | None) -> bool:
        return pts is not None and self._first is not None and pts < self._first

    def of_another_clock(self, packet: "Packet[Any]") -> "Iterator[Packet[Any] | AvFrame]":
        """All that wait, where the clock goes back with this packet."""
        if packet.dts is None:
            return
        latest, self._latest = self._latest, packet.dts
        if latest is not None and packet.dts < latest:
            self._first = None
            yield from self.before(None)

    def due(self, packet: "Packet[Any]") -> "Iterator[Packet[Any] | AvFrame]":
        """Those that nothing can come before any more: what follows is shown no earlier than this one was coded."""
        heap, bound = self._heap, packet.dts
        if packet.pts is None and self._latest is None:  # there are no timestamps
            yield from self.before(None)
        while heap and (self.is_full or (bound is not None and heap[0][0] <= bound)):
            yield heappop(heap)[2]

    def before(self, pts: int | None) -> "Iterator[Packet[Any] | AvFrame]":
        """Those that are shown before a time, in ticks; all if None."""
        while self._heap and (pts is None or self._heap[0][0] < pts):
            yield heappop(self._heap)[2]
