"""AAC as it is streamed: each frame with a header of its own (ISO/IEC 13818-7, 6.2)."""


def form(data: bytes | memoryview) -> bytes:
    """What a frame tells of its profile, rate and channels: 2 bytes; none if it has no header."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return b""
    return bytes((data[2] & 0xFD, data[3] & 0xC0))


def config(told: bytes) -> bytes:
    """The same as an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1); nothing where channels are told in the frames."""
    if not told:
        return b""
    profile, rate, channels = told[0] >> 6, told[0] >> 2 & 0xF, (told[0] & 1) << 2 | told[1] >> 6
    if not channels:
        return b""
    return ((profile + 1) << 11 | rate << 7 | channels << 3).to_bytes(2, "big")


def without_header(data: bytes | memoryview) -> bytes | memoryview:
    """The frame itself; what has no header is left as it is."""
    if not form(data):
        return data
    return data[7 if data[1] & 1 else 9 :]
