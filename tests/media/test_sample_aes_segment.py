import io
import random

import av
import pytest

from protecting_ts import sealed_ts
from segments import rendition
from watchglass.kernels.ts import SIZE
from watchglass.media.sample_aes_segment import clear_tables, cleared
from watchglass.media.ts_sections import is_whole

KEY, IV = bytes(range(16)), bytes(range(100, 116))


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return sealed_ts(rendition(1.0).files["s000.ts"], KEY, IV)


def packets(data: bytes) -> list[tuple[int, int | None, bytes]]:
    with av.open(io.BytesIO(data), format="mpegts") as container:
        found = [(one.stream.index, one.pts, bytes(one)) for one in container.demux() if one.size]
    return [(index, pts, body.replace(b"\0\0\0\1", b"\0\0\1").rstrip(b"\0")) for index, pts, body in found]


def test_all_samples_are_as_they_were(sealed: bytes) -> None:
    found = cleared(sealed, KEY, IV)
    assert len(found) == len(sealed)
    assert sorted(packets(found)) == sorted(packets(rendition(1.0).files["s000.ts"]))


def test_bytes_between_packets_are_left_out(sealed: bytes) -> None:
    cut = 20 * SIZE
    assert cleared(sealed[:cut] + b"noise" + sealed[cut:], KEY, IV) == cleared(sealed, KEY, IV)


def test_tables_that_stand_before_the_segment(sealed: bytes) -> None:
    is_table = [
        (sealed[at + 1] & 0x1F == 0 and sealed[at + 2] == 0) or sealed[at + 1] & 0x1F == 0x10
        for at in range(0, len(sealed), SIZE)
    ]
    parts = [sealed[at : at + SIZE] for at in range(0, len(sealed), SIZE)]
    tables = b"".join(part for part, table in zip(parts, is_table, strict=True) if table)
    rest = b"".join(part for part, table in zip(parts, is_table, strict=True) if not table)
    assert tables
    assert packets(clear_tables(tables) + cleared(rest, KEY, IV, tables=tables)) == packets(cleared(sealed, KEY, IV))


def test_maps_name_clear_streams_and_their_sums_are_right(sealed: bytes) -> None:
    found = clear_tables(sealed)
    maps = [
        found[at + 5 : at + 5 + 3 + ((found[at + 6] & 15) << 8 | found[at + 7])]
        for at in range(0, len(found), SIZE)
        if found[at + 1] & 0x5F == 0x50 and found[at + 5] == 2
    ]
    assert maps
    assert all(is_whole(section) for section in maps)
    assert b"\x1b" in maps[0]
    assert b"\xdb" not in maps[0]


def test_what_is_clear_stays_as_it_is() -> None:
    data = rendition(1.0).files["s000.ts"]
    assert cleared(data, KEY, IV) == clear_tables(data) == data


def test_nonsense_is_survived(sealed: bytes) -> None:
    rng = random.Random(4)
    for _ in range(40):
        data = bytearray(sealed[: SIZE * 40])
        for _ in range(60):
            at = rng.randrange(len(data))
            data[at] = data[at] if at % SIZE == 0 else rng.randrange(256)
        cleared(bytes(data), KEY, IV)
    for data in (b"", b"G", b"G" * 5_000, bytes(5_000), b"ID3" + bytes(7), b"ID3\4\0\0\0\0\0\x7f", b"\x0b\x77"):
        cleared(data, KEY, IV)
