"""How fast transport streams are checked, on one core: `make bench-transport`.

A stream is made of picture and sound, and read again and again, a megabyte at a time: headers alone, and all checks.

    python benchmarks/transport_speed.py [FILE.ts ...]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from watchglass.kernels.ts import SIZE, Counters, headers
from watchglass.media.ts import TransportStream

SECONDS, RATE, BITS = 10, 25, 8_000_000
PIECE = 1 << 20
"""Bytes that are handed over at a time."""
LEAST = 2.0
"""Seconds of CPU that each measurement takes, at least."""
REACH = 2.0
"""Gb/s."""


def made(path: Path) -> Path:
    """A stream of noise, which no encoder makes small."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", format="mpegts") as out:
        picture = out.add_stream("mpeg2video", rate=RATE)
        picture.width, picture.height, picture.pix_fmt, picture.bit_rate = 720, 576, "yuv420p", BITS
        sound = out.add_stream("mp2", rate=48_000, layout="stereo")
        for n in range(SECONDS * RATE):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (864, 720), np.uint8), format="yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            out.mux(picture.encode(frame))
            samples = rng.integers(-8000, 8000, (1, 2 * 1920), np.int16)
            block = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            block.sample_rate, block.pts, block.time_base = 48_000, 1920 * n, Fraction(1, 48_000)
            out.mux(sound.encode(block))
        out.mux(picture.encode(None))
        out.mux(sound.encode(None))
    return path


def rate(data: bytes, look: Callable[[bytes], None]) -> float:
    """Gb/s of CPU time."""
    began, bits = time.process_time(), 0
    while time.process_time() - began < LEAST:
        look(data)
        bits += 8 * len(data)
    return bits / (time.process_time() - began) / 1e9


def headers_only(data: bytes) -> None:
    """Packets, headers and counters."""
    packets = np.frombuffer(data, np.uint8, len(data) // SIZE * SIZE).reshape(-1, SIZE)
    counters = Counters()
    for at in range(0, len(packets), PIECE // SIZE):
        counters.broken(headers(packets[at : at + PIECE // SIZE]))


def all_checks(data: bytes) -> None:
    """Everything that `transport.ts_*` is told."""
    stream = TransportStream()
    for at in range(0, len(data), PIECE):
        for _ in stream.feed(data[at : at + PIECE]):
            pass
    for _ in stream.feed(b"", is_last=True):
        pass


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for path in [Path(name) for name in sys.argv[1:]] or [made(Path(folder) / "made.ts")]:
            data = path.read_bytes()
            print(f"{path.name}, {len(data) / 1e6:.1f} MB")
            print(f"  headers and counters  {rate(data, headers_only):6.1f} Gb/s")
            print(f"  all checks            {rate(data, all_checks):6.1f} Gb/s   (reach: {REACH:.0f} Gb/s)")


if __name__ == "__main__":
    main()
