"""Pictures on their way through a codec, in memory, and over a line that may be bad.

A real encoder makes packets of them, what is done to the packets is done, and a real decoder makes of it what it
can. The pictures come back in number and in step as they went, so that they can be encoded well afterwards: then
nothing but the picture tells what happened.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from watchglass.faults.recipe import Coding, Picture
from watchglass.media.pictures import view

Plane = NDArray[np.uint8]
Damage = Callable[[int, bytes], bytes]
"""What arrives of a packet, by its number and data; nothing at all if it is lost."""
Paint = Callable[[int, list[Plane]], None]
"""Writes into a decoded picture, by its number; the decoder predicts the next ones from what was written."""

GROUP = 1.0
"""Seconds from one key frame to the next."""
SLICES = 8
"""Of a picture in H.264; in MPEG-2 each row of macroblocks is one."""


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder and the decoder for it."""

    encoder: str
    coding: Coding
    options: dict[str, str] = field(default_factory=dict)

    def at(self, quantiser: float) -> "Codec":
        """The same at a constant quantiser, each codec by its own scale (H.264: 0 to 51, MPEG-2: 1 to 31)."""
        q = str(round(quantiser))
        more = {"qp": q} if self.encoder == "libx264" else {"qmin": q, "qmax": q}
        return Codec(self.encoder, self.coding, {**self.options, **more})


_X264 = f"slices={SLICES}:sliced-threads=0:scenecut=0:mbtree=0"
H264 = Codec(
    "libx264", Coding("h264"), {"preset": "veryfast", "tune": "zerolatency", "forced-idr": "1", "x264-params": _X264}
)
H264_UNFILTERED = Codec(H264.encoder, H264.coding, {**H264.options, "x264-params": f"{_X264}:no-deblock=1"})
MPEG2 = Codec("mpeg2video", Coding("mpeg2video"), {"qmin": "2", "qmax": "3"})


class Transit:
    """One way through; pictures go in and, a little later, come out.

    Args:
        codec: What they go through; 8 bits, 4:2:0, whatever the pictures are.
        damage: What the line does.
        paint: What the decoder's memory suffers.
        decoder_options: FFmpeg's.
    """

    def __init__(
        self,
        codec: Codec,
        *,
        damage: Damage = lambda number, data: data,
        paint: Paint = lambda number, planes: None,
        decoder_options: dict[str, str] | None = None,
    ) -> None:
        self._codec = codec
        self._damage, self._paint = damage, paint
        self._encoder: VideoCodecContext | None = None
        self._decoder = _context(codec.coding.codec, "r")
        self._decoder.flags |= Flags.low_delay
        self._decoder.options = decoder_options or {}
        self._sent = self._coded = 0
        self._key_at = -np.inf
        self._waiting: deque[tuple[int, Picture, bool]] = deque()
        self._held: list[Plane] | None = None

    def send(self, picture: Picture, *, is_shown: bool = True) -> Iterator[Picture]:
        """Put a picture in, and take out what has arrived; one that is not shown is only there to be built on."""
        planes = _to_420(picture)
        height, width = planes[0].shape
        if self._encoder is None:
            self._encoder = self._opened(width, height)
        frame = av.VideoFrame(width, height, "yuv420p")
        for into, plane in zip(frame.planes, planes, strict=True):
            view(into, 8)[:] = plane
        frame.pts, frame.time_base = self._sent, Fraction(1, 25)
        if picture.pts - self._key_at >= GROUP - 1e-6:
            frame.pict_type = av.video.frame.PictureType.I
            self._key_at = picture.pts
        self._waiting.append((self._sent, picture, is_shown))
        self._sent += 1
        for packet in self._encoder.encode(frame):
            yield from self._arrived(packet)

    def finish(self) -> Iterator[Picture]:
        """Take out what is still on its way."""
        if self._encoder is not None:
            for packet in self._encoder.encode(None):
                yield from self._arrived(packet)
            yield from self._shown(self._decoded(None), self._sent)

    def _opened(self, width: int, height: int) -> VideoCodecContext:
        encoder = _context(self._codec.encoder, "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
        encoder.gop_size, encoder.max_b_frames = 600, 0
        encoder.options = dict(self._codec.options)
        return encoder

    def _arrived(self, packet: Any) -> Iterator[Picture]:
        data = self._damage(self._coded, bytes(packet))
        self._coded += 1
        frames = []
        if data:
            received: Any = av.Packet(data)
            received.pts, received.dts, received.time_base = packet.pts, packet.dts, packet.time_base
            frames = self._decoded(received)
        yield from self._shown(frames, packet.pts)

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            return self._decoder.decode(packet)
        except av.FFmpegError:
            return []

    def _shown(self, frames: list[Any], until: int) -> Iterator[Picture]:
        """What is seen up to a number: pictures that were decoded, and for each that was not the one before."""
        for frame in frames:
            if frame.pts is None:
                continue
            yield from self._repeated(frame.pts)
            planes = [np.asarray(view(plane, 8), np.uint8) for plane in frame.planes]  # the memory itself
            self._paint(frame.pts, planes)
            self._held = [plane.copy() for plane in planes]
            yield from self._repeated(frame.pts + 1)
        yield from self._repeated(until)

    def _repeated(self, until: int) -> Iterator[Picture]:
        while self._waiting and self._waiting[0][0] < until:
            _, picture, is_shown = self._waiting.popleft()
            if is_shown:
                yield _like(picture, self._held)


def _context(name: str, mode: str) -> VideoCodecContext:
    context = av.CodecContext.create(name, mode)  # type: ignore[call-overload]
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1  # one after the other: the same input has to become the same output
    return context


def _to_420(picture: Picture) -> list[Plane]:
    """8 bits, 4:2:0, even sides; grey where there is no colour."""
    luma, *chroma = [(plane >> (picture.depth - 8)).astype(np.uint8) for plane in picture.planes]
    height, width = luma.shape
    luma = np.pad(luma, ((0, height & 1), (0, width & 1)), "edge")
    half = (luma.shape[0] // 2, luma.shape[1] // 2)
    if not chroma:
        return [luma, np.full(half, 128, np.uint8), np.full(half, 128, np.uint8)]
    return [luma, *(_resized(plane, half) for plane in chroma)]


def _like(picture: Picture, planes: list[Plane] | None) -> Picture:
    """What arrived in the shape and depth of the picture that was sent; nothing yet is an empty buffer."""
    if planes is None:
        return picture.with_planes([np.zeros_like(plane) for plane in picture.planes])
    luma = planes[0][: picture.planes[0].shape[0], : picture.planes[0].shape[1]]
    chroma = [_resized(plane, like.shape) for plane, like in zip(planes[1:], picture.planes[1:], strict=False)]
    made = [
        plane.astype(like.dtype) * like.dtype.type(picture.scale)
        for plane, like in zip([luma, *chroma], picture.planes, strict=True)
    ]
    return picture.with_planes(made)


def _resized(plane: Plane, shape: tuple[int, ...]) -> Plane:
    if plane.shape == shape:
        return plane
    return np.asarray(cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
