"""Where the slices lie in a coded picture: H.264, HEVC, MPEG-1 and MPEG-2 video.

A slice is what a decoder can begin anew at, and so what a loss costs at least. Headers and parameter sets are not
slices and are never named here.

Sources: ITU-T H.264 7.4.1 and Annex B, ITU-T H.265 7.4.2 and Annex B, ITU-T H.262 6.2 and 6.3; ISO/IEC 14496-15 for
units with a length before them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from watchglass.faults.recipe import Coding

SLICED = {"h264", "hevc", "mpeg1video", "mpeg2video"}
"""Codecs whose slices are known here."""
_HEADER = 12
"""Bytes at the front of a slice that are left alone: its header says where and how, and what follows is the picture."""
_START = b"\0\0\1"


class Slice(NamedTuple):
    """A part of a packet, in bytes."""

    start: int
    """Of all of it, with its start code or length."""
    payload: int
    """Of what holds the picture."""
    end: int


def slices(data: bytes, coding: Coding) -> list[Slice]:
    """The slices of a coded picture, in order; none for a codec that is not in ``SLICED``."""
    if coding.codec not in SLICED:
        return []
    units = _by_length(data, coding.nal_length) if coding.nal_length else _by_start_code(data)
    return [
        Slice(start, min(first + _HEADER, end - 1), end)
        for start, first, end in units
        if first < end and _is_slice(data[first], coding.codec)
    ]


def payload(data: bytes) -> Slice:
    """The whole of a packet of any other codec as one slice, but for its headers."""
    return Slice(0, min(64, len(data) // 4), len(data))


def _is_slice(first: int, codec: str) -> bool:
    """By the first byte of a unit: ``nal_unit_type`` of H.264 and HEVC, the start code of MPEG-1 and MPEG-2."""
    if codec == "h264":
        return first & 0x1F in (1, 2, 3, 4, 5)
    if codec == "hevc":
        return (first >> 1) & 0x3F <= 21
    return 0x01 <= first <= 0xAF


def _by_length(data: bytes, size: int) -> Iterator[tuple[int, int, int]]:
    """Each unit: where its length is, where it begins, where it ends."""
    at = 0
    while at + size < len(data):
        first = at + size
        end = min(len(data), first + int.from_bytes(data[at:first], "big"))
        yield at, first, end
        at = max(end, first)


def _by_start_code(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The same where three or four bytes announce a unit; the zero before them belongs to the announcement."""
    at = data.find(_START)
    while at >= 0:
        following = data.find(_START, at + 3)
        end = len(data) if following < 0 else following - (data[following - 1] == 0)
        yield at - (at > 0 and data[at - 1] == 0), at + 3, end
        at = following
