"""Tracks of a file, decoded, changed, encoded as they were, and put together again."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream
from numpy.typing import NDArray

from watchglass.faults.reading import Container, demuxed, is_wanted, zero_of
from watchglass.faults.recipe import Coded, Coding, Picture, Samples
from watchglass.media.pictures import view

Stream = VideoStream | AudioStream
Lane = Iterator[tuple[float, Any]]
"""Packets of one track with their ``dts`` in seconds."""
Change = Callable[[Iterator[Any]], Iterator[Any]]
"""Takes pictures, samples or packets and yields what is to be there instead."""

_VIDEO = {
    # Without mbtree: with it, the same pictures do not always become the same bytes.
    "h264": ("libx264", {"preset": "veryfast", "crf": "18", "x264-params": "mbtree=0"}),
    "hevc": ("libx265", {"preset": "veryfast", "crf": "20", "x265-params": "log-level=none"}),
    "mpeg2video": ("mpeg2video", {"qmin": "2", "qmax": "3"}),
    "mpeg4": ("mpeg4", {"qmin": "2", "qmax": "3"}),
    "vp9": ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6"}),
    "vp8": ("libvpx", {"crf": "8", "b": "8M", "deadline": "realtime", "cpu-used": "6"}),
    "av1": ("libsvtav1", {"preset": "10", "crf": "28"}),
    "prores": ("prores_ks", {}),
    "ffv1": ("ffv1", {}),
    "mjpeg": ("mjpeg", {"qmin": "2", "qmax": "3"}),
}
_FORCED = {"libx264", "libx265"}
"""Encoders that make a key frame of a picture that is to be coded alone only when they are told to."""
_IN_TRANSPORT = {"h264", "hevc", "mpeg2video", "mpeg4"}, {"aac", "ac3", "eac3", "mp2", "mp3", "mp3float", "mp2float"}
"""What transport streams carry, of picture and sound: anything else is encoded with the first of these."""
_BY_FRAMES = {"mpeg2video", "mpeg4"}
"""Encoders whose clock ticks once a picture."""
_AUDIO = {
    "aac": "aac",
    "mp3": "libmp3lame",
    "mp3float": "libmp3lame",
    "ac3": "ac3",
    "eac3": "eac3",
    "opus": "libopus",
    "flac": "flac",
    "vorbis": "flac",
    "mp2": "mp2",
    "mp2float": "mp2",
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
"""For a file that says how many channels there are, and not which."""
_CLOCK = 90_000


def rewrite(
    source: Path,
    target: Path,
    *,
    pictures: Change | None = None,
    sound: Change | None = None,
    packets: dict[str, Change] | None = None,
    told: Callable[[float], None] = lambda seconds: None,
) -> None:
    """Write a file anew: tracks that are changed are encoded again, the others are copied.

    Args:
        source: What is read.
        target: What is written; its ending names the container.
        pictures: Applied to ``Picture`` of the first video track.
        sound: Applied to ``Samples`` of each audio track.
        packets: Applied to ``Coded`` of each track of a kind (``video``, ``audio``).
        told: Hears how many seconds are written.

    Raises:
        OSError: Something cannot be read or written (FFmpeg's errors are).
    """
    packets = packets or {}
    with av.open(str(target), "w") as out:
        lanes: list[Lane] = []
        with av.open(str(source)) as container:
            wanted = [(s.index, s.type) for s in container.streams if is_wanted(s)]
            zero = zero_of(container)
        opened: list[InputContainer] = []
        try:
            for index, kind in wanted:
                own = av.open(str(source))
                opened.append(own)
                stream = own.streams[index]
                if kind == "video" and pictures is not None:
                    assert isinstance(stream, VideoStream)
                    lanes.append(pictures_lane(own, stream, out, pictures, zero))
                elif kind == "audio" and sound is not None:
                    assert isinstance(stream, AudioStream)
                    lanes.append(sound_lane(own, stream, out, sound, zero))
                else:
                    lanes.append(copied_lane(own, stream, out, packets.get(kind), zero))
            for dts, packet in merge(*lanes, key=lambda each: each[0]):
                out.mux(packet)
                told(dts)
        finally:
            for own in opened:
                own.close()


def carries(codec: str) -> bool:
    """Whether transport streams carry what this decoder decodes."""
    return any(codec in known for known in _IN_TRANSPORT)


def copied_lane(container: Container, stream: Any, out: OutputContainer, change: Change | None, zero: float) -> Lane:
    """A track as it is, but for what is done to its packets."""
    made = out.add_stream_from_template(stream, opaque=True)
    coding = _coding(stream)
    made.time_base = base = Fraction(1, _CLOCK)

    def coded() -> Iterator[Coded]:
        number = 0
        dts = 0.0
        for packet in demuxed(container, stream):
            if packet.size == 0:
                continue
            step = float(packet.time_base or stream.time_base)
            dts = dts if packet.dts is None else packet.dts * step - zero
            pts = dts if packet.pts is None else packet.pts * step - zero
            lasts = (packet.duration or 0) * step
            yield Coded(bytes(packet), pts, dts, lasts, packet.is_keyframe, number, coding)
            number += 1

    last = None
    for each in change(coded()) if change else coded():
        packet: Any = Packet(each.data)
        packet.stream = made
        packet.time_base = base
        dts = round(each.dts * _CLOCK)
        last = dts if last is None else max(last + 1, dts)  # no muxer takes time that goes back
        packet.pts, packet.dts = max(last, round(each.pts * _CLOCK)), last
        packet.duration = round(each.duration * _CLOCK)
        packet.is_keyframe = each.is_key
        yield each.dts, packet


def _coding(stream: Any) -> Coding:
    """The length of NAL units is a field of avcC and of hvcC (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1)."""
    context = stream.codec_context
    record = bytes(context.extradata or b"")
    at = {"h264": 4, "hevc": 21}.get(context.name)
    has_lengths = at is not None and len(record) > at and record[0] == 1
    return Coding(context.name, (record[at] & 3) + 1 if has_lengths and at is not None else 0)


def pictures_lane(
    container: Container,
    stream: VideoStream,
    out: OutputContainer,
    change: Change,
    zero: float,
    key_every: float | None = None,
) -> Lane:
    """Decode, change, encode with the codec that it had, or with H.264.

    Args:
        container: Where its packets come from.
        stream: The track.
        out: What it is written to.
        change: Applied to ``Picture``.
        zero: Where the timeline begins, in seconds.
        key_every: Seconds from one key frame to the next; the encoder's own choice where None.
    """
    source = stream.codec_context
    own = source.name if carries(source.name) or out.format.name != "mpegts" else "h264"
    name, options = _VIDEO.get(own, _VIDEO["h264"])
    if key_every is not None and name in _FORCED:
        options = options | {"forced-idr": "1"}
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    made = out.add_stream(name, rate=rate, options=options)
    assert isinstance(made, VideoStream)
    encoder = made.codec_context
    encoder.width, encoder.height = _size(name, source.width, source.height)
    encoder.pix_fmt = form = _pixel_format(name, source.pix_fmt or "")
    encoder.color_range, encoder.colorspace = source.color_range, source.colorspace
    encoder.color_primaries, encoder.color_trc = source.color_primaries, source.color_trc
    is_timeless = out.format.name == "avi"  # it holds no times, only how many there are, in the order of coding
    encoder.time_base = base = 1 / rate if name in _BY_FRAMES or is_timeless else Fraction(1, _CLOCK)
    if is_timeless:
        encoder.max_b_frames = 0
    stream.thread_type = "AUTO"
    is_full = source.color_range == 2 or form.startswith("yuvj")
    is_bt709 = _is_bt709(source.colorspace, encoder.height)

    def seen() -> Iterator[Picture]:
        for number, frame in enumerate(_decoded(container, stream)):
            pts = number / float(rate) if frame.pts is None else float(frame.pts * frame.time_base) - zero
            if (frame.width, frame.height, frame.format.name) != (encoder.width, encoder.height, form):
                frame = frame.reformat(encoder.width, encoder.height, form)
            depth = frame.format.components[0].bits
            yield Picture([plane.copy() for plane in _planes(frame, depth)], pts, number, depth, is_full, is_bt709)

    last, next_key = -1, 0.0
    for picture in change(seen()):
        frame = av.VideoFrame(encoder.width, encoder.height, form)
        if key_every is not None and picture.pts >= next_key - 1e-3:
            frame.pict_type = PictureType.I
            next_key += key_every
        for into, plane in zip(_planes(frame, picture.depth), picture.planes, strict=True):
            into[:] = plane
        last = max(last + 1, round(picture.pts / base))
        frame.pts, frame.time_base = last, base
        yield from _timed(made.encode(frame))
    yield from _timed(made.encode(None))


def _is_bt709(matrix: int, height: int) -> bool:
    """By the matrix coefficients of ITU-T H.273; where they are not said (2), as players assume."""
    return height >= 720 if matrix in (0, 2) else matrix in (1, 9, 10)


def _size(encoder: str, width: int, height: int) -> tuple[int, int]:
    return (width, height) if encoder in ("ffv1", "mjpeg") else (width & ~1, height & ~1)


def _pixel_format(encoder: str, wanted: str) -> str:
    """The source's own format where it is planar and the encoder takes it; transparency is no business of viewers."""
    formats = [each.name for each in av.codec.Codec(encoder, "w").video_formats or ()]
    if wanted in formats and wanted.startswith(("yuv4", "yuvj4", "gray")):
        return wanted
    return "yuv420p" if "yuv420p" in formats else next(each for each in formats if each.startswith("yuv"))


def _planes(frame: av.VideoFrame, depth: int) -> Iterator[NDArray[Any]]:
    """The frame's own memory, to be read or written."""
    return (view(plane, depth) for plane in frame.planes)


def sound_lane(container: Container, stream: AudioStream, out: OutputContainer, change: Change, zero: float) -> Lane:
    """Decode, change, encode with the codec that it had, or with AAC."""
    source = stream.codec_context
    codec = source.name if source.name.startswith("pcm_") else _AUDIO.get(source.name, "aac")
    codec = codec if carries(source.name) or out.format.name != "mpegts" else "aac"
    layout = source.layout.name
    if "channels" in layout:
        layout = _LAYOUTS.get(source.channels, layout)
    made = out.add_stream(codec, rate=source.rate, layout=layout)
    assert isinstance(made, AudioStream)
    if source.bit_rate and codec != "flac" and not codec.startswith("pcm_"):
        made.bit_rate = min(max(source.bit_rate, 48_000 * source.channels), 3 * source.rate * source.channels)
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=source.rate)

    def heard() -> Iterator[Samples]:
        first = None
        for frame in _decoded(container, stream):
            for plain in resampler.resample(frame):
                if first is None:
                    begins = zero if plain.pts is None else float(plain.pts * (plain.time_base or 1))
                    first = round((begins - zero) * source.rate)
                yield Samples(plain.to_ndarray().astype(np.float32, copy=False), first, source.rate)
                first += plain.samples

    for samples in change(heard()):
        frame = av.AudioFrame.from_ndarray(samples.values, format="fltp", layout=layout)
        frame.sample_rate = source.rate
        frame.pts, frame.time_base = samples.first, Fraction(1, source.rate)
        yield from _timed(made.encode(frame))
    yield from _timed(made.encode(None))


def _decoded(container: Container, stream: Stream) -> Iterator[Any]:
    """Frames; what cannot be decoded is passed over, as players do."""
    for packet in demuxed(container, stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _timed(packets: list[Any]) -> Lane:
    for packet in packets:
        yield float(packet.dts * packet.time_base), packet
