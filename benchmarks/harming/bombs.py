"""Small files that want to be enormous, each watched as a stream: what they take, and what is said of them."""

import struct
import tempfile
import time
import wave
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from harming.promises import Promises
from harming.ward import Ward, unharmed
from making import bomb, clip

MEMORY = 256
"""MiB that each process may take."""
LONGEST = 40.0
"""Seconds of watching."""


def made(folder: Path) -> list[Path]:
    """The bombs."""
    for name, data in _headers().items():
        (folder / name).write_bytes(data)
    for ending in ("avi", "mp4", "mjpeg"):
        bomb(folder / f"jpeg.{ending}")
    many_tracks(folder / "tracks.mkv", 1_000)
    for count in (255, 4_000):
        many_channels(folder / f"channels{count}.wav", count)
    small = clip(folder / "small.mp4", seconds=0.4, audio=("aac",)).read_bytes()
    for kind in (b"stsz", b"stts", b"stsc", b"stco", b"trun"):
        at = small.find(kind)
        if at > 0:  # version and flags, a size, and how many there are
            place = at + (12 if kind == b"stsz" else 8)
            (folder / f"count-{kind.decode()}.mp4").write_bytes(
                small[:place] + b"\x7f\xff\xff\xff" + small[place + 4 :]
            )
    at = small.find(b"moov") - 4
    (folder / "moov.mp4").write_bytes(small[:at] + b"\xff\xff\xff\xff" + small[at + 4 :])
    (folder / "small.mp4").unlink()
    _huge_sps(folder / "sps.h264")
    _alpha(folder / "alpha.mov")
    (folder / "line.m3u8").write_bytes(
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1," + b"A" * (30 << 20) + b"\ns.ts\n"
    )
    lines = b"".join(b"#EXTINF:1,\ns%d.ts\n" % number for number in range(400_000))
    (folder / "lines.m3u8").write_bytes(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + lines + b"#EXT-X-ENDLIST\n")
    deep = b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">' + b"<Period>" * 200_000
    (folder / "deep.mpd").write_bytes(deep)
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    (folder / "laughs.mpd").write_text(f'<!DOCTYPE MPD [<!ENTITY a0 "ha">{laughs}]><MPD>&a11;</MPD>')
    return sorted(folder.iterdir())


def _headers() -> dict[str, bytes]:
    size = struct.pack(">II", 30_000, 30_000)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = chunk(b"IDAT", zlib.compress(bytes(64 << 20)))
    most = struct.pack("<HH", 65_535, 65_535)
    return {
        "rows.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x06\0\0\0") + rows + chunk(b"IEND", b""),
        "a.gif": b"GIF89a" + most + b"\xf7\0\0" + bytes(768) + b"," + bytes(4) + most + b"\0\x08\1\0\0;",
        "a.ppm": b"P6 60000 60000 255\n" + bytes(4096),
        "a.webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff" * 6,
        "a.y4m": b"YUV4MPEG2 W30000 H30000 F25:1 Ip A1:1 C420\nFRAME\n" + bytes(4096),
    }


def many_tracks(path: Path, count: int) -> None:
    """A file of sound with so many tracks."""
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(count)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
            out.mux(stream.encode(frame))


def many_channels(path: Path, count: int) -> None:
    """A file of sound with so many channels."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(count)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(2 * count * 800))


def _huge_sps(path: Path) -> None:
    """H.264 that says 16,384 x 16,384 before pictures of another size: its sequence parameter set is written anew."""
    bits = "01000010" + "00000000" + "00111110"  # Baseline, level 6.2

    def ue(value: int) -> str:
        text = bin(value + 1)[2:]
        return "0" * (len(text) - 1) + text

    bits += ue(0) + ue(4) + ue(2) + ue(16) + "0" + ue(1023) + ue(1023) + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    sps = b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\0\0", b"\0\0\x03")
    with tempfile.NamedTemporaryFile(suffix=".h264") as file:
        small = clip(Path(file.name), seconds=0.4).read_bytes()
    end = small.index(b"\0\0\0\x01\x68")
    path.write_bytes(b"\0\0\0\x01" + sps + small[end:])


def _alpha(path: Path) -> None:
    """ProRes 4444 with alpha, 7680 x 4320, of one colour."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("prores_ks", rate=5, options={"profile": "4444"})
        stream.width, stream.height, stream.pix_fmt = 7680, 4320, "yuva444p10le"
        for number in range(2):
            frame = av.VideoFrame(7680, 4320, "yuva444p10le")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.time_base = number, Fraction(1, 5)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def watch_bombs(ward: Ward, folder: Path, promises: Promises) -> None:
    """Watch each for itself."""
    bombs = made(folder)
    print(f"{len(bombs)} bombs, {MEMORY} MiB for each", flush=True)
    silent: list[str] = []
    peaks: list[float] = []
    with unharmed(ward, promises):
        for number, path in enumerate(bombs):
            name = f"bomb{number}"
            said = len(ward.supervising.notes)
            ward.want({name: {"url": str(path), "limits": {"memory": MEMORY}}})
            peak, fate = 0.0, ""
            end = time.monotonic() + LONGEST
            while time.monotonic() < end and not fate:
                status = ward.status(name)
                if status is not None:
                    peak = max(peak, _peak(status.pid))
                    fate = status.phase if status.phase in ("ended", "resting") or status.deaths else ""
                time.sleep(0.005)
            time.sleep(0.2)  # the word of it comes after
            told = [line for of, line in ward.supervising.notes[said:] if of == name]
            peaks.append(peak)
            print(f"  {path.name:18} {peak:6.0f} MiB  {(told or [fate or 'nothing in time'])[0][:120]}", flush=True)
            if not told or not fate:
                silent.append(path.name)
    most = MEMORY * 1.05
    promises.hold("most memory that one took", f"<= {most:.0f} MiB", f"{max(peaks):.0f} MiB", max(peaks) <= most)
    promises.none("bombs of which nothing was said", len(silent), f" {silent}" if silent else "")


def _peak(pid: int | None) -> float:
    """Memory of a process that is no file, in MiB; what it shares with its siblings counts, too."""
    if pid is None:
        return 0.0
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon:")), 0.0)
