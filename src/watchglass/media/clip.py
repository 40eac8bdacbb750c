"""Some seconds of a stream as a file, as they came: nothing is encoded anew, and what was broken is still broken.

MP4 with its index in front, so that a browser can seek; where MP4 does not take a codec, a transport stream, or
Matroska. What a browser cannot play is said.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from watchglass.media import adts, refused
from watchglass.media.excerpt import Excerpt, ExcerptTrack, excerpt
from watchglass.media.ring import Coded, PacketRing
from watchglass.media.writing import Writing, written
from watchglass.model.errors import EvidenceError

_MP4 = (
    {"h264", "hevc", "av1", "vp9", "mpeg2video", "mpeg4", "mjpeg"}
    | {"aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac", "dts"}
)  # fmt: skip
_QUICKTIME = _MP4 | {"prores", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_mulaw", "pcm_alaw"}
_TRANSPORT = {"mpeg1video", "mpeg2video", "h264", "hevc", "mp2", "aac", "aac_latm", "ac3", "eac3", "s302m"}
"""What others read from files that we write."""
_PICTURES = {"h264": "", "vp9": "", "av1": "", "hevc": "HEVC is played by browsers only where the machine decodes it"}
_SOUNDS = {"aac", "mp3", "opus", "flac"}
_SAMPLING = {"", "yuv420p", "yuvj420p"}
"""Of H.264, what browsers decode; of others, more."""
_INDEX_OF_TRACK, _INDEX_OF_PACKET = 4096, 48
"""Bytes: the most that an index takes (ISO/IEC 14496-12, 8.6 and 8.7: stts, ctts, stsz, stss, stsc, co64)."""

_MOST_TICKS = 10_000_000
"""Of a second: with them, an hour takes no more than 64 bits."""


@dataclass(frozen=True, slots=True)
class ClipTrack:
    """A track of a clip."""

    id: str
    codec: str
    """FFmpeg's name."""
    start: float
    """Seconds on the timeline, as is ``stop``."""
    stop: float


@dataclass(frozen=True, slots=True)
class Clip:
    """What there is to know of a clip."""

    path: Path
    """Where it is: its ending says what it is."""
    start: float
    """Seconds on the timeline of its first picture, or sound: what a player calls 0."""
    stop: float
    tracks: tuple[ClipTrack, ...]
    bytes: int
    reason: str
    """Why browsers do not play it, or not to its end, in words; empty where they do."""
    stops_at: float | None
    """Seconds on the timeline at which browsers may stop, because of a packet that came damaged."""
    left_out: tuple[str, ...]
    """What was asked for and is not in it, in words."""

    @property
    def is_playable(self) -> bool:
        """Whether browsers play it."""
        return not self.reason


def write_clip(
    ring: PacketRing,
    path: Path,
    start: float,
    stop: float,
    *,
    moment: float | None = None,
    without_damaged: bool = False,
    is_sound: bool = False,
) -> Clip:
    """Write what a ring holds between two times.

    Args:
        ring: What was kept.
        path: Where to; its ending is changed where it is no MP4. It appears when it is whole.
        start: Seconds on the timeline; it begins with the key frame at or before.
        stop: Seconds on the timeline.
        moment: Seconds on the timeline of what must be seen, where not all can be in one file.
        without_damaged: Leave out packets that came damaged, so that browsers play it to its end. The picture before
            stands meanwhile; all else is as it came.
        is_sound: Nothing of it came damaged, so that it need not be decoded to find out where browsers stop.

    Raises:
        EvidenceError: Nothing of it is there, or it cannot be written; then nothing is left behind.
    """
    chosen = excerpt(ring, start, stop, moment)
    if not chosen.tracks:
        raise EvidenceError(f"{path.name}: {'; '.join(chosen.left_out)}")
    format, ending = _container([track.form.codec for track in chosen.tracks])
    path = path.with_suffix(ending)
    reason = _unplayable(chosen, format)
    numbers = {} if reason or is_sound else refused.refused(chosen)
    if numbers and without_damaged:
        chosen = refused.without_refused(chosen, numbers)
        numbers = refused.refused(chosen)
    stops_at = refused.first_stop(chosen, numbers)
    if stops_at is not None:
        reason = f"browsers may stop at {stops_at:.2f} s: what came there is damaged"
    lost: Counter[str] = Counter()
    size = written(path, lambda file: _mux(chosen, format, file, lost))
    return Clip(
        path=path,
        start=chosen.start,
        stop=chosen.start + chosen.duration,
        tracks=tuple(_told(track, chosen.start) for track in chosen.tracks),
        bytes=size,
        reason=reason,
        stops_at=None if stops_at is None else chosen.start + stops_at,
        left_out=(*chosen.left_out, *(f"{n} packets of {track}, too broken for {format}" for track, n in lost.items())),
    )


