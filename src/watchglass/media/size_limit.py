"""Pictures that are too large to be decoded: FFmpeg refuses them, and says why in its log only."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.stream import VideoStream

_TOO_LARGE = re.compile(r"Picture size (\d+)x(\d+) exceeds")


class SizeLimit:
    """The largest picture that is decoded.

    Args:
        max_pixels: Width times height.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels

    def of(self, stream: VideoStream) -> str:
        """Why a stream is refused, or nothing; also where its size is not known yet, which the first packet tells."""
        context = stream.codec_context
        if context is None:
            return ""
        width, height = context.width, context.height
        if not width:  # perhaps it is the container alone that knows it (FFV1), and its decoder has just refused it
            width, height = self._declared(stream)
        return self._refusal(width, height) if width * height > self._max_pixels else ""

    def _declared(self, stream: VideoStream) -> tuple[int, int]:
        """The size that the container declares, without any decoder; 0 where there is no file to look at again."""
        path = Path(stream.container.name)
        if not path.is_file():
            return 0, 0
        nothing_else = {"codec_whitelist": "none", "protocol_whitelist": "none"}
        with (
            suppress(av.FFmpegError, ValueError, OSError, IndexError),
            path.open("rb") as file,
            av.open(file, options=nothing_else, metadata_errors="replace") as container,
        ):
            declared = container.streams[stream.index]
            if isinstance(declared, VideoStream):
                return declared.width, declared.height
        return 0, 0

    def complaint(self, packet: "Packet[Any]") -> str:
        """Decode once more a packet that could not be decoded, and listen: why it is refused, or nothing."""
        level = av.logging.get_level()
        av.logging.set_level(av.logging.ERROR)
        av.logging.set_skip_repeated(False)
        try:
            # In a new decoder: one that has refused a size does not name it again, and the stream's own must not
            # be given a packet twice.
            with av.logging.Capture(local=False) as logs, suppress(av.FFmpegError, ValueError):
                self._anew(packet)
            for _, _, message in logs:
                if size := _TOO_LARGE.search(message):
                    return self._refusal(int(size[1]), int(size[2]))
        finally:
            # Not None again: PyAV 18.1 prints a traceback for what a decoder's thread says at that very moment.
            av.logging.set_level(av.logging.PANIC if level is None else level)
        return ""

    def _anew(self, packet: "Packet[Any]") -> None:
        known = packet.stream.codec_context
        context = CodecContext.create(known.codec, "r")
        context.extradata = known.extradata
        context.options = {"max_pixels": str(self._max_pixels)}
        context.decode(packet)

    def _refusal(self, width: int, height: int) -> str:
        return f"refused: too large, {width} x {height} pixels is more than max_pixels = {self._max_pixels}"
