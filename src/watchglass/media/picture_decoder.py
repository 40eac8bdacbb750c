"""FFmpeg's decoder of a picture track: how it is set up, and how it is used where key frames come alone."""

from contextlib import suppress

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


def prepare(context: VideoCodecContext, max_pixels: int, threads: int) -> None:
    """Set up a decoder.

    Args:
        context: The decoder.
        max_pixels: The largest picture that it decodes.
        threads: Of its own; 1 adds no latency.
    """
    context.options = {**context.options, "max_pixels": str(max_pixels)}
    if not context.is_open:
        # Frame threads (FFmpeg 8.1) flag intact pictures of field-coded H.264 as damaged, at random.
        fields = context.field_order not in (0, 1, "progressive", "unknown")
        context.thread_type = "NONE" if threads == 1 else "SLICE" if fields else "AUTO"
        context.thread_count = threads


def decode_alone(packet: "Packet[VideoStream]", *others: "Packet[VideoStream]") -> list[VideoFrame]:
    """Decode a key frame as if there were nothing before and after it.

    A decoder that knows the ones before would miss those in between, and order pictures by numbers that began anew.

    Args:
        packet: The key frame, or the first field of one.
        others: The second.

    Raises:
        av.FFmpegError: It cannot be decoded.
    """
    context = packet.stream.codec_context
    if not packet.size or context is None:
        return []
    try:
        frames = [frame for each in (packet, *others, None) for frame in context.decode(each)]
    finally:
        context.flush_buffers()
    for frame in frames:
        frame.time_base = packet.time_base  # which PyAV knows of what comes with a packet only
    return frames


def drain(packet: "Packet[VideoStream]") -> list[VideoFrame]:
    """The pictures that the decoder still holds before this packet; it begins anew."""
    context, frames = packet.stream.codec_context, []
    if context is not None and context.is_open:
        with suppress(av.FFmpegError):  # it holds none
            frames = context.decode(None)
        context.flush_buffers()
    for frame in frames:
        frame.time_base = packet.time_base  # which PyAV knows of what comes with a packet only
    return frames
