"""The channel: the programme, encoded, with defects, as transport stream segments or as one file.

Clean stretches of the picture are encoded once and used again in every cycle of the loop; what a defect touches is
encoded anew. One muxer runs over all of it and its output is cut before key frames, so that continuity counters
and timestamps go on from segment to segment as those of a real encoder do.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from watchglass.faults import programme_sound
from watchglass.faults.defects import (
    PICTURE,
    SOUND,
    TS_PACKET,
    Defect,
    Kind,
    Truth,
    first_of,
    spoil_packets,
    spoil_picture,
    spoil_sound,
)
from watchglass.faults.listing import Segment
from watchglass.faults.pictures import FRAME_RATE, LOOP_SECONDS, SIZE, Planes, Rundown
from watchglass.faults.programme_sound import RATE, Stereo

GOP_SECONDS = 2
GOP_PICTURES = GOP_SECONDS * FRAME_RATE
GOPS = LOOP_SECONDS // GOP_SECONDS
AAC_FRAME = 1024
"""Samples in an AAC frame."""
VIDEO_PID, AUDIO_PID, TABLE_PIDS = 0x100, 0x101, (0x0, 0x11, 0x1000)
_TICKS = 90_000
_X264 = {
    "preset": "veryfast",
    "crf": "21",
    # A key frame begins a group and nothing else, scene cuts included: segments are cut there.
    "x264-params": f"bframes=0:scenecut=0:keyint={GOP_PICTURES}:min-keyint={GOP_PICTURES}",
}


class Encoded(NamedTuple):
    """A group of pictures, each as the encoder gave it; the first is a key frame."""

    pictures: tuple[bytes, ...]


class Programme:
    """What is broadcast when nothing is wrong.

    Args:
        seed: Draws the scenes and the music.
        size: Width and height of the picture, both even.
    """

    def __init__(self, seed: int = 0, size: tuple[int, int] = SIZE) -> None:
        self.size = size
        self.rundown = Rundown(seed, size)
        self._seed = seed
        self._groups: dict[int, Encoded] = {}

    def prepare(self, told: Callable[[float], None] = lambda share: None) -> None:
        """Encode the whole loop beforehand, on two cores; ``told`` hears how much of it is done, 0 to 1."""
        with ThreadPoolExecutor(max_workers=2) as cores:
            sound = cores.submit(_sound, self._seed)
            for done, _ in enumerate(cores.map(self.group, range(GOPS)), start=1):
                told(done / GOPS)
            sound.result()
        told(1.0)

    def group(self, number: int) -> Encoded:
        """A clean group of pictures, by its number in the channel."""
        number %= GOPS
        if number not in self._groups:
            first = number * GOP_PICTURES
            self._groups[number] = encode(map(self.rundown.picture, range(first, first + GOP_PICTURES)), self.size)
        return self._groups[number]

    def sound(self, start: int, count: int) -> Stereo:
        """``count`` samples from number ``start`` of the channel on: (2, count) float32."""
        loop = _sound(self._seed)
        return loop[:, np.arange(start, start + count) % loop.shape[1]]


@lru_cache(maxsize=2)
def _sound(seed: int) -> Stereo:
    return programme_sound.loop(seed)


def encode(pictures: Iterator[Planes], size: tuple[int, int]) -> Encoded:
    """Encode pictures as one closed group (H.264 without reordering)."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    _set_up(encoder, size)
    coded: list[bytes] = []
    for number, planes in enumerate(pictures):
        packed = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, size[0])
        frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
        frame.pts = number
        coded += (bytes(packet) for packet in encoder.encode(frame))
    coded += (bytes(packet) for packet in encoder.encode(None))
    return Encoded(tuple(coded))


def _set_up(encoder: VideoCodecContext, size: tuple[int, int]) -> None:
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, FRAME_RATE)
    encoder.framerate = Fraction(FRAME_RATE)
    encoder.gop_size = GOP_PICTURES
    encoder.thread_count = 1
    encoder.options = dict(_X264)


