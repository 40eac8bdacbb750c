"""What a container declares, told in our words."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import av
from av.audio.stream import AudioStream
from av.sidedata.sidedata import SideData
from av.sidedata.sidedata import Type as SideType
from av.stream import Stream
from av.video.frame import VideoFrame as AvFrame
from av.video.stream import VideoStream

from watchglass.model.media import KEY_FRAMES_ONLY, Colour, Track

SDR_TRANSFERS = {1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15}
"""ITU-T H.273 table 3: gamma-like curves; 2 is "unspecified", which in practice is BT.709."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """Where in a pixel format the code values lie."""

    planes: Literal["planar", "semiplanar", "convert"]
    bit_depth: int
    has_chroma: bool


def picture_format(name: str) -> PictureFormat:
    """How pictures of a pixel format are read: as views, or after one pass through swscale."""
    form = av.VideoFormat(name)
    depth = form.components[0].bits if form.components else 8  # pictures in a graphics card have none
    if name.endswith("be") or form.is_rgb or form.has_palette or form.is_bit_stream or "f" in name.rsplit("p", 1)[-1]:
        return PictureFormat("convert", 8, True)
    if name.startswith("gray"):
        return PictureFormat("planar", depth, False)
    if name.startswith(("yuv4", "yuvj4", "yuva4")) and form.components[0].plane != form.components[1].plane:
        return PictureFormat("planar", depth, True)
    if name in ("nv12", "nv21"):
        return PictureFormat("semiplanar", 8, True)
    if name in ("p010le", "p012le", "p016le"):
        return PictureFormat("semiplanar", 16, True)  # the code values fill the upper bits
    return PictureFormat("convert", 8, True)


def colour(format_name: str, color_range: int, color_trc: int, color_primaries: int = 2) -> Colour:
    """Range, transfer function and primaries of a frame, from FFmpeg's numbers (ITU-T H.273)."""
    full = color_range == 2 or (color_range == 0 and format_name.startswith(("yuvj", "gray")))
    transfer: Literal["sdr", "pq", "hlg", "unknown"]
    if color_trc == 16:
        transfer = "pq"
    elif color_trc == 18:
        transfer = "hlg"
    else:
        transfer = "sdr" if color_trc in SDR_TRANSFERS or color_trc == 0 else "unknown"
    return Colour(full_range=full, transfer=transfer, is_wide=color_primaries == 9)


def max_cll(frame: AvFrame) -> float:
    """The maximum content light level that a picture carries, in cd/m2; 0 where it carries none."""
    side = cast("Iterable[SideData]", frame.side_data)  # a mapping to type checkers only
    told = next((each for each in side if each.type == SideType.CONTENT_LIGHT_LEVEL), None)
    return float(struct.unpack_from("=I", bytes(told))[0]) if told is not None else 0.0


def language(stream: Stream) -> str | None:
    """The declared language, or None for "undetermined"."""
    tag = stream.metadata.get("language")
    return None if tag in (None, "", "und") else tag


def describe(stream: VideoStream | AudioStream, track_id: str, *, key_frames_only: bool = False) -> Track:
    """A track as the container declares it."""
    facts: dict[str, str | int | float] = {}
    if isinstance(stream, VideoStream):
        picture = stream.codec_context
        rate = stream.average_rate or stream.base_rate
        facts = {"width": picture.width, "height": picture.height, "pixel_format": picture.pix_fmt or "unknown"}
        if rate:
            facts["frame_rate"] = round(float(rate), 3)
        if key_frames_only:
            facts["pictures"] = KEY_FRAMES_ONLY
        return Track(track_id, "video", picture.name, language(stream), facts)
    sound = stream.codec_context
    facts = {"rate": int(sound.sample_rate), "channels": sound.channels, "layout": sound.layout.name}
    return Track(track_id, "audio", sound.name, language(stream), facts)
