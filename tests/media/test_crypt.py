import random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from segments import encrypted
from watchglass.media.content_keys import ContentKeys
from watchglass.media.crypt import Key, decrypted
from watchglass.model.errors import TransferError

SECRET, IV = bytes(range(16)), bytes(range(16))


def pieces(wire: bytes, rng: random.Random) -> list[bytes]:
    found = []
    while wire:
        cut = rng.randrange(1, 50)
        found.append(wire[:cut])
        wire = wire[cut:]
    return found


def test_bytes_in_any_pieces_decrypt_alike() -> None:
    rng, key = random.Random(3), Key("AES-128", "k", IV)
    for size in (0, 1, 15, 16, 17, 4_000):
        clear = rng.randbytes(size)
        wire = pieces(encrypted(clear, SECRET, IV), rng)
        assert b"".join(decrypted(iter(wire), key, SECRET, 7, "x")) == clear


def test_longer_keys_and_counter_mode() -> None:
    rng, secret = random.Random(3), bytes(range(32))
    clear = rng.randbytes(777)
    wire = pieces(encrypted(clear, secret, IV), rng)
    assert b"".join(decrypted(iter(wire), Key("AES-256", "k", IV), secret, 7, "x")) == clear
    counted = Cipher(algorithms.AES(secret), modes.CTR((7).to_bytes(16, "big"))).encryptor().update(clear)
    wire = pieces(counted, rng)
    assert b"".join(decrypted(iter(wire), Key("AES-256-CTR", "k"), secret, 7, "x")) == clear


def test_the_sequence_number_is_the_iv_where_none_is_told() -> None:
    wire = encrypted(b"clear", SECRET, (7).to_bytes(16, "big"))
    assert b"".join(decrypted(iter([wire]), Key("AES-128", "k"), SECRET, 7, "x")) == b"clear"


@pytest.mark.parametrize(("wire", "reason"), [(bytes(17), "within a block"), (bytes(32), "the key is not the one")])
def test_what_cannot_be_decrypted_is_told(wire: bytes, reason: str) -> None:
    with pytest.raises(TransferError, match=reason):
        list(decrypted(iter([wire]), Key("AES-128", "k", IV), SECRET, 0, "x"))


def test_a_given_key_opens_what_a_playlist_cannot() -> None:
    drm = Key("SAMPLE-AES", "skd://x", keyformat="com.drm", key_id="aa" * 16)
    whole = Key("AES-128", "skd://x", keyformat="com.drm", key_id="aa" * 16)
    other, own = (ContentKeys.parse([f"{kid * 16}:{SECRET.hex()}"]) for kid in ("bb", "aa"))
    assert drm.refusal(ContentKeys())
    assert not drm.refusal(other)  # the container may know it by another ID
    assert whole.refusal(other)
    assert not whole.refusal(own)
    assert SECRET.hex() not in whole.refusal(other)
