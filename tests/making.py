"""Small real media of every shape, made with FFmpeg's own encoders and muxers; and media that nobody should make."""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.plane import AudioPlane
from numpy.typing import NDArray

Planes = Sequence[NDArray[np.uint8] | NDArray[np.uint16]]
Picture = Callable[[int], Planes]
"""From the number of a picture to its planes, in the order of the pixel format."""


def noise(
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (96, 64),
    seed: int = 7,
    between: tuple[int, int] = (40, 200),
) -> Picture:
    """Coarse noise that is new in each picture: nothing stands still, nothing is black; all of it flashes, though."""
    rng = np.random.default_rng(seed)

    def picture(number: int) -> Planes:
        return [
            rng.integers(*between, (-(-height // 8), -(-width // 8)), dtype=np.uint8)
            .repeat(8, 0)
            .repeat(8, 1)[:height, :width]
            .astype(dtype)
            * dtype(scale)
            for height, width, dtype, scale in shapes(pixel_format, size)
        ]

    return picture


def flat(values: Sequence[int], pixel_format: str = "yuv420p", size: tuple[int, int] = (96, 64)) -> Picture:
    """One code value on each plane, in the depth of the format."""

    def picture(number: int) -> Planes:
        made = shapes(pixel_format, size)
        return [np.full((h, w), value, dtype) for (h, w, dtype, _), value in zip(made, values, strict=True)]

    return picture


def shapes(pixel_format: str, size: tuple[int, int]) -> list[tuple[int, int, type, int]]:
    """Height, width, type and factor from 8 bits of each plane; packed formats have one wide plane."""
    form = av.VideoFormat(pixel_format, *size)
    made = []
    for index, plane in enumerate(av.VideoFrame(*size, pixel_format).planes):
        component = next((c for c in form.components if c.plane == index), form.components[0])
        in_plane = sum(1 for c in form.components if c.plane == index) or 1
        deep = component.bits > 8
        made.append((plane.height, plane.width * in_plane, np.uint16 if deep else np.uint8, 1 << component.bits - 8))
    return made


def frame(planes: Planes, pixel_format: str, size: tuple[int, int]) -> av.VideoFrame:
    """FFmpeg's frame with these code values, untouched."""
    made = av.VideoFrame(*size, pixel_format)
    for plane, values in zip(made.planes, planes, strict=True):
        row = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
        row[:, : values.shape[1]] = values
        plane.update(row.tobytes())
    return made


def clip(
    path: Path,
    *,
    seconds: float = 1.0,
    video: str | None = "libx264",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (96, 64),
    rate: int = 25,
    gop: int = 12,
    picture: Picture | None = None,
    ticks: Sequence[int] | None = None,
    audio: Sequence[str] = (),
    languages: Sequence[str] = (),
    layout: str = "stereo",
    sample_rate: int = 48_000,
    start: float = 0.0,
    colour: tuple[int, int] = (0, 2),
    video_options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    format: str | None = None,
    hole: tuple[float, float] | None = None,
) -> Path:
    """Write a clip; returns its path.

    ``audio`` names an encoder for each track, ``ticks`` the pictures' own times in units of 1/1000 s (variable frame
    rate), ``colour`` range (1 limited, 2 full) and transfer function (ITU-R H.273), ``hole`` a stretch of seconds
    in which nothing is written, on any track.
    """
    with av.open(str(path), "w", format=format, options=container_options or {}) as out:
        shown = sounds = None
        if video:
            defaults = {"preset": "ultrafast", "tune": "zerolatency"} if video == "libx264" else {}
            shown = out.add_stream(video, rate=rate, options={**defaults, **(video_options or {})})
            shown.width, shown.height, shown.pix_fmt = *size, pixel_format
            shown.codec_context.gop_size = gop
            shown.codec_context.max_b_frames = 0
            shown.codec_context.time_base = Fraction(1, rate) if ticks is None else Fraction(1, 1000)
            shown.codec_context.color_range, shown.codec_context.color_trc = colour
        sounds = []
        for number, encoder in enumerate(audio):
            sound = out.add_stream(encoder, rate=sample_rate, layout=layout)
            if number < len(languages):
                sound.metadata["language"] = languages[number]
            sounds.append(sound)
        out.start_encoding()
        times = [n / rate for n in range(round(seconds * rate))] if ticks is None else [t / 1000 for t in ticks]
        _write(out, shown, sounds, times, picture or noise(pixel_format, size), start, seconds, hole, colour)
    return path


def _write(out, shown, sounds, times, picture, start, seconds, hole, colour):
    done = [0] * len(sounds)

    def sound_until(until: float) -> None:
        for number, sound in enumerate(sounds):
            context = sound.codec_context
            while done[number] < min(until, seconds) * context.sample_rate:
                block = tone(context, done[number], number)
                block.pts = done[number] + round(start * context.sample_rate)
                block.time_base = Fraction(1, context.sample_rate)
                if not _falls_in(hole, done[number] / context.sample_rate):
                    out.mux(sound.encode(block))
                done[number] += block.samples

    for number, pts in enumerate(times if shown is not None else []):
        sound_until(pts)
        if not _falls_in(hole, pts):
            made = frame(picture(number), shown.pix_fmt, (shown.width, shown.height))
            made.color_range, made.color_trc = colour
            time_base = shown.codec_context.time_base
            made.pts, made.time_base = round((pts + start) / time_base), time_base
            out.mux(shown.encode(made))
    sound_until(seconds)
    for stream in (shown, *sounds):
        if stream is not None:
            out.mux(stream.encode(None))


def _falls_in(hole: tuple[float, float] | None, pts: float) -> bool:
    return hole is not None and hole[0] <= pts < hole[1]


def tone(context: av.AudioCodecContext, first: int, track: int = 0) -> av.AudioFrame:
    """A block of a chord on 200 Hz times (track + 1), -20 dBFS, in the format that the encoder takes."""
    channels, size = context.layout.nb_channels, context.frame_size or 1024
    times = (np.arange(size) + first) / context.sample_rate
    angle = 2 * np.pi * 200.0 * (track + 1) * times
    wave = 0.095 * np.sin(angle) + 0.03 * np.sin(2.5 * angle)  # two partials: one alone would be a test tone
    return block(np.tile(wave, (channels, 1)), context.format.name, context.layout.name, context.sample_rate)


def block(samples: NDArray[np.float64], sample_format: str, layout: str, sample_rate: int) -> av.AudioFrame:
    """(channels, n) numbers, 1.0 full scale, as FFmpeg's frame of any sample format."""
    bare = sample_format.removesuffix("p")
    scaled = {
        "u8": lambda: (np.round(samples * 128.0) + 128.0).clip(0, 255).astype(np.uint8),
        "s16": lambda: np.round(samples * 2.0**15).clip(-(2**15), 2**15 - 1).astype(np.int16),
        "s32": lambda: np.round(samples * 2.0**31).clip(-(2**31), 2**31 - 1).astype(np.int32),
        "flt": lambda: samples.astype(np.float32),
        "dbl": lambda: samples.astype(np.float64),
    }[bare]()
    planar = bare != sample_format
    array = scaled if planar else np.ascontiguousarray(scaled.T).reshape(1, -1)
    made = av.AudioFrame(format=sample_format, layout=layout, samples=samples.shape[1])
    for number, plane in enumerate(array):
        target = AudioPlane(made, number)  # not made.planes: PyAV 18.1 counts them wrongly from eight channels on
        target.update(plane.tobytes().ljust(target.buffer_size, b"\0"))
    made.sample_rate = sample_rate
    return made


def joined(path: Path, *parts: Path) -> Path:
    """Transport streams one after the other, byte by byte."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def flipped(data: bytes, seed: int, flips: int = 100) -> bytes:
    """The data with some bytes replaced at random."""
    rng = np.random.default_rng(seed)
    broken = bytearray(data)
    for at in rng.integers(0, len(data), flips):
        broken[at] ^= int(rng.integers(1, 256))
    return bytes(broken)


def bomb_jpeg(width: int = 16_000, height: int = 16_000) -> bytes:
    """A JPEG that declares a huge picture: a real small one with other dimensions.

    Comments fill it up: FFmpeg refuses at once what is too short to hold so many blocks (a quarter byte for each).
    """
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "yuvj420p"
    encoder.time_base = Fraction(1, 5)
    small = frame(flat((128, 128, 128), "yuvj420p", (64, 64))(0), "yuvj420p", (64, 64))
    small.pts, small.time_base = 0, Fraction(1, 5)
    data = b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
    at = data.index(b"\xff\xc0") + 5  # start of frame: marker, length, precision, then height and width
    comment = b"\xff\xfe" + struct.pack(">H", 65_535) + bytes(65_533)
    filling = comment * (width // 8 * (height // 8) // 4 // len(comment) + 1)
    return data[:2] + filling + data[2:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def bomb(path: Path, size: int = 16_000) -> Path:
    """Three pictures of ``size`` squared as AVI, MP4 or raw MJPEG, by the ending of the path."""
    picture = bomb_jpeg(size, size)
    if path.suffix == ".mjpeg":
        path.write_bytes(picture * 3)
        return path
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for number in range(3):
            packet = av.Packet(picture)
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base, packet.duration, packet.is_keyframe = Fraction(1, 5), 1, True
            out.mux(packet)
    data = path.read_bytes()
    if path.suffix == ".avi":  # avih at 64 and the BITMAPINFOHEADER of strf hold it as 32 bits, strh as 16
        data = data.replace(struct.pack("<II", 64, 64), struct.pack("<II", size, size))
    else:  # VisualSampleEntry: 16 bits each; tkhd: 16.16
        data = data.replace(
            struct.pack(">HHII", 64, 64, 0x480000, 0x480000), struct.pack(">HHII", size, size, 0x480000, 0x480000)
        )
        data = data.replace(struct.pack(">II", 64 << 16, 64 << 16), struct.pack(">II", size << 16, size << 16))
    path.write_bytes(data)
    return path
