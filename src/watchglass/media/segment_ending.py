"""Whether a segment ends where it should: behind a packet of a transport stream, or behind a box of MP4."""

from watchglass.kernels.ts import SIZE, SYNC

_SHORT, _LONG = 8, 16
"""Bytes of a box's head, and of one whose size takes 64 bits (ISO/IEC 14496-12, 4.2)."""


class Ending:
    """Follows the bytes of a segment.

    Args:
        is_mp4: True if they are boxes of MP4; else they are looked at for packets of a transport stream.
    """

    def __init__(self, *, is_mp4: bool) -> None:
        self._is_mp4 = is_mp4
        self._is_ts = False
        self._size = 0
        self._head = b""
        """Of a box that is not yet whole."""
        self._left = 0.0
        """Bytes until the next box."""

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        if not self._size and chunk:
            self._is_ts = not self._is_mp4 and chunk[0] == SYNC
        self._size += len(chunk)
        if self._is_mp4:
            self._follow(chunk)

    @property
    def flaw(self) -> str:
        """What is wrong with its end, in words; empty where nothing is, and where that cannot be known."""
        if self._is_ts and self._size % SIZE:
            return f"ends within a packet of the transport stream, after {self._size} bytes"
        if self._is_mp4 and (self._head or 0.0 < self._left < float("inf")):
            return f"ends within a box, after {self._size} bytes"
        return ""

    def _follow(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            if self._left:
                step = int(min(self._left, len(chunk) - at))
                self._left, at = self._left - step, at + step
                continue
            taken = chunk[at : at + (_SHORT if len(self._head) < _SHORT else _LONG) - len(self._head)]
            self._head, at = self._head + taken, at + len(taken)
            size = _size_of(self._head)
            if size is not None:
                self._left, self._head = size - len(self._head), b""


def _size_of(head: bytes) -> float | None:
    """Of a box, infinite where it lasts to the end or is none; None as long as its head is not whole."""
    if len(head) < _SHORT:
        return None
    size = int.from_bytes(head[:4], "big")
    if size == 1:
        return None if len(head) < _LONG else max(_LONG, int.from_bytes(head[8:16], "big"))
    return float(size) if size >= _SHORT else float("inf")
