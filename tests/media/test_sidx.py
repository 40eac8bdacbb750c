import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.media.sidx import parse
from watchglass.model.errors import PlaylistError
from watchglass.net.http import ByteRange

few = settings(max_examples=200, deadline=None, derandomize=True)


def index(*entries: tuple[int, int], version: int = 0, scale: int = 1000, time: int = 0, first: int = 0) -> bytes:
    """A ``sidx`` of (size, ticks) each."""
    body = b"sidx" + bytes([version, 0, 0, 0]) + struct.pack(">II", 1, scale)
    body += struct.pack(">QQ" if version else ">II", time, first) + struct.pack(">HH", 0, len(entries))
    body += b"".join(struct.pack(">III", size, lasts, 0x9000_0000) for size, lasts in entries)
    return struct.pack(">I", len(body) + 4) + body


@pytest.mark.parametrize("version", [0, 1])
def test_pieces_lie_behind_the_index(version: int) -> None:
    data = index((100, 2000), (50, 1000), version=version, time=4000, first=7)
    found = parse(data, 500, "file")
    begin = 500 + len(data) + 7
    assert [(one.byte_range, one.start, one.duration) for one in found] == [
        (ByteRange(begin, 100), 4.0, 2.0),
        (ByteRange(begin + 100, 50), 6.0, 1.0),
    ]


def test_other_boxes_may_stand_before_it() -> None:
    data = struct.pack(">I4sQ", 16, b"styp", 0) + index((100, 2000))
    assert parse(data + b"more", 0, "file")[0].byte_range == ByteRange(len(data), 100)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no index"),
        (b"\0\0\0\x08moov", "no index"),
        (b"\0\0\0\0sidx", "no index"),
        (index((100, 2000))[:-1], "cut short"),
        (index((100, 2000))[:20], "cut short"),
        (struct.pack(">I4s", 12, b"sidx") + bytes(4), "cut short"),
        (index((100, 2000), scale=0), "stands still"),
        (index(), "names no segment"),
        (index((0, 1000)), "names no segment"),
        (index((100 | 1 << 31, 2000)), "hierarchical"),
        (index((100, 2000)).replace(b"\0\1\0\0\0\x64", b"\xff\xff\0\0\0\x64"), "cut short"),
    ],
)
def test_what_is_no_index_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(PlaylistError, match=reason):
        parse(data, 0, "file")


@few
@given(st.binary(max_size=200), st.integers(0, 60), st.binary(min_size=1, max_size=4))
def test_whatever_the_bytes_it_is_an_index_or_refused(noise: bytes, at: int, edit: bytes) -> None:
    good = index((100, 2000), (50, 1000), version=1)
    for data in (noise, b"\0\0\0\xc0sidx" + noise, good[:at] + edit + good[at + len(edit) :]):
        try:
            found = parse(data, 0, "file")
        except PlaylistError:
            continue
        assert all(one.byte_range.length for one in found)
