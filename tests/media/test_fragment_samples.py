import random
import struct

import pytest

from protecting import Box, Lock, boxes, packed
from segments import rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.media.crypt import Key
from watchglass.media.fragment_samples import clear_fragments
from watchglass.media.protection import Protection
from watchglass.media.sample_cipher import SampleCipher
from watchglass.model.errors import SourceError

KEY, SECOND, IV = bytes(range(16)), bytes(range(30, 46)), bytes(range(50, 66))
LOCKS = [Lock(KEY), Lock(KEY, scheme="cbcs"), Lock(KEY, scheme="cbcs", constant_iv=IV)]


def entries(lock: Lock) -> dict[int, list[Protection | None]]:
    iv = lock.constant_iv or b""
    picture = Protection(lock.scheme, "aa" * 16, (1, 9) if lock.scheme == "cbcs" else (0, 0), 0 if iv else 16, iv)
    return {1: [picture], 2: [picture._replace(pattern=(0, 0))]}


def media(data: bytes) -> list[bytes]:
    return [box.body for box in boxes(data) if box.kind == b"mdat"]


@pytest.mark.parametrize("lock", LOCKS)
def test_samples_are_as_they_were(lock: Lock) -> None:
    clear = rendition(1.0, kind="fmp4").files["s000.m4s"]
    sealed = lock.segment(clear)
    assert media(sealed) != media(clear)
    assert media(clear_fragments(sealed, entries(lock), lambda _: KEY)) == media(clear)


def test_tracks_that_are_not_named_stay_as_they_are() -> None:
    clear = rendition(1.0, kind="fmp4").files["s000.m4s"]
    sealed = LOCKS[0].segment(clear)
    assert clear_fragments(sealed, {}, lambda _: KEY) == sealed


def test_groups_of_samples_have_keys_of_their_own() -> None:
    clear = rendition(1.0, kind="fmp4", audio=False).files["s000.m4s"]
    lock = Lock(SECOND, b"\xbb" * 16, "cbcs", constant_iv=IV)
    tree = boxes(lock.segment(clear))
    moof = next(box for box in tree if box.kind == b"moof")
    traf = moof.one(b"traf")
    described = bytes([0, 0x19, 1, 0]) + lock.key_id + bytes([16]) + IV
    sgpd = b"\1\0\0\0seig" + struct.pack(">II", len(described), 1) + described
    traf.inner += [Box(b"sgpd", sgpd), Box(b"sbgp", bytes(4) + b"seig" + struct.pack(">III", 1, 25, 0x10001))]
    grown = len(sgpd) + 8 + 28
    trun = traf.one(b"trun")
    offset = int.from_bytes(trun.body[8:12], "big") + grown
    trun.body = trun.body[:8] + offset.to_bytes(4, "big") + trun.body[12:]
    asked = []

    def key_of(protection: Protection) -> bytes:
        asked.append(protection.key_id)
        return SECOND

    found = clear_fragments(packed(tree), entries(LOCKS[1]), key_of)
    assert media(found) == media(clear)
    assert set(asked) == {"bb" * 16}


def test_what_cannot_be_is_refused() -> None:
    sealed = LOCKS[0].segment(rendition(1.0, kind="fmp4").files["s000.m4s"])
    without = packed([without_ivs(box) for box in boxes(sealed)])
    with pytest.raises(SourceError, match="no IVs"):
        clear_fragments(without, entries(LOCKS[0]), lambda _: KEY)


def asking(truns: int, size: int, count: int, parts: list[tuple[int, int]]) -> bytes:
    """A segment whose fragment says this of its samples, all of which begin with the fragment."""
    trun = Box(b"trun", struct.pack(">IIII", 0x201, 1, 0, size))
    if count > 1:
        trun = Box(b"trun", struct.pack(">II", 0, count))
    told = struct.pack(">H", len(parts)) + b"".join(struct.pack(">HI", *part) for part in parts)
    senc = Box(b"senc", struct.pack(">II", 2, truns) + told * truns)
    traf = Box(b"traf", b"", [Box(b"tfhd", struct.pack(">II", 0, 1)), *[trun] * truns, senc])
    return packed([Box(b"moof", b"", [traf]), Box(b"mdat", bytes(200))])


@pytest.mark.parametrize("lock", [Lock(KEY), Lock(KEY, scheme="cbcs")])
@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((1, 64, 1, [(0, 65)]), "more than the 64 bytes of a sample are encrypted"),
        ((1, 64, 1, [(0, 0xFFFFFFF0)] * 9), "more than the 64 bytes of a sample are encrypted"),
        ((20, 64, 1, [(0, 64)]), "samples lie over one another"),
        ((1, 0, 100_001, []), "100001 samples, of which 100000 are read at most"),
    ],
)
def test_no_more_is_asked_for_than_there_is(lock: Lock, asked: tuple, why: str) -> None:
    described: dict[int, list[Protection | None]] = {1: [Protection(lock.scheme, "aa" * 16, (1, 9), 0, IV)]}
    clear_fragments(asking(1, 64, 1, [(0, 64)]), described, lambda _: KEY)
    with pytest.raises(SourceError, match=why):
        clear_fragments(asking(*asked), described, lambda _: KEY)


def without_ivs(box: Box) -> Box:
    box.inner = None if box.inner is None else [without_ivs(one) for one in box.inner if one.kind != b"senc"]
    return box


@pytest.mark.parametrize("lock", LOCKS)
def test_nonsense_is_survived(lock: Lock) -> None:
    sealed = lock.segment(rendition(1.0, kind="fmp4").files["s000.m4s"])
    rng = random.Random(6)
    for _ in range(150):
        data = bytearray(sealed)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(2_000)] = rng.randrange(256)
        try:
            clear_fragments(bytes(data[: rng.randrange(len(data))]), entries(lock), lambda _: KEY)
        except SourceError:
            continue


def test_a_segment_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchglass.media.sample_cipher._LARGEST", 1 << 20)
    cipher = SampleCipher(b"", ContentKeys(), KEY)
    with pytest.raises(SourceError, match="x: more than 1 MiB"):
        list(cipher.clear("x", iter([bytes(600_000)] * 2), Key("SAMPLE-AES", "k"), KEY, 0))


def test_schemes_that_no_player_of_hls_has(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = rendition(1.0, kind="fmp4")
    init = Lock(KEY, scheme="cens").init(clear.files["init.mp4"])
    cipher = SampleCipher(init, ContentKeys(), KEY)
    with pytest.raises(SourceError, match="s: encrypted with cens"):
        list(cipher.clear("s", iter([Lock(KEY).segment(clear.files["s000.m4s"])]), Key("SAMPLE-AES", "k"), KEY, 0))
