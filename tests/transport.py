"""Transport streams made by hand: packets, tables, and a clean stream to put faults into."""

import socket
from collections import defaultdict

import numpy as np

from watchglass.kernels.ts import SIZE, SYNC
from watchglass.media.ts_sections import crc

FULL = bytes(184)
VIDEO, AUDIO, MAP = 256, 257, 4096
EACH = 0.001
"""Seconds that a packet of the clean stream lasts."""


def packet(pid, counter=0, *, payload=b"", begins=False, adaptation=None, broken=False, scrambled=0):
    """One packet; ``adaptation`` is the field after its length, and fills the packet up before the payload."""
    control = (0x20 if adaptation is not None or len(payload) < 184 else 0) | (0x10 if payload else 0)
    head = bytes([SYNC, broken << 7 | begins << 6 | pid >> 8, pid & 0xFF, scrambled << 6 | control | counter])
    if control & 0x20:
        room = SIZE - 4 - len(payload) - 1
        field = (adaptation or (b"\0" if room else b"")).ljust(room, b"\xff")
        head += bytes([room]) + field
    return head + payload


def pcr_field(ticks, *, breaks=False):
    """An adaptation field with a clock reference of 27 MHz."""
    base, extension = divmod(ticks, 300)
    return bytes([0x10 | breaks << 7]) + (base << 15 | 0x3F << 9 | extension).to_bytes(6, "big")


def pes(pts, stream=0xE0):
    """The head of a PES packet."""
    coded = [0x21 | pts >> 29 & 0x0E, pts >> 22 & 0xFF, pts >> 14 & 0xFE | 1, pts >> 7 & 0xFF, pts << 1 & 0xFE | 1]
    return b"\0\0\1" + bytes([stream, 0, 0, 0x80, 0x80, 5, *coded])


def array(*packets):
    """(n, 188) bytes."""
    return np.frombuffer(b"".join(packets), np.uint8).reshape(-1, SIZE)


def section(table, body, *, number=1, version=0):
    """A section with its CRC."""
    head = bytes([number >> 8, number & 0xFF, 0xC1 | version << 1, 0, 0])
    size = len(head) + len(body) + 4
    whole = bytes([table, 0xB0 | size >> 8, size & 0xFF]) + head + body
    return whole + crc(whole).to_bytes(4, "big")


def pat(maps):
    """A programme association: PIDs of maps by number."""
    return section(0, b"".join(n.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for n, pid in maps.items()))


def pmt(*streams, pcr_pid=VIDEO, number=1, version=0):
    """A programme map of (stream_type, PID, descriptors)."""
    body = (0xE000 | pcr_pid).to_bytes(2, "big") + b"\xf0\0"
    for kind, pid, descriptors in streams:
        head = (0xE000 | pid).to_bytes(2, "big") + (0xF000 | len(descriptors)).to_bytes(2, "big")
        body += bytes([kind]) + head + descriptors
    return section(2, body, number=number, version=version)


def clean(seconds, *, first=0, ticks=0, counters=None, without=()):
    """A list of packets, 1 ms each: tables every 100 ms, clock and picture every 40 ms, sound every 24 ms.

    Args:
        seconds: How long.
        first: Number of the first packet, to go on with another stream.
        ticks: Where its clock begins, 27 MHz.
        counters: Those of the stream that it goes on with, by PID.
        without: PIDs that do not come.
    """
    counters = defaultdict(lambda: -1) if counters is None else counters

    def one(pid, payload, **more):
        if pid in without:
            return packet(8191, payload=FULL)
        if payload:
            counters[pid] += 1
        return packet(pid, counters[pid] % 16, payload=payload, **more)

    def table(pid, whole):
        return one(pid, (b"\0" + whole).ljust(184, b"\xff"), begins=True)

    tables = pat({1: MAP}), pmt((0x1B, VIDEO, b""), (0x0F, AUDIO, b""))
    packets = []
    for n in range(first, first + round(seconds / EACH)):
        now = (ticks + round(n * EACH * 27_000_000)) % (300 << 33)
        pts = now // 300 + 9_000 & (1 << 33) - 1
        if n % 100 == 0:
            packets.append(table(0, tables[0]))
        elif n % 100 == 1:
            packets.append(table(MAP, tables[1]))
        elif n % 40 == 2:
            packets.append(one(VIDEO, pes(pts), begins=True, adaptation=pcr_field(now)))
        elif n % 24 == 3:
            packets.append(one(AUDIO, pes(pts, 0xC0), begins=True))
        else:
            packets.append(one(VIDEO, FULL))
    return packets


def free_port():
    """A port of this machine that no datagrams are expected at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
