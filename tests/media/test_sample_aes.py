import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protecting_ts import frames, nal
from watchglass.media.sample_aes import Chain, decrypt, of_ac3, of_adts, of_pictures

KEY, IV = bytes(range(16)), bytes(range(100, 116))


def undone(data: bytes, find) -> bytes:
    stream = np.frombuffer(data, np.uint8).copy()
    chains = find(stream)
    decrypt(stream, chains, KEY, [IV] * len(chains))
    return stream.tobytes()


def escaped(kind: int, body: bytes) -> bytes:
    """A NAL unit as an encoder writes it."""
    unit, zeros = bytearray([kind]), 0
    for byte in body:
        if zeros >= 2 and byte <= 3:
            unit.append(3)
            zeros = 0
        unit.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(unit) + b"\x80"


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([1, 5, 6, 7, 9]), st.integers(0, 700), st.booleans()), min_size=1, max_size=4)
)
def test_slices_are_decrypted_and_nothing_else_is_touched(units: list[tuple[int, int, bool]]) -> None:
    rng = random.Random(len(units))
    clear = [
        escaped(kind, bytes(rng.choice((0, 0, 0, 1, 3)) for _ in range(size)) if is_sparse else rng.randbytes(size))
        for kind, size, is_sparse in units
    ]
    sealed = b"".join(b"\0\0\0\1" + nal(unit, KEY, IV) for unit in clear)
    found = undone(sealed, of_pictures)
    assert len(found) == len(sealed)
    assert [part.rstrip(b"\0") for part in found.split(b"\0\0\1")[1:]] == clear


def test_start_codes_of_three_bytes_and_the_shortest_slices() -> None:
    rng = random.Random(1)
    for size in (47, 48, 49, 63, 64, 65, 192, 208, 209, 224):
        unit = bytes([0x41]) + bytes(rng.randrange(1, 256) for _ in range(size - 1))
        sealed = b"\0\0\1" + nal(unit, KEY, IV)
        assert undone(sealed, of_pictures) == b"\0\0\1" + unit
        assert (sealed[3:] == unit) == (size <= 48)


@pytest.mark.parametrize("size", [7, 22, 23, 38, 39, 40, 371])
def test_frames_of_aac(size: int) -> None:
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 0x1F, 0xFC])
    clear = (head + random.Random(size).randbytes(size - 7)) * 3
    assert undone(frames(clear, "aac", KEY, IV), of_adts) == clear
    assert undone(b"noise" + frames(clear, "aac", KEY, IV), of_adts) == b"noise" + clear


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\x0b\x77\0\0\x14\x40", 768),  # 48 kHz, 192 kbit/s
        (b"\x0b\x77\0\0\x55\x40", 836),  # 44.1 kHz, 192 kbit/s, the longer ones
        (b"\x0b\x77\0\0\x94\x40", 1152),  # 32 kHz, 192 kbit/s
        (b"\x0b\x77\1\x7f\x3f\x86", 768),  # E-AC-3
    ],
)
def test_frames_of_ac3(head: bytes, size: int) -> None:
    rng = random.Random(size)
    clear = [head + rng.randbytes(size - 6) for _ in range(3)]
    sealed = b"".join(frames(frame, "ac3", KEY, IV) for frame in clear)
    assert undone(sealed, of_ac3) == b"".join(clear)


def test_nonsense_is_survived() -> None:
    rng = random.Random(2)
    for find in (of_pictures, of_adts, of_ac3):
        for size in (0, 1, 2, 3, 5, 6, 7, 8, 100, 5_000):
            for data in (rng.randbytes(size), bytes(size), b"\xff" * size, b"\0\0\1" * size, b"\x0b\x77" * size):
                assert len(undone(data, find)) == len(data)


def test_blocks_that_follow_one_another() -> None:
    stream = np.arange(160, dtype=np.uint8)
    other = stream.copy()
    decrypt(stream, [Chain(0, 4, 48, 2)], KEY, [IV])  # blocks 0, 1, 3, 4
    decrypt(other, [Chain(0, 2, 16), Chain(48, 2, 16)], KEY, [IV, bytes(range(16, 32))])
    assert (stream == other).all()
