"""One picture track of one container: from coded pictures to those that are shown, and what is wrong with them."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import av
from av.packet import Packet
from av.video.stream import VideoStream

from watchglass.media.captions import CaptionTracks
from watchglass.media.decode_options import DecodeOptions
from watchglass.media.frame_numbers import FrameNumbers
from watchglass.media.light import Light, Waiting, Way, is_shown, is_whole
from watchglass.media.lost_pictures import SILENT, LostPictures
from watchglass.media.picture_decoder import decode_alone, drain, prepare
from watchglass.media.pictures import Pictures
from watchglass.media.size_limit import SizeLimit
from watchglass.media.timeline import Timeline, in_seconds
from watchglass.model.coded import CodedPicture
from watchglass.model.media import KEY_FRAMES_ONLY, Damage, Item, NotWatched, Track, Tracks

_BLIND = "no picture can be decoded before a key frame comes, and key frames are rare"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a picture track shares with the others of its stream."""

    options: DecodeOptions
    timeline: Timeline
    captions: CaptionTracks
    limit: SizeLimit
    light: Light | None
    refused: set[str]
    """Tracks of which it was told that their pictures are too large."""
    clock: float
    """Seconds to add to what the container's clock tells."""
    wraps: bool
    """Whether that has 33 bits."""
    announce: Callable[[], Iterator[Tracks]]
    """Tells the tracks, if they are not as they were told before."""


