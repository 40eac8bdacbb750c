import random

from segments import encrypted
from watchglass.media.crypt import decrypted

KEY = bytes(range(16))


def test_bytes_in_any_pieces_decrypt_alike() -> None:
    rng = random.Random(3)
    for size in (0, 1, 15, 16, 17, 4_000):
        clear = rng.randbytes(size)
        wire, pieces = encrypted(clear, KEY, bytes(16)), []
        while wire:
            cut = rng.randrange(1, 50)
            pieces.append(wire[:cut])
            wire = wire[cut:]
        assert b"".join(decrypted(iter(pieces), KEY, bytes(16), "x")) == clear
