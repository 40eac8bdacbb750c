"""Packed audio: segments of bare AAC, AC-3 or MP3, whose clock is told in an ID3 tag before the first sample."""

from collections.abc import Callable

_OWNER = b"com.apple.streaming.transportStreamTimestamp\0"
_HEADER = 10
"""Bytes before a tag, which say how large it is."""
_LARGEST = 1 << 20
"""Bytes of a tag that is still looked into."""
_CLOCK = 90_000
"""Ticks a second of an MPEG-2 transport stream's clock."""


def split(read: Callable[[int], bytes]) -> tuple[float | None, bytes]:
    """The time of the first sample, and the bytes that were read to find it.

    Args:
        read: Gives at most so many bytes; none at the end.

    Returns:
        Seconds of a 33-bit clock (RFC 8216bis, 3.1.3.1), None where the bytes do not begin with such a tag.
    """
    head = _exactly(read, _HEADER)
    size = tag_size(head)
    if size is None or size > _LARGEST:
        return None, head
    tag = _exactly(read, size)
    owner, _, after = tag.partition(_OWNER)
    if len(owner) == len(tag) or len(after) < 8:
        return None, head + tag
    return (int.from_bytes(after[:8], "big") & (2**33 - 1)) / _CLOCK, head + tag


def tag_size(head: bytes) -> int | None:
    """Bytes of a tag after its own head of 10; None where no tag begins."""
    return _synchsafe(head[6:10]) if len(head) >= _HEADER and head[:3] == b"ID3" else None


def _synchsafe(four: bytes) -> int:
    """Seven bits of each byte (ID3 2.4, 6.2)."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = b""
    while len(data) < size and (more := read(size - len(data))):
        data += more
    return data
