"""Small real segments, made with FFmpeg's own encoders and muxers."""

import functools
import io
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

RATE = 25
AUDIO_RATE = 48_000


@dataclass(frozen=True)
class Media:
    """An HLS rendition as files: ``playlist`` names them."""

    playlist: str
    files: dict[str, bytes]

    @property
    def segments(self) -> list[str]:
        return [line for line in self.playlist.splitlines() if line and not line.startswith("#")]


@functools.cache
def rendition(
    seconds: float = 4.0,
    *,
    segment_seconds: float = 1.0,
    kind: str = "mpegts",
    video: bool = True,
    audio: bool = True,
    start: float = 0.0,
    seed: int = 0,
    size: tuple[int, int] = (96, 64),
    black: bool = False,
    black_from: float = float("inf"),
) -> Media:
    """A rendition of moving noise (or of nothing, ``black``) and a tone, in segments that begin with a key frame.

    ``start`` moves its timestamps; ``black_from`` is when it turns black; ``kind`` is ``mpegts`` or ``fmp4``.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "hls_time": str(segment_seconds),
            "hls_segment_type": kind,
            "hls_playlist_type": "vod",
            "hls_list_size": "0",
            "hls_fmp4_init_filename": "init.mp4",
            "hls_segment_filename": f"{folder}/s%03d.{'ts' if kind == 'mpegts' else 'm4s'}",
        }
        with av.open(f"{folder}/media.m3u8", "w", format="hls", options=options) as out:
            encode(
                out, seconds, segment_seconds,
                video=video, audio=audio, start=start, seed=seed, size=size, black=black, black_from=black_from,
            )  # fmt: skip
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return Media(files.pop("media.m3u8").decode(), files)


def encode(
    out: av.container.OutputContainer,
    seconds: float,
    segment_seconds: float,
    *,
    video: bool = True,
    audio: bool = True,
    start: float = 0.0,
    seed: int = 0,
    size: tuple[int, int] = (96, 64),
    black: bool = False,
    black_from: float = float("inf"),
) -> None:
    """Encode what ``rendition`` says into an open container."""
    rng = np.random.default_rng(seed)
    picture = sound = None
    if video:
        picture = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "tune": "zerolatency"})
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        picture.codec_context.gop_size = round(segment_seconds * RATE)
        picture.codec_context.time_base = Fraction(1, RATE)
    if audio:
        sound = out.add_stream("aac", rate=AUDIO_RATE, layout="stereo")
    done = 0
    for number in range(round(seconds * RATE)):
        if picture is not None:
            luma = rng.integers(16, 236, (size[1] // 8, size[0] // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
            luma *= not black and number < black_from * RATE
            frame = av.VideoFrame.from_ndarray(np.stack([luma] * 3, axis=2), format="rgb24")
            frame.pts, frame.time_base = number + round(start * RATE), Fraction(1, RATE)
            out.mux(picture.encode(frame))
        while sound is not None and done < (number + 1) * AUDIO_RATE // RATE:
            times = (np.arange(1024) + done) / AUDIO_RATE
            angle = 2 * np.pi * 440.0 * times
            tone = (0.19 * np.sin(angle) + 0.06 * np.sin(2.5 * angle)).astype(np.float32)  # one alone is a test tone
            block = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
            block.sample_rate, block.pts = AUDIO_RATE, done + round(start * AUDIO_RATE)
            block.time_base = Fraction(1, AUDIO_RATE)
            out.mux(sound.encode(block))
            done += 1024
    for stream in (picture, sound):
        if stream is not None:
            out.mux(stream.encode(None))


def encrypted(data: bytes, key: bytes, iv: bytes) -> bytes:
    """AES-128-CBC with PKCS #7 padding."""
    padding = 16 - len(data) % 16
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return cipher.update(data + bytes([padding]) * padding) + cipher.finalize()


def frames_in(*parts: bytes) -> int:
    """Pictures that FFmpeg's own demuxer and decoder find in the parts, one after the other."""
    with av.open(io.BytesIO(b"".join(parts))) as container:
        return sum(1 for _ in container.decode(video=0))


def packed(media: Media) -> Media:
    """Its sound as packed audio: bare AAC, each segment with its clock in an ID3 tag (RFC 8216bis, 3.1.3.1)."""
    files = {}
    for name, data in media.files.items():
        with av.open(io.BytesIO(data)) as source:
            [stream] = source.streams.audio
            packets = [packet for packet in source.demux(stream) if packet.size]
            assert packets[0].pts is not None
            assert stream.time_base == Fraction(1, 90_000)
            tag = b"com.apple.streaming.transportStreamTimestamp\0" + packets[0].pts.to_bytes(8, "big")
            frame = b"PRIV" + len(tag).to_bytes(4, "big") + bytes(2) + tag
            files[name] = b"ID3\4\0\0" + bytes([0, 0, 0, len(frame)]) + frame + b"".join(map(bytes, packets))
    renamed = {name.replace(".ts", ".aac"): data for name, data in files.items()}
    return Media(media.playlist.replace(".ts", ".aac"), renamed)
