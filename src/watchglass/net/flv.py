"""FLV, written: what a demuxer reads of what came over RTMP.

Source: Adobe, Flash Video File Format Specification, version 10.1, annex E; Veovera, Enhanced RTMP v1.
"""

AUDIO, VIDEO, SCRIPT = 8, 9, 18
_HAS_AUDIO, _HAS_VIDEO = 4, 1
_AAC, _AVC, _HEVC_OLD = 10, 7, 12


def header() -> bytes:
    """The head of a file with picture and sound; a demuxer looks for both, and goes on where one does not come."""
    return b"FLV\1" + bytes([_HAS_AUDIO | _HAS_VIDEO]) + (9).to_bytes(4, "big") + bytes(4)


def tag(kind: int, time: int, body: bytes) -> bytes:
    """One tag.

    Args:
        kind: `AUDIO`, `VIDEO` or `SCRIPT`.
        time: Milliseconds, 32 bits.
        body: At most 16 MB.
    """
    head = bytes([kind]) + len(body).to_bytes(3, "big") + (time & 0xFF_FFFF).to_bytes(3, "big") + bytes([time >> 24])
    return head + bytes(3) + body + (len(head) + 3 + len(body)).to_bytes(4, "big")


def codec(kind: int, body: bytes) -> bytes:
    """What a tag is coded with, as far as it tells; nothing for an empty one."""
    if not body:
        return b""
    if kind == VIDEO:
        return body[1:5] if body[0] & 0x80 else bytes([body[0] & 0x0F])
    return body[1:5] if body[0] >> 4 == 9 else bytes([body[0] >> 4])


def is_key(body: bytes) -> bool:
    """Whether a tag of video is a key frame."""
    return bool(body) and body[0] >> 4 & 7 == 1


def configures(kind: int, body: bytes) -> bool:
    """Whether a tag is what a decoder must have seen before all others: a sequence header."""
    if kind == VIDEO:
        if body[:1] and body[0] & 0x80:
            return body[0] & 0x0F == 0
        return len(body) > 1 and body[0] & 0x0F in (_AVC, _HEVC_OLD) and body[1] == 0
    if body[:1] and body[0] >> 4 == 9:
        return body[0] & 0x0F == 0
    return len(body) > 1 and body[0] >> 4 == _AAC and body[1] == 0
