"""Whether keys fit: found out by decoding, before anything of what was decrypted is believed.

Decryption never fails: with a wrong key every sample becomes noise, of which a decoder would make damaged pictures and
wild sound without end.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import av
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

_ENOUGH = 12
"""Outcomes of decoding that make a verdict."""
_MOST_PACKETS = 50
"""Of one track, after which what is known makes it."""
_MOST_BYTES = 32 << 20
_TELLING = 64
"""Bytes of a packet whose decoding tells something: of smaller ones little is encrypted."""


def tried(
    packets: Iterator["Packet[Any]"], streams: Sequence[VideoStream | AudioStream]
) -> tuple[set[int], Iterator["Packet[Any]"]]:
    """Read ahead until it is clear whether the keys of some streams fit.

    Codecs without any redundancy (AV1, VP9, Opus, PCM) take noise for content: of them nothing is found out.

    Args:
        packets: As they are demuxed, decrypted.
        streams: Those that were decrypted.

    Returns:
        The indexes of the streams whose keys do not fit, and all packets.
    """
    trials = {stream.index: _Trial(stream) for stream in streams}
    held: list[Packet[Any]] = []
    size, failure = 0, None
    try:
        for packet in packets:
            held.append(packet)
            size += packet.size
            if packet.stream.index in trials:
                trials[packet.stream.index].see(packet)
            if size > _MOST_BYTES or all(trial.is_over for trial in trials.values()):
                break
    except (av.FFmpegError, IndexError) as error:
        failure = error  # told where it happened: after what came before
    return {index for index, trial in trials.items() if trial.is_lost}, _once_more(held, failure, packets)


def fits(data: bytes, format: str | None) -> bool:
    """Whether a piece of media makes sense, all of which was decrypted.

    Args:
        data: What a demuxer may read as a file.
        format: FFmpeg's name of the container, where it is known.
    """
    try:
        with av.open(io.BytesIO(data), "r", format=format, metadata_errors="replace") as container:
            streams = [one for one in container.streams if isinstance(one, VideoStream | AudioStream)]
            return not tried(container.demux(), [one for one in streams if one.codec_context is not None])[0]
    except (av.FFmpegError, ValueError, EOFError):
        return True  # nothing is found out; whoever watches it will say what it is


def _once_more(
    held: list["Packet[Any]"], failure: Exception | None, packets: Iterator["Packet[Any]"]
) -> Iterator["Packet[Any]"]:
    yield from held
    if failure is not None:
        raise failure
    yield from packets


class _Trial:
    """Decodes the beginning of a stream, and counts what comes of it."""

    def __init__(self, stream: VideoStream | AudioStream) -> None:
        context: Any = stream.codec_context
        self._decoder: Any = av.CodecContext.create(context.name, "r")
        self._decoder.extradata = context.extradata
        self._decoder.options = context.options
        if isinstance(stream, AudioStream):
            self._decoder.sample_rate = context.sample_rate
            self._decoder.layout = context.layout
        self._seen = self._good = self._bad = 0

    @property
    def is_over(self) -> bool:
        return self._good + self._bad >= _ENOUGH or self._seen >= _MOST_PACKETS

    @property
    def is_lost(self) -> bool:
        return self._bad > self._good

    def see(self, packet: "Packet[Any]") -> None:
        if self.is_over or not packet.size:
            return
        self._seen += 1
        try:
            frames = self._decoder.decode(packet)
        except av.FFmpegError:
            self._bad += 1
            return
        corrupt = sum(bool(frame.is_corrupt) for frame in frames)
        self._bad += corrupt
        if packet.size >= _TELLING:
            self._good += len(frames) - corrupt
