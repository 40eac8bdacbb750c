"""How the packets of a track are coded: all that a muxer must know of them after their container has gone."""

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

_START = b"\0\0\1"
_SPS, _PARAMETERS = {"h264": 7, "hevc": 33}, {"h264": (7, 8, 13), "hevc": (32, 33, 34)}
_CODED_PICTURES = {"h264": range(1, 6), "hevc": range(32)}
"""Types of NAL units (ITU-T H.264 table 7-1, H.265 table 7-1)."""
_SEQUENCE, _PICTURE = b"\0\0\1\xb3", b"\0\0\1\0"
"""Start codes of MPEG-2 (ISO/IEC 13818-2, 6.2.1)."""

_MOST_PIXELS = 8192 * 4320


class CodedForm:
    """The parameters of one track, from when they are told until others are.

    Args:
        stream: The demuxer's; nothing of it is kept.
        extradata: What is told of them since then, where that is not what the container began with.
        told: What sets them apart from what was before, likewise.
    """

    def __init__(self, stream: VideoStream | AudioStream, extradata: bytes | None = None, *, told: bytes = b"") -> None:
        # PyAV (18.1) keeps parameters in streams only: here, in one of a muxer that never writes.
        self._muxer: OutputContainer = av.open(os.devnull, "w", format="null")
        self._template: Any = self._muxer.add_stream_from_template(stream, opaque=True)
        self._extradata = extradata
        self._language = stream.metadata.get("language", "")
        self.time_base: Fraction = Fraction(stream.time_base or 1)
        self.kind = stream.type
        """``video`` or ``audio``."""
        context: Any = stream.codec_context
        self.codec: str = context.codec.canonical_name
        """FFmpeg's name of the codec."""
        self.is_prefixed = (extradata or bytes(context.extradata or b""))[:1] == b"\1"
        """Whether NAL units tell their length, and do not begin with a start code."""
        self.pixel_format = (context.pix_fmt or "") if self.kind == "video" else ""
        shape = (context.width, context.height) if self.kind == "video" else (context.sample_rate, context.layout.name)
        self._key = (self.codec, bytes(context.extradata or b"") if extradata is None else extradata, told, shape)

    def is_as(self, other: "CodedForm") -> bool:
        """Whether packets of both may follow one another on a track."""
        return self is other or self._key == other._key

    @property
    def rates(self) -> tuple[int, ...]:
        """Ticks of a second by which its packets are placed, and samples of a second of sound."""
        ticks = self.time_base.denominator
        return (ticks,) if self.kind == "video" else (ticks, self._template.codec_context.sample_rate or 1)

    def add_to(self, out: OutputContainer, first: bytes | memoryview, *, tag: str = "", extradata: bytes = b"") -> Any:
        """Add a track of this form to a muxer.

        Args:
            out: The muxer.
            first: The first packet, which tells the size of pictures better than what was declared.
            tag: What the container is to call the codec; its usual name where empty.
            extradata: What the container is to tell of it; what was told where empty.
        """
        stream: Any = out.add_stream_from_template(self._template, opaque=True)
        context = stream.codec_context
        if extradata or self._extradata is not None:
            context.extradata = extradata or self._extradata
        if tag:
            context.codec_tag = tag
        if self.kind == "video" and (size := self._size(first)):
            context.width, context.height = size
        stream.time_base = self.time_base
        if self._language:
            stream.metadata["language"] = self._language
        return stream

    def decoder(self) -> Any:
        """A strict decoder of its own, which skips what only the eye would miss."""
        template = self._template.codec_context
        decoder: Any = av.CodecContext.create(template.name, "r")
        decoder.extradata = self._extradata or template.extradata
        decoder.options = {"max_pixels": str(_MOST_PIXELS), "err_detect": "explode"}
        decoder.thread_type, decoder.thread_count = "NONE", 1
        if self.kind == "video":
            decoder.options = {**decoder.options, "skip_loop_filter": "all"}
        else:
            decoder.sample_rate, decoder.layout = template.sample_rate, template.layout
        return decoder

    def _size(self, first: bytes | memoryview) -> tuple[int, int] | None:
        decoder = self.decoder()
        try:
            frames = [*decoder.decode(Packet(bytes(first))), *decoder.decode(None)]
        except (av.FFmpegError, ValueError):
            return None
        return (frames[0].width, frames[0].height) if frames else None


def in_band(form: CodedForm, data: bytes) -> tuple[bytes, bytes]:
    """What a key picture tells of how it is coded: what sets it apart, and all of it; nothing where it tells nothing.

    The former stays the same for as long as the size of the picture and its profile do.
    """
    if form.codec == "mpeg2video":
        if not data.startswith(_SEQUENCE):
            return b"", b""
        end = data.find(_PICTURE)
        return data[4:7], data[: end if end > 0 else 12]
    if form.codec not in _SPS:
        return b"", b""
    sets, units = b"", [*_units(form, data)]
    for kind, unit in units:
        if kind in _PARAMETERS[form.codec]:
            sets += b"\0" + _START + unit
    return b"".join(unit for kind, unit in units if kind == _SPS[form.codec]), sets


def _units(form: CodedForm, data: bytes) -> Iterator[tuple[int, bytes]]:
    """The NAL units before the first coded picture, with their types."""
    for unit in _prefixed(data) if form.is_prefixed else _started(data):
        kind = unit[0] & 0x1F if form.codec == "h264" else unit[0] >> 1 & 0x3F
        if kind in _CODED_PICTURES[form.codec]:
            return
        yield kind, unit


def _started(data: bytes) -> Iterator[bytes]:
    at = data.find(_START)
    while at >= 0:
        begin = at + 3
        at = data.find(_START, begin, begin + 4096)  # parameter sets are short: coded pictures are not searched
        unit = data[begin : at if at >= 0 else begin + 4096].rstrip(b"\0")
        if unit:
            yield unit


def _prefixed(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 5 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + max(1, min(size, 4096))]
        at += 4 + max(size, 1)