def _told(track: ExcerptTrack, start: float) -> ClipTrack:
    first = max(0, min(packet.pts for packet in track.packets))
    last = max(packet.pts + packet.duration for packet in track.packets)
    return ClipTrack(track.id, track.form.codec, start + track.seconds(first), start + track.seconds(last))


def _container(codecs: Sequence[str]) -> tuple[str, str]:
    """FFmpeg's name of a container that takes these codecs, and the ending of its files."""
    if _MP4.issuperset(codecs):
        return "mp4", ".mp4"
    if _QUICKTIME.issuperset(codecs):  # cameras that tell their sound as telephones do
        return "mov", ".mov"
    return ("mpegts", ".ts") if _TRANSPORT.issuperset(codecs) else ("matroska", ".mkv")


def _unplayable(chosen: Excerpt, format: str) -> str:
    """Why browsers do not play it."""
    pictures = [track for track in chosen.tracks if track.form.kind == "video"]
    sounds = [track for track in chosen.tracks if track.form.kind == "audio"]
    for track in pictures:
        codec, sampling = track.form.codec, track.form.pixel_format
        if codec not in _PICTURES:
            return f"browsers do not play {codec}"
        if _PICTURES[codec]:
            return _PICTURES[codec]
        if codec == "h264" and sampling not in _SAMPLING:
            return f"browsers do not play H.264 as {sampling}"
        if not track.packets[0].is_key:
            return "there is no key frame in it"
    for track in sounds[:1]:  # the one that they choose
        if track.form.codec not in _SOUNDS:
            return f"browsers do not play {track.form.codec}"
    return "" if format == "mp4" else f"browsers do not play {format}"


def _mux(chosen: Excerpt, format: str, file: Writing, lost: Counter[str]) -> None:
    options: dict[str, str] = {}
    if format in ("mp4", "mov"):
        packets = sum(len(track.packets) for track in chosen.tracks)
        size = _INDEX_OF_TRACK * (len(chosen.tracks) + 1) + _INDEX_OF_PACKET * packets
        options = {"moov_size": str(size), "movie_timescale": str(_ticks(chosen.tracks))}
    with av.open(file, "w", format=format, options=options) as out:
        writers = [_Writer(out, track, format) for track in chosen.tracks]
        out.start_encoding()
        for _, number, coded in heapq.merge(*(_timed(number, track) for number, track in enumerate(chosen.tracks))):
            try:
                out.mux(writers[number].packet(coded))
            except av.error.InvalidDataError:
                lost[chosen.tracks[number].id] += 1


def _ticks(tracks: Sequence[ExcerptTrack]) -> int:
    """Ticks of a second by which MP4 tells when tracks begin, so that none of them is moved against another."""
    exact = math.lcm(*(rate for track in tracks for rate in track.form.rates))
    return exact if exact <= _MOST_TICKS else _MOST_TICKS


class _Writer:
    """Makes packets of one track for a muxer."""

    def __init__(self, out: Any, track: ExcerptTrack, format: str) -> None:
        self._time_base = track.time_base
        codec, first, extradata = track.form.codec, track.packets[0].data, b""
        if codec == "aac" and format != "mpegts":
            # FFmpeg's own filter refuses a frame that has lost its header.
            extradata = next((told for each in track.packets if (told := adts.config(adts.form(each.data)))), b"")
        self._is_bare = bool(extradata)
        # Apple's players take no other name for it.
        tag = "hvc1" if codec == "hevc" and format in ("mp4", "mov") else ""
        self._stream = track.form.add_to(out, first, tag=tag, extradata=extradata)

    def packet(self, coded: Coded) -> "Packet[Any]":
        data: Any = adts.without_header(coded.data) if self._is_bare else coded.data
        packet: Packet[Any] = Packet(data)
        packet.stream = self._stream
        packet.time_base = self._time_base
        packet.pts, packet.dts, packet.duration = coded.pts, coded.dts, coded.duration
        packet.is_keyframe = coded.is_key
        return packet


def _timed(number: int, track: ExcerptTrack) -> Iterator[tuple[float, int, Coded]]:
    for packet in track.packets:
        yield track.seconds(packet.dts), number, packet
