import io
import random
from pathlib import Path

from protecting import Box, Lock, boxes, packed
from segments import rendition
from watchglass.media.protection import Protection, look

KEY = bytes(range(16))


class Forward:
    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, n: int) -> bytes:
        return self._data.read(n)


def test_tracks_by_their_id(tmp_path: Path) -> None:
    media = rendition(1.0, kind="fmp4")
    init = Lock(KEY, b"\x1b" * 16, "cbcs").init(media.files["init.mp4"])
    expected = {1: Protection("cbcs", "1b" * 16, (1, 9), 16), 2: Protection("cbcs", "1b" * 16, (0, 0), 16)}
    path = tmp_path / "a.mp4"
    path.write_bytes(init)
    assert look(str(path))[0] == expected
    assert look(io.BytesIO(init + bytes(99)))[0] == expected
    found, rest = look(Forward(init + b"what follows"))
    assert found == expected
    assert not isinstance(rest, str)
    assert b"".join(iter(lambda: rest.read(100), b"")) == init + b"what follows"


def test_of_a_clear_lead_the_encrypted_entry_counts() -> None:
    media = rendition(1.0, kind="fmp4")
    init = Lock(KEY).init(media.files["init.mp4"], has_clear_lead=True)
    assert set(look(io.BytesIO(init))[0].values()) == {Protection("cenc", "aa" * 16, iv_size=16)}


def test_what_is_clear_or_no_mp4_has_none() -> None:
    media = rendition(1.0)
    clear = rendition(1.0, kind="fmp4").files["init.mp4"]
    for data in (media.files["s000.ts"], clear, b"", b"abc", b"ID3" + bytes(99), bytes(9999), b"\0\0\0\1moov"):
        found, rest = look(Forward(data))
        assert found == {}
        assert not isinstance(rest, str)
        assert b"".join(iter(lambda rest=rest: rest.read(4_096), b"")) == data
        assert look(io.BytesIO(data))[0] == {}
    assert look("/nowhere/at/all.mp4")[0] == {}


def test_an_unprotected_default_is_clear() -> None:
    tree = boxes(Lock(KEY).init(rendition(1.0, kind="fmp4", audio=False).files["init.mp4"]))
    init = packed(tree)
    at = init.index(b"tenc") + 4 + 6
    assert look(io.BytesIO(init[:at] + b"\0" + init[at + 1 :]))[0] == {}


def test_nonsense_is_survived() -> None:
    init = Lock(KEY).init(rendition(1.0, kind="fmp4").files["init.mp4"])
    rng = random.Random(5)
    for _ in range(300):
        data = bytearray(init)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        data = data[: rng.randrange(len(data))]
        look(io.BytesIO(bytes(data)))
        look(Forward(bytes(data)))


def test_boxes_within_boxes_do_not_go_on_for_ever() -> None:
    many = packed([Box(b"moov", b"", [Box(b"trak", b"") for _ in range(10_000)])])
    assert look(io.BytesIO(b"\0\0\0\x08ftyp" + many))[0] == {}


def test_one_iv_for_all_samples() -> None:
    init = Lock(KEY, scheme="cbcs", constant_iv=bytes(range(16))).init(rendition(1.0, kind="fmp4").files["init.mp4"])
    assert {(one.iv_size, one.iv) for one in look(io.BytesIO(init))[0].values()} == {(0, bytes(range(16)))}
