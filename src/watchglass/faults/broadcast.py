"""A file on the air: looped, with faults in its signal and in its transport stream, as packets or as segments.

Tracks that no fault touches are copied. One muxer runs over all of it, so that clocks and counters go on as those of
a real encoder do; what is done to its packets is done afterwards, in order: cut, clocks, everything else.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import reduce
from heapq import merge
from io import BytesIO
from itertools import islice
from typing import Any

import av

from watchglass.faults.bad_encoders import begin_at
from watchglass.faults.listing import Segment
from watchglass.faults.live_fault import Scheduled, SegmentFault, StreamFault
from watchglass.faults.loop import Grid, Looped, Reel
from watchglass.faults.packets import PacketReader, Role, TsPacket
from watchglass.faults.recipe import Order, PacketRecipe, PictureRecipe, SoundRecipe, TransportRecipe
from watchglass.faults.reencode import Change, Lane, carries, copied_lane, pictures_lane, sound_lane
from watchglass.faults.retime import TICKS, presentation
from watchglass.model.errors import SourceError, UsageError

_MUXER = {
    "flush_packets": "1",
    # Microseconds between the clock reference and the presentation of what it is sent with.
    "max_delay": "700000",
    "pes_payload_size": "0",
    "pcr_period": "20",
    "mpegts_flags": "pat_pmt_at_frames",
}
_CHUNK = 1 << 16
_TIME_WRAP = 1 << 33


class Broadcast:
    """What is sent.

    Args:
        reel: The file.
        scheduled: What goes wrong with signal, packets and encoder; the rest is the server's affair.
        segment_seconds: How long segments are to be, as far as key frames let them.
        at_once: Segments that whoever joins finds: their media lie before the first second of the schedule.
        start_pts: Seconds at which presentation times begin.
        seed: Draws what is left to chance.

    Raises:
        UsageError: A fault cannot be put into this file, or not together with another.
    """

    def __init__(
        self,
        reel: Reel,
        scheduled: Sequence[Scheduled] = (),
        *,
        segment_seconds: float = 2.0,
        at_once: int = 0,
        start_pts: float | None = None,
        seed: int = 0,
    ) -> None:
        self._reel = reel
        self._seconds = segment_seconds
        self._scheduled = sorted(scheduled, key=lambda given: given.start)
        self._start_pts = start_pts
        self._seed = seed
        self._marks: list[float] = []
        """Media time at which each part begins."""
        codecs = {kind: {codec for _, other, codec in reel.tracks if other == kind} for kind in ("video", "audio")}
        self._encodes = {
            "video": self._has(PictureRecipe) or not all(map(carries, codecs["video"])),
            "audio": self._has(SoundRecipe) or not all(map(carries, codecs["audio"])),
        }
        self._expect_possible()
        # Key frames that we make ourselves, and sound, let segments begin where we please.
        is_free = not reel.has_picture or self._encodes["video"]
        self.longest = segment_seconds if is_free else reel.longest(segment_seconds)
        """Seconds of the longest segment."""
        self.head = at_once * segment_seconds if is_free else next(islice(reel.cuts(segment_seconds), at_once, None))
        """Seconds of media that whoever joins finds."""

    @property
    def encodes(self) -> list[str]:
        """Kinds of tracks that are encoded anew."""
        return [
            kind for kind, is_so in self._encodes.items() if is_so and any(kind == k for _, k, _ in self._reel.tracks)
        ]

    def segments(self) -> Iterator[Segment]:
        """Without end.

        Raises:
            SourceError: The file cannot be sent like this.
        """
        made = self._segments()
        for given in self._scheduled:
            if isinstance(given.fault, SegmentFault):
                made = given.fault.apply(made, given.order(self.head, self._seed))
        return made

    def _segments(self) -> Iterator[Segment]:
        held: list[TsPacket] = []
        for packet in self.packets():
            if held and packet.part > held[0].part:
                yield self._segment(held)
                held = []
            held.append(packet)

    def _segment(self, packets: list[TsPacket]) -> Segment:
        part = packets[0].part
        start, end = self._marks[part : part + 2]
        is_break = any(packet.is_break for packet in packets)
        return Segment(part, start, end - start, b"".join(packet.data for packet in packets), is_break)

    def packets(self) -> Iterator[TsPacket]:
        """Without end, each with its part: the number of its segment.

        Raises:
            SourceError: The file cannot be sent like this.
        """
        sent = self._cut(PacketReader().read(self._muxed()))
        if self._start_pts is not None:
            sent = begin_at(sent, Order(0.0, 0.0, self._start_pts))
        for kind in (StreamFault, TransportRecipe):
            for given in self._scheduled:
                if isinstance(given.fault, kind):
                    sent = given.fault.apply(sent, given.order(self.head, self._seed))
        return sent

    def _cut(self, packets: Iterator[TsPacket]) -> Iterator[TsPacket]:
        """Number the parts; the tables before a key frame belong to it."""
        grid, tables = Grid(self._seconds), list[TsPacket]()
        role = Role.PICTURE if self._reel.has_picture else Role.SOUND
        first, last, part = None, 0, -1
        for packet in packets:
            if packet.role not in (Role.PICTURE, Role.SOUND):
                tables.append(packet)
                continue
            if packet.role is role and (packet.is_key or (packet.begins and not self._reel.has_picture)):
                ticks = presentation(packet.data, packet.payload_at)
                if ticks is not None:
                    first = ticks if first is None else first
                    last += (ticks - first - last) % _TIME_WRAP
                    if grid.is_due(last / TICKS):
                        part += 1
                        self._marks.append(last / TICKS)
            for each in (*tables, packet):
                yield replace(each, part=max(0, part))
            tables.clear()

    def _muxed(self) -> Iterator[bytes]:
        sink = BytesIO()
        with ExitStack() as stack:
            try:
                out = stack.enter_context(av.open(sink, "w", format="mpegts", options=_MUXER))
                lanes = [self._lane(index, kind, out, stack) for index, kind, _ in self._reel.tracks]
                for _, packet in merge(*lanes, key=lambda each: each[0]):
                    out.mux(packet)
                    if sink.tell() >= _CHUNK:
                        yield sink.getvalue()
                        sink.seek(0)
                        sink.truncate()
            except (av.FFmpegError, OSError, ValueError) as exc:
                raise SourceError(f"{self._reel.path}: cannot be sent as a transport stream: {exc}") from exc

    def _lane(self, index: int, kind: str, out: Any, stack: ExitStack) -> Lane:
        looped = Looped(self._reel, index)
        stack.callback(looped.close)
        zero = self._reel.zero
        if not self._encodes[kind]:
            return copied_lane(looped, looped.stream, out, self._changes(PacketRecipe, kind), zero)
        if kind == "video":
            change = self._changes(PictureRecipe, kind)
            return pictures_lane(looped, looped.stream, out, change, zero, key_every=self._seconds)
        return sound_lane(looped, looped.stream, out, self._changes(SoundRecipe, kind), zero)

    def _has(self, kind: type) -> bool:
        return any(isinstance(given.fault, kind) for given in self._scheduled)

    def _changes(self, kind: type, track: str) -> Change:
        """All recipes of a kind for a kind of track, one after the other."""
        chosen: list[tuple[Callable[..., Iterator[Any]], Order]] = []
        for given in self._scheduled:
            fault = given.fault
            if isinstance(fault, kind) and isinstance(fault, PictureRecipe | SoundRecipe | PacketRecipe):
                if isinstance(fault, PacketRecipe) and track not in fault.tracks:
                    continue
                chosen.append((fault.apply, given.order(self.head, self._seed)))
        return lambda items: reduce(lambda changed, one: one[0](changed, one[1]), chosen, items)

    def _expect_possible(self) -> None:
        """Refuse what cannot be done before anything is sent."""
        kinds = {kind for _, kind, _ in self._reel.tracks}
        for given in self._scheduled:
            fault = given.fault
            needed = {PictureRecipe: {"video"}, SoundRecipe: {"audio"}}.get(type(fault), set())
            if isinstance(fault, PacketRecipe):
                touched = kinds & set(fault.tracks)
                if not touched:
                    needed = set(fault.tracks)
                encoded = [kind for kind in touched if self._encodes[kind]]
                if encoded:
                    raise UsageError(
                        f"{fault.name} is done to coded packets, which cannot be had together with a fault that has "
                        f"the {' and '.join(encoded)} encoded anew: give each a run of its own"
                    )
            if needed and not needed & kinds:
                raise UsageError(f"{self._reel.path}: has no {' or '.join(sorted(needed))}, which {fault.name} needs")