class Channel:
    """A programme with defects in it.

    Args:
        programme: What is broadcast.
        defects: What goes wrong, and when. ``Kind.STALL`` is the origin's to make: here it changes nothing.
        segment_seconds: Length of a segment, a multiple of 2.
        seed: Draws which packets are lost.
    """

    def __init__(
        self, programme: Programme, defects: Sequence[Defect] = (), *, segment_seconds: int = 2, seed: int = 0
    ) -> None:
        if segment_seconds <= 0 or segment_seconds % GOP_SECONDS:
            raise ValueError(f"segment_seconds must be a multiple of {GOP_SECONDS}, got {segment_seconds}")
        self.programme = programme
        self.defects = tuple(defects)
        self.segment_seconds = segment_seconds
        self._seed = seed

    def segments(self) -> Iterator[Segment]:
        """Segments without end, each made when it is asked for."""
        muxed = BytesIO()
        mux = _Mux(muxed, "mpegts", self.programme.size)
        groups_each = self.segment_seconds // GOP_SECONDS
        number = group = 0
        while True:
            for _ in range(groups_each):
                self._feed(mux, group, GOP_PICTURES)
                group += 1
            # The next key frame tells where this segment ends.
            data, rest = _cut(muxed.getvalue(), groups_each)
            while rest is None:
                self._feed(mux, group, GOP_PICTURES)
                group += 1
                data, rest = _cut(muxed.getvalue(), groups_each)
            muxed.seek(0)
            muxed.truncate()
            muxed.write(rest)
            yield self._segment(number, data)
            number += 1

    def _segment(self, number: int, data: bytes) -> Segment:
        start = float(number * self.segment_seconds)
        for defect in self.defects:
            if defect.kind is Kind.CORRUPT and defect.meets(start, start + self.segment_seconds):
                first, last = (round((t - start) * FRAME_RATE) for t in (defect.start, defect.end))
                rng = np.random.default_rng([self._seed, number, 5])
                data = spoil_packets(data, VIDEO_PID, defect.strength, rng, (first, last))
        return Segment(number, start, float(self.segment_seconds), data)

    def _feed(self, mux: "_Mux", group: int, pictures: int) -> None:
        """Give a group of pictures and the sound that belongs to it to the muxer, in the order of their times."""
        first = group * GOP_PICTURES
        coded = self._pictures(group).pictures
        for number in range(first, first + pictures):
            mux.picture(coded[number - first], number, self._leap(number / FRAME_RATE), is_key=number == first)
            while mux.sound_until < (number + 1) / FRAME_RATE:
                self._feed_sound(mux)

    def _feed_sound(self, mux: "_Mux") -> None:
        start = mux.samples
        samples = self.programme.sound(start, AAC_FRAME)
        for defect in self.defects:
            if defect.kind in SOUND:
                samples = spoil_sound(defect, start, samples)
        mux.sound(samples, self._sound_pts)

    def _sound_pts(self, sample: int) -> int | None:
        """The timestamp of an audio frame (in samples), or None where the track is lost."""
        t = sample / RATE
        if sample < 0 or first_of(self.defects, {Kind.AUDIO_LOST}, t):
            return None
        return sample + round(self._leap(t) * RATE)

    def _leap(self, t: float) -> float:
        """Seconds by which timestamps are ahead at a media time."""
        return sum(d.strength for d in self.defects if d.kind is Kind.JUMP and t >= d.start - 1e-9)

    def _pictures(self, group: int) -> Encoded:
        start = group * GOP_SECONDS
        if not any(d.kind in PICTURE and d.meets(start, start + GOP_SECONDS) for d in self.defects):
            return self.programme.group(group)
        first = group * GOP_PICTURES
        return encode(map(self._picture, range(first, first + GOP_PICTURES)), self.programme.size)

    def _picture(self, number: int) -> Planes:
        picture = self.programme.rundown.picture
        defect = first_of(self.defects, PICTURE, number / FRAME_RATE)
        clean = picture(number)
        if defect is None:
            return clean
        before = max(0, round(defect.start * FRAME_RATE) - 1)
        return spoil_picture(defect, number, lambda: picture(before), clean)

    def write(self, path: Path, seconds: float) -> None:
        """Write the first ``seconds`` of the channel to a file, in the container that its name asks for.

        Raises:
            ValueError: Lost packets or leaping timestamps are asked of a container that cannot hold them.
        """
        is_ts = path.suffix.lower() in (".ts", ".m2ts", ".mts")
        if not is_ts and any(d.kind in (Kind.CORRUPT, Kind.JUMP) for d in self.defects):
            raise ValueError(f"only a transport stream can hold this damage, and {path.name} is none")
        if any(d.kind is Kind.STALL for d in self.defects):
            raise ValueError("a file cannot stall: that is for an origin to do")
        muxed = BytesIO()
        mux = _Mux(muxed, "mpegts" if is_ts else "mp4", self.programme.size)
        pictures = round(seconds * FRAME_RATE)
        for group in range(-(-pictures // GOP_PICTURES)):
            self._feed(mux, group, min(GOP_PICTURES, pictures - group * GOP_PICTURES))
        mux.close(self._sound_pts)
        data = muxed.getvalue()
        if any(d.kind is Kind.CORRUPT for d in self.defects):
            data = self._spoil_whole(data)
        path.write_bytes(data)

    def _spoil_whole(self, data: bytes) -> bytes:
        rng = np.random.default_rng([self._seed, 5])
        for defect in self.defects:
            if defect.kind is Kind.CORRUPT:
                span = (round(defect.start * FRAME_RATE), round(defect.end * FRAME_RATE))
                data = spoil_packets(data, VIDEO_PID, defect.strength, rng, span)
        return data


class _Mux:
    """One muxer over everything: takes coded pictures and plain sound, writes a container."""

    def __init__(self, file: BinaryIO, container: str, size: tuple[int, int]) -> None:
        options = {"flush_packets": "1"}
        if container == "mpegts":
            # Microseconds between the clock reference and the presentation of what it is sent with.
            options |= {"mpegts_flags": "pat_pmt_at_frames", "pes_payload_size": "0", "max_delay": "700000"}
        self._output = av.open(file, "w", format=container, options=options)
        video = self._output.add_stream("libx264", rate=FRAME_RATE)
        assert isinstance(video, VideoStream)
        _set_up(video.codec_context, size)
        self._video = video
        audio = self._output.add_stream("aac", rate=RATE, layout="stereo")
        assert isinstance(audio, AudioStream)
        audio.bit_rate = 160_000
        self._audio = audio
        self.samples = 0
        """Samples that were taken so far."""

    @property
    def sound_until(self) -> float:
        """Media time up to which sound was taken, in seconds."""
        return self.samples / RATE

    def picture(self, coded: bytes, number: int, leap: float, *, is_key: bool) -> None:
        """Take a coded picture; ``leap`` is added to its timestamp, in seconds."""
        packet = av.Packet(coded)
        packet.stream = self._video
        packet.time_base = Fraction(1, _TICKS)
        packet.pts = packet.dts = round((number / FRAME_RATE + leap) * _TICKS)
        packet.duration = _TICKS // FRAME_RATE
        packet.is_keyframe = is_key
        self._output.mux(packet)

    def sound(self, samples: Stereo, timestamp: Callable[[int], int | None]) -> None:
        """Take samples, (2, 1024) float32; ``timestamp`` maps the number of a sample to its timestamp, or to None."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = self.samples
        frame.time_base = Fraction(1, RATE)
        self.samples += samples.shape[1]
        self._mux_sound(self._audio.encode(frame), timestamp)

    def _mux_sound(self, packets: "Sequence[av.Packet[Any]]", timestamp: Callable[[int], int | None]) -> None:
        for packet in packets:
            assert packet.pts is not None
            pts = timestamp(packet.pts)
            if pts is not None:
                packet.pts = packet.dts = pts
                self._output.mux(packet)

    def close(self, timestamp: Callable[[int], int | None]) -> None:
        """Finish the file."""
        self._mux_sound(self._audio.encode(None), timestamp)
        self._output.close()


def _cut(stream: bytes, groups: int) -> tuple[bytes, bytes | None]:
    """Divide a transport stream before the key frame that follows ``groups`` others; no rest if there is none yet."""
    packets = np.frombuffer(stream, np.uint8).reshape(-1, TS_PACKET)
    pids = ((packets[:, 1].astype(np.int32) & 0x1F) << 8) | packets[:, 2]
    has_adaptation = (packets[:, 3] & 0x20) != 0
    is_key = (pids == VIDEO_PID) & ((packets[:, 1] & 0x40) != 0) & has_adaptation & ((packets[:, 5] & 0x40) != 0)
    keys = np.flatnonzero(is_key)
    if keys.size <= groups:
        return stream, None
    place = int(keys[groups])
    while place > 0 and pids[place - 1] in TABLE_PIDS:
        place -= 1
    return stream[: place * TS_PACKET], stream[place * TS_PACKET :]


def write_clip(
    path: Path | str, seconds: float, defects: Sequence[Defect] = (), *, size: tuple[int, int] = SIZE, seed: int = 0
) -> list[Truth]:
    """Write a stretch of the channel to a file, and say what is wrong with it.

    Args:
        path: ``.ts`` for a transport stream; anything else is an MP4 file.
        seconds: Length, from the start of the rundown.
        defects: What goes wrong.
        size: Width and height of the picture, both even.
        seed: Draws the programme.
    """
    Channel(_programme(seed, size), defects, seed=seed).write(Path(path), seconds)
    return [defect.truth for defect in sorted(defects, key=lambda d: d.start)]


@lru_cache(maxsize=4)
def _programme(seed: int, size: tuple[int, int]) -> Programme:
    return Programme(seed, size)