class PictureTrack:
    """Decodes a picture track, or of the light tier its key frames.

    Args:
        stream: FFmpeg's.
        told: As the container declares it.
        around: What is shared.
    """

    def __init__(self, stream: VideoStream, told: Track, around: Surroundings) -> None:
        self.told = told
        """The track as it is known by now."""
        self._around = around
        self._timeline = around.timeline
        self._light = around.light
        self._waiting = Waiting()
        context, alone = stream.codec_context, around.options.key_frames_only
        is_few = alone or around.light is not None
        prepare(context, around.options.max_pixels, 1 if is_few else around.options.threads)
        rate = stream.average_rate or stream.guessed_rate or stream.base_rate
        self._lost = LostPictures() if context.name in SILENT else None
        is_numbered = context.name == "h264" and not alone
        self._numbers = FrameNumbers(bytes(context.extradata or b"")) if is_numbered else None
        seconds = 1.0 / float(rate) if rate else 0.04
        self._pictures = Pictures(told.id, seconds, reorders=bool(context.has_b_frames), are_alone=alone)
        self._key: Packet[Any] | None = None
        self._is_joining = self._is_blind = False
        """Pictures are decoded again, and none is there yet; it was told that none comes."""
        self._half: Packet[Any] | None = None
        """The first field of a key frame of the light tier."""

    def packet(self, packet: "Packet[Any]") -> Iterator[Item]:
        """A coded picture, which is decoded unless the light tier passes over it."""
        if packet.is_keyframe:
            self._key = packet
        self._around.captions.coded(packet)
        if self._numbers is not None and self._numbers.misses(bytes(packet)):
            yield self._damage("a picture that others refer to never came")
        if self._light is not None:
            yield from self._by_tier(packet, self._light)
        elif self._around.options.key_frames_only:
            for frame in (yield from self._decoded(packet, partial(decode_alone, packet))):
                yield from self._picture(frame)
        else:
            for frame in (yield from self._with_others(packet)):
                yield from self._picture(frame)

    def rest(self) -> Iterator[Item]:
        """The container is at its end: what still waits."""
        for waiting in self._waiting.before(None):
            yield from self._picture(waiting)

    def _by_tier(self, packet: "Packet[Any]", light: Light) -> Iterator[Item]:
        """A coded picture, of which it is not sure whether it is to be decoded."""
        way = light.way(packet, is_key=packet.is_keyframe and not (self._numbers and self._numbers.refers))
        for waiting in self._waiting.of_another_clock(packet):
            yield from self._picture(waiting)
        if light.is_on is not self.told.has_key_frames_only:
            yield from self._turn(packet)
        if way is Way.DECODE:
            yield from self._among_others(packet)
            return
        if self._half is None and way is Way.ALONE and self._numbers is not None and self._numbers.is_field:
            self._half = packet
            return
        frames, half = [], self._half
        if half is not None or way is Way.ALONE:
            self._half, fields = None, (packet,) if half is None else (half, packet)
            frames = yield from self._decoded(packet, partial(decode_alone, *fields))
            light.alone(is_whole=is_whole(frames))
        if packet.size and (frames or is_shown(bytes(packet), self.told.codec)):
            self._waiting.take(half or packet, frames if is_whole(frames) else [])
        for waiting in self._waiting.due(packet):
            yield from self._picture(waiting)

    def _among_others(self, packet: "Packet[Any]") -> Iterator[Item]:
        """A picture that is decoded with those before it; until the first is there, they are known by their packets."""
        if self._is_joining and packet.size:
            self._waiting.take(packet, [])
        for frame in (yield from self._with_others(packet)):
            for waiting in self._waiting.before(frame.pts):
                yield from self._picture(waiting)
            if self._is_joining:
                self._is_joining = False
                self._waiting.clear()
            self._waiting.begin(frame.pts)
            yield from self._picture(frame)
        if self._is_joining and self._waiting.is_full:
            if not self._is_blind:
                self._is_blind = True
                yield NotWatched(self._timeline.reached, _BLIND, track=self.told.id, is_loss=True)
            for waiting in self._waiting.due(packet):
                yield from self._picture(waiting)

    def _turn(self, packet: "Packet[Any]") -> Iterator[Item]:
        """The light tier begins or ends with this picture: what came before it is told first."""
        for frame in drain(packet):
            yield from self._picture(frame)
        for waiting in self._waiting.before(packet.pts):
            yield from self._picture(waiting)
        if self._lost is not None:
            self._lost = LostPictures()
        self._is_joining, self._is_blind = self.told.has_key_frames_only, False
        facts = dict(self.told.facts)
        if facts.pop("pictures", None) is None:
            facts["pictures"] = KEY_FRAMES_ONLY
        yield from self._retell(facts)

    def _with_others(self, packet: "Packet[Any]") -> Generator[Item, None, list[Any]]:
        """Decode a picture as one of many."""
        if self._lost is not None and packet.size and not packet.is_discard:
            self._lost.sent(packet.pts)
        return (yield from self._decoded(packet, packet.decode))

    def _decoded(self, packet: "Packet[Any]", decode: Callable[[], list[Any]]) -> Generator[Item, None, list[Any]]:
        try:
            return decode()
        except av.FFmpegError as exc:
            if packet.size:  # at the end, flushing an exhausted decoder is no damage
                yield from self._undecodable(packet, exc)
            return []

    def _undecodable(self, packet: "Packet[Any]", exc: Exception) -> Iterator[Item]:
        pts, track, refused = self._timeline.reached, self.told.id, self._around.refused
        if track not in refused and (reason := self._too_large(packet, exc)):
            refused.add(track)
            yield NotWatched(pts, f"the picture from {pts:.2f} s on: {reason}", track=track)
        if track not in refused:
            yield self._damage(str(exc))

    def _too_large(self, packet: "Packet[Any]", exc: Exception) -> str:
        """Why a picture is refused, or nothing: asked of the packet, and once of each key frame that went before.

        Threads tell an error some packets late, and only a key frame says how large it is.
        """
        key, self._key = self._key, None
        limit, reason = self._around.limit, ""
        if isinstance(exc, av.error.ArgumentError) or self._pictures.shape is None:
            reason = limit.complaint(packet)
        return reason or (limit.complaint(key) if key is not None else "")

    def _damage(self, what: str) -> Damage:
        return Damage(self.told.id, self._timeline.reached, "undecodable", what)

    def _retell(self, facts: Mapping[str, Any]) -> Iterator[Tracks]:
        old = self.told
        self.told = Track(old.id, old.kind, old.codec, old.language, facts)
        yield from self._around.announce()

    def _picture(self, shown: Any) -> Iterator[Item]:
        """A picture that was decoded, or the packet of one that was not."""
        if isinstance(shown, Packet):
            yield from self._placed(shown)
            return
        for _ in range(self._lost.came(shown.pts) if self._lost else 0):
            yield self._damage("a picture never came")
        pictures = self._pictures
        is_first = pictures.shape is None
        if not pictures.accepts(shown):
            facts = {**self.told.facts, "width": shown.width, "height": shown.height}
            yield from self._retell({**facts, "pixel_format": shown.format.name})
        elif is_first and shown.rotation:
            yield from self._retell({**self.told.facts, "rotation": shown.rotation})
        yield from self._placed(shown)

    def _placed(self, shown: Any) -> Iterator[Item]:
        """A picture where it is shown, with the captions that it carries."""
        pictures, time_base = self._pictures, shown.time_base
        raw, decoded = (None if time is None else in_seconds(time, time_base) for time in (shown.pts, shown.dts))
        duration = pictures.seconds(in_seconds(shown.duration, time_base) if shown.duration else 0.0, raw)
        is_coded = isinstance(shown, Packet)
        if not is_coded and pictures.is_late(raw, decoded):
            yield self._damage("a picture came long after its time")
            return
        raw = None if raw is None else raw + self._around.clock
        # A picture stands until the next one comes: only a step back, or to another clock, breaks the line.
        pts, broken = self._timeline.place(
            self.told.id, raw, duration, wraps=self._around.wraps, tolerance=pictures.tolerance
        )
        captions = self._around.captions
        if broken is not None:
            captions.restart()
            yield broken
        for said in captions.pictured(shown.pts, pts):
            yield from self._around.announce()  # it may have been the first of its service
            yield said
        if is_coded:
            yield CodedPicture(self.told.id, pts, duration, shown.size)
        else:
            yield pictures.frame(shown, pts, duration)
