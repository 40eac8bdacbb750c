"""From a demuxer to the ring: the packets of one container, with what is known of their clock and their coding."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import av
from av.packet import Packet

from watchglass.media import adts
from watchglass.media.coded_form import CodedForm, in_band
from watchglass.media.ring import Coded, PacketRing, Place, Stretch
from watchglass.media.timeline import JUMP_AHEAD, Timeline, in_seconds

log = logging.getLogger(__name__)

_STEP = 0.4
"""Seconds by which a time may miss what is expected without its being another clock."""


def recorded(
    ring: PacketRing | None,
    packets: Iterator["Packet[Any]"],
    tracks: Mapping[int, str],
    timeline: Timeline,
    clock: float,
) -> Iterator["Packet[Any]"]:
    """Pass packets on, and keep them in a ring, if there is one.

    Args:
        ring: Where to keep them.
        packets: Of one container, decrypted.
        tracks: Ids of those that are kept, by the index of their stream.
        timeline: On which they are placed once they have been decoded.
        clock: Seconds from the container's clock to that which the timeline is told of.
    """
    return packets if ring is None else _Recorder(ring, tracks, timeline, clock).passing(packets)


@dataclass(slots=True)
class _Writer:
    """What is known of one track of the container."""

    track: str
    stretch: Stretch
    told: bytes
    """What the stream itself has told of how it is coded."""
    expected: int | None = None
    """Ticks: decoding time of the next packet."""
    shown: int | None = None
    """Ticks: the end of the last packet, by the time at which it is shown."""
    reach: float = 0.0
    """Seconds of the container's clock, as far as the stretch has come."""
    begin: float = 0.0
    """Seconds of the container's clock at which it began."""
    placed: tuple[float, float] | None = None
    """Where the timeline was when the stretch began."""


class _Recorder:
    def __init__(self, ring: PacketRing, tracks: Mapping[int, str], timeline: Timeline, clock: float) -> None:
        self._ring = ring
        self._tracks = dict(tracks)
        self._timeline = timeline
        self._clock = clock
        self._writers: dict[int, _Writer] = {}

    def passing(self, packets: Iterator["Packet[Any]"]) -> Iterator["Packet[Any]"]:
        for packet in packets:
            index = packet.stream_index
            if index in self._tracks and packet.size:
                self._take(index, packet)
            yield packet

    def _take(self, index: int, packet: "Packet[Any]") -> None:
        writer = self._writers.get(index)
        if writer is None:
            writer = self._writer(index, packet)
            if writer is None:
                return
        data = memoryview(packet)
        form = writer.stretch.form
        if form.kind == "audio":
            if packet.is_discard:  # what no player plays
                return
            if form.codec == "aac":
                self._follow(writer, packet, adts.form(data), b"")
        elif packet.is_keyframe:
            self._follow(writer, packet, *in_band(form, bytes(packet)))
        duration = packet.duration or 0
        # Some containers tell one of them, bare streams none, and neither do transport streams of a second field.
        dts = packet.dts if packet.dts is not None else packet.pts
        pts = packet.pts if packet.pts is not None else dts
        if dts is None or pts is None:
            dts, pts = writer.expected or 0, writer.shown or 0
        writer.shown = pts + duration
        self._keep_pace(writer, pts, dts, duration)
        self._ring.add(writer.track, writer.stretch, Coded(pts, dts, duration, packet.is_keyframe, data))

    def _writer(self, index: int, packet: "Packet[Any]") -> _Writer | None:
        track = self._tracks[index]
        try:
            form = CodedForm(packet.stream)
        except (av.FFmpegError, ValueError) as error:  # what no muxer takes is watched all the same
            log.info("%s is not kept: %s", track, error)
            del self._tracks[index]
            return None
        self._writers[index] = writer = _Writer(track, Stretch(form, Place(0.0)), b"")
        return writer

    def _follow(self, writer: _Writer, packet: "Packet[Any]", told: bytes, extradata: bytes) -> None:
        """Begin another stretch where the stream tells that from now on it is coded in another way."""
        if packet.has_sidedata("new_extradata"):
            told = extradata = bytes(packet.get_sidedata("new_extradata"))
        if not told or told == writer.told:
            return
        if writer.told:
            form = CodedForm(packet.stream, extradata or None, told=told)
            writer.stretch = Stretch(form, writer.stretch.place)
        writer.told = told

    def _keep_pace(self, writer: _Writer, pts: int, dts: int, duration: int) -> None:
        """Begin another stretch where the clock leaps, and find out where on the timeline this one lies."""
        base = writer.stretch.time_base
        if writer.expected is None or abs(in_seconds(dts - writer.expected, base)) > _STEP:
            self._begin(writer, in_seconds(min(pts, dts), base))
        writer.expected = dts + duration
        if not writer.stretch.place.is_sure:
            writer.reach = max(writer.reach, in_seconds(pts + duration, base))
            self._locate(writer)

    def _begin(self, writer: _Writer, raw: float) -> None:
        """Reckon where a clock lies: where it is by the last that was placed, unless that is far from where all are."""
        reached, begin = self._timeline.reached, self._timeline.locate(raw + self._clock, wraps=False)
        if abs(begin - reached) > JUMP_AHEAD:
            begin = reached if writer.expected is None else writer.stretch.seconds(writer.expected)
        writer.stretch = Stretch(writer.stretch.form, Place(begin - raw))
        writer.begin = writer.reach = raw
        writer.placed = self._timeline.clock_of(writer.track)

    def _locate(self, writer: _Writer) -> None:
        """Take over where the timeline has placed what was decoded, once that is something of this clock."""
        placed = self._timeline.clock_of(writer.track)
        if placed is None or placed == writer.placed:
            return
        raw = placed[0] - self._clock
        if writer.begin - _STEP <= raw <= writer.reach + _STEP:
            writer.stretch.place.shift, writer.stretch.place.is_sure = placed[1] + self._clock, True
