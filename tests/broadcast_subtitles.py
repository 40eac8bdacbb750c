"""Subtitles as broadcasters send them: DVB display sets and teletext pages, and transport streams that carry them."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

import transport
from watchglass.kernels.ts import SIZE

TELETEXT_PID = 700
_HAMMING = (0x15, 0x02, 0x49, 0x5E, 0x64, 0x73, 0x38, 0x2F, 0xD0, 0xC7, 0x8C, 0x9B, 0xA1, 0xB6, 0xFD, 0xEA)


def segment(kind: int, body: bytes) -> bytes:
    return b"\x0f" + bytes([kind, 0, 1]) + len(body).to_bytes(2, "big") + body


def display_set(*, shown: bool, time_out: int = 10) -> bytes:
    """A page with one region that holds an object, or one without regions, which clears it."""
    page = segment(0x10, bytes([time_out, 0x08]) + (b"\x01\xff\x00\x0a\x00\x14" if shown else b""))
    region = segment(0x11, b"\x01\x08\x00\x08\x00\x08\x44\x00\x00\x00" + b"\x00\x01\x00\x00\x00\x00")
    thing = segment(0x13, b"\x00\x01\x00\x00\x04\x00\x00\x00\x00\x00\x00")
    return page + (region + thing if shown else b"") + segment(0x80, b"")


def _mirrored(data: bytes) -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def _line(magazine: int, row: int, content: bytes) -> bytes:
    """A data unit of 46 bytes."""
    address = bytes([_HAMMING[magazine % 8 | (row & 1) << 3], _HAMMING[row >> 1]])
    return b"\x03\x2c\xe7\xe4" + _mirrored(address + content)


def _odd(text: str) -> bytes:
    codes = text.ljust(40).encode("ascii")
    return bytes(code if code.bit_count() % 2 else code | 0x80 for code in codes)


def page(number: str, *rows: str, is_subtitle: bool = True) -> bytes:
    """A PES payload: the header of a page that is erased, and its rows, the last of them on row 22."""
    magazine, tens, units = (int(digit, 16) for digit in number)
    told = (units, tens, 0, 8, 0, 8 if is_subtitle else 0, 0, 0)
    lines = [_line(magazine, 0, bytes(_HAMMING[each] for each in told) + _odd("")[:32])]
    lines += [_line(magazine, 23 - len(rows) + n, _odd(row)) for n, row in enumerate(rows)]
    return b"\x10" + b"".join(lines)


def with_dvb(path: Path, told: Sequence[tuple[float, bytes]], seconds: float = 6.0) -> Path:
    """A clip with a DVB subtitle service of display sets at these times."""
    with av.open(str(path), "w", format="mpegts") as out:
        picture = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency"})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        text = out.add_stream("dvbsub")
        text.time_base, text.metadata["language"] = Fraction(1, 90_000), "deu"
        waiting = list(told)
        for number in range(round(seconds * 25)):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(picture.encode(frame))
            while waiting and waiting[0][0] <= number / 25:
                at, data = waiting.pop(0)
                packet = av.Packet(data)
                packet.stream, packet.time_base = text, Fraction(1, 90_000)
                packet.pts = packet.dts = round(at * 90_000)
                out.mux(packet)
        out.mux(picture.encode(None))
    return path


def with_teletext(path: Path, told: Sequence[tuple[float, bytes]]) -> Path:
    """The clip at ``path``, written by ``with_dvb`` without subtitles, with teletext pages at these times (seconds)."""
    data = path.read_bytes()
    packets = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
    made, waiting, counters = [], list(told), defaultdict(int)
    clock = None
    for each in packets:
        pid = int.from_bytes(each[1:3], "big") & 0x1FFF
        if pid == transport.MAP:
            descriptor = b"\x56\x05deu\x10\x88"
            streams = (0x1B, 256, b""), (0x06, TELETEXT_PID, descriptor)
            table = b"\0" + transport.pmt(*streams, pcr_pid=256)
            made.append(transport.packet(pid, each[3] & 15, payload=table.ljust(184, b"\xff"), begins=True))
            continue
        made.append(each)
        if pid == 256 and each[1] & 0x40:
            clock = 0.0 if clock is None else clock + 0.04
        while clock is not None and waiting and waiting[0][0] <= clock:
            at, payload = waiting.pop(0)
            head = transport.pes(round((at + 1.4 + 0.08) * 90_000), 0xBD)
            body = head[:4] + (len(head) - 6 + len(payload)).to_bytes(2, "big") + head[6:] + payload
            for number, begin in enumerate(range(0, len(body), 184)):
                part = body[begin : begin + 184]
                counters[TELETEXT_PID] += 1
                count = counters[TELETEXT_PID] % 16
                made.append(transport.packet(TELETEXT_PID, count, payload=part, begins=number == 0))
    path.write_bytes(b"".join(made))
    return path
