"""Small files that claim to be enormous are refused or watched in part, in about the memory that any file takes."""

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from harming.bombs import many_channels, many_tracks
from making import bomb, clip

HUGE = 30_000
ROOM = 100.0
"""MB beyond what a small clip takes."""


def headers() -> dict[str, bytes]:
    """Pictures that are hardly more than a header."""
    size = struct.pack(">II", HUGE, HUGE)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def png(kind: bytes) -> bytes:
        rows = zlib.compress(bytes(1 << 20))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + kind) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    little, rest, most = struct.pack("<II", HUGE, HUGE), bytes(4096), struct.pack("<HH", 65_535, 65_535)
    vp8 = struct.pack("<IQ", 10, 0) + b"\x10\x02\0\x9d\x01\x2a\xff\x3f\xff\x3f"
    return {
        "a.png": png(b"\x08\x06\0\0\0"),
        "b.png": png(b"\x10\x06\0\0\1"),
        "a.bmp": b"BM" + struct.pack("<IIII", 4150, 0, 54, 40) + little + struct.pack("<HH6I", 1, 24, *[0] * 6) + rest,
        "a.gif": b"GIF89a" + most + b"\xf7\0\0" + bytes(768) + b"," + bytes(4) + most + b"\0\x08\1\0\0;",
        "a.ppm": b"P6 60000 60000 255\n" + rest,
        "a.pgm": b"P5 60000 60000 65535\n" + rest,
        "a.pfm": b"PF\n60000 60000\n-1.0\n" + rest,
        "a.pam": b"P7\nWIDTH 60000\nHEIGHT 60000\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + rest,
        "a.qoi": b"qoif" + size + b"\4\0" + b"\xfe\0\0\0" * 1024,
        "a.psd": b"8BPS\0\1" + bytes(6) + struct.pack(">H", 4) + size + struct.pack(">HH", 8, 3) + rest,
        "a.tga": b"\0\0\x02" + bytes(9) + most + b"\x20\0" + rest,
        "a.webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff" * 6,
        "a.y4m": f"YUV4MPEG2 W{HUGE} H{HUGE} F25:1 Ip A1:1 C420\nFRAME\n".encode() + rest,
        "a.ivf": b"DKIF\0\0\x20\0VP80" + most + struct.pack("<IIII", 25, 1, 1, 0) + vp8,
        "a.sgi": struct.pack(">HBBHHHH", 474, 0, 2, 3, 65_535, 65_535, 4) + rest,
        "a.flc": struct.pack("<IHH", 4096, 0xAF12, 1) + most + struct.pack("<HH", 8, 3) + rest,
    }


def peak(*files: Path) -> tuple[float, dict[str, dict[str, object]]]:
    """Most memory that one process took to check them, in MB, and what was said of each."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'watchglass', 'check', *sys.argv[1:], '--json', '-'],"
        " stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
        "sys.stdout.buffer.write(done.stdout)\n"
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n"
    )
    names = [str(path) for path in files]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, check=True, env=os.environ)
    told = json.loads(done.stdout)["files"]
    return int(done.stderr) / 1024, {Path(one["source"]).name: one for one in told}


def test_twenty_bombs(tmp_path: Path) -> None:
    usual, _ = peak(clip(tmp_path / "clip.mp4", seconds=0.4))
    for name, data in headers().items():
        (tmp_path / name).write_bytes(data)
    for ending in ("avi", "mp4", "mjpeg"):
        bomb(tmp_path / f"jpeg.{ending}")
    many_tracks(tmp_path / "tracks.mkv", 1_000)
    for count in (255, 4_000):
        many_channels(tmp_path / f"channels{count}.wav", count)
    files = sorted(path for path in tmp_path.iterdir() if path.name != "clip.mp4")
    assert len(files) >= 20
    most, told = peak(*files)
    assert most < usual + ROOM
    assert len(told) == len(files), "nobody died of it"
    for name, one in told.items():
        refused, unwatched = one["error"], one["coverage"]
        assert refused or unwatched, name
    assert sum("too large" in str(one) or "max_pixels" in str(one) for one in told.values()) >= 5


@pytest.mark.parametrize("name", ["jpeg.avi", "jpeg.mp4"])
def test_what_is_refused_says_why(tmp_path: Path, name: str) -> None:
    _, told = peak(bomb(tmp_path / name))
    assert "16000 x 16000 pixels is more than max_pixels" in str(told[name]["error"])
