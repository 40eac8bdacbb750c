"""Caption data in coded pictures, taken from their packets: H.264, HEVC, AV1 and MPEG-2 (ATSC A/53 part 4, 6.2.3).

FFmpeg has them beside each decoded picture, too; but PyAV (18.1) makes a cycle of a picture and what stands beside it,
and a picture that waits for the garbage collector is megabytes.
"""

from collections.abc import Iterator
from typing import Any

from av.packet import Packet

_MARK = b"GA94\x03"
"""User identifier and type of caption data; in H.264 and HEVC an ITU-T T.35 message of ATSC's comes before it."""
_ESCAPED = frozenset({"h264", "hevc"})
_MOST_PAIRS = 31
_MOST_WAITING = 64
"""Pictures whose data wait to be shown: more than any reordering takes."""


def pairs(data: bytes, codec: str) -> bytes:
    """The caption data of a coded picture: three bytes for each pair; nothing where it carries none.

    Args:
        data: The picture.
        codec: FFmpeg's name: in H.264 and HEVC zeros are escaped.
    """
    found, at = b"", data.find(_MARK)
    while at >= 0:
        begin = at + len(_MARK)
        told = data[begin : begin + 3 * (_MOST_PAIRS + 2) * 3 // 2]
        if codec in _ESCAPED:
            told = told.replace(b"\0\0\3", b"\0\0")
        if len(told) > 2 and told[0] & 0x40:  # process_cc_data_flag; a reserved byte follows
            found += told[2 : 2 + 3 * (told[0] & 0x1F)]
        at = data.find(_MARK, begin)
    return found[: len(found) // 3 * 3]


class CaptionData:
    """Puts the data of coded pictures into the order in which those are shown."""

    def __init__(self) -> None:
        self._waiting: dict[int, bytes] = {}
        self._latest = 0

    def coded(self, packet: "Packet[Any]") -> None:
        """Look into a coded picture."""
        found = pairs(bytes(packet), packet.stream.codec_context.name)
        if not found:
            return
        pts = self._latest if packet.pts is None else packet.pts
        self._latest = pts
        self._waiting[pts] = self._waiting.get(pts, b"") + found
        while len(self._waiting) > _MOST_WAITING:
            del self._waiting[min(self._waiting)]

    def shown(self, pts: int | None) -> Iterator[bytes]:
        """What the pictures up to this one carry, in order (the clock is that of the packets)."""
        for due in sorted(self._waiting):
            if pts is None or due <= pts:
                yield self._waiting.pop(due)

    def forget(self) -> None:
        """Another clock: what waits is not shown any more."""
        self._waiting.clear()
