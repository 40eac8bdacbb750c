"""Clocks and times in transport packets: read, moved, left out (ISO/IEC 13818-1, 2.4.3.5 and 2.4.3.7)."""

from watchglass.kernels.ts import CLOCK, SIZE, WRAP

TICKS = 90_000
"""Of presentation and decoding times, a second."""
_TIME_WRAP = 1 << 33


def clock_of(data: bytes) -> int:
    """The clock reference of a packet that has one, in ticks of 27 MHz."""
    base = int.from_bytes(data[6:10], "big") << 1 | data[10] >> 7
    return base * 300 + ((data[10] & 1) << 8 | data[11])


def with_clock(data: bytes, ticks: int) -> bytes:
    """The packet with another clock reference in the place of its own."""
    base, extension = divmod(ticks % WRAP, 300)
    return data[:6] + (base << 15 | 0x3F << 9 | extension).to_bytes(6, "big") + data[12:]


def shifted_clock(data: bytes, seconds: float) -> bytes:
    """The packet with its clock reference moved."""
    return with_clock(data, clock_of(data) + round(seconds * CLOCK))


def without_clock(data: bytes) -> bytes:
    """The packet with stuffing instead of its clock reference."""
    end = 5 + data[4]
    kept = data[12:end]
    return data[:5] + bytes([data[5] & ~0x10 & 0xFF]) + kept + b"\xff" * 6 + data[end:]


def without_times(data: bytes, at: int) -> bytes:
    """The packet whose PES packet begins at a byte, with stuffing instead of its times."""
    if not _has_header(data, at):
        return data
    size = {2: 5, 3: 10}.get(data[at + 7] >> 6, 0)
    begin, end = at + 9, min(SIZE, at + 9 + data[at + 8])
    kept = data[begin + size : end]
    return data[: at + 7] + bytes([data[at + 7] & 0x3F]) + data[at + 8 : begin] + kept + b"\xff" * size + data[end:]


def shifted(data: bytes, ticks: int) -> bytes:
    """The packet with its clock reference and all its times moved by ticks of 90 kHz, modulo 2^33."""
    payload_at = 4
    if data[3] & 0x20:
        payload_at = 5 + data[4]
        if data[4] >= 7 and data[5] & 0x10:
            data = with_clock(data, clock_of(data) + 300 * ticks)
    if not data[1] & 0x40 or not data[3] & 0x10 or not _has_header(data, payload_at):
        return data
    present = data[payload_at + 7] >> 6
    for place in range({2: 1, 3: 2}.get(present, 0)):
        at = payload_at + 9 + 5 * place
        if at + 5 <= SIZE:
            data = data[:at] + _coded(_time(data[at : at + 5]) + ticks, data[at] & 0xF0) + data[at + 5 :]
    return data


def presentation(data: bytes, at: int) -> int | None:
    """The presentation time of the PES packet that begins at a byte, in ticks of 90 kHz; None where there is none."""
    if not data[1] & 0x40 or not _has_header(data, at) or not data[at + 7] & 0x80:
        return None
    return _time(data[at + 9 : at + 14])


def _has_header(data: bytes, at: int) -> bool:
    """Whether a PES packet begins there that can have times (table 2-22: these cannot)."""
    plain = (0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF)
    return at + 14 <= SIZE and data[at : at + 3] == b"\0\0\1" and data[at + 3] not in plain and data[at + 3] >= 0xBC


def _time(field: bytes) -> int:
    return (field[0] >> 1 & 7) << 30 | field[1] << 22 | field[2] >> 1 << 15 | field[3] << 7 | field[4] >> 1


def _coded(ticks: int, prefix: int) -> bytes:
    ticks %= _TIME_WRAP
    return bytes(
        [
            prefix | ticks >> 29 & 0x0E | 1,
            ticks >> 22 & 0xFF,
            ticks >> 14 & 0xFE | 1,
            ticks >> 7 & 0xFF,
            ticks << 1 & 0xFE | 1,
        ]
    )
