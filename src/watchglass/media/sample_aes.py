"""SAMPLE-AES in elementary streams: which blocks are encrypted, and all of them decrypted at once.

Each sample (a slice of a picture, a frame of sound) is a CBC chain of its own over some of its blocks of 16 bytes, the
rest is clear. Decryption of a chain needs only ciphertext, so that the blocks of a whole segment go through the cipher
in one call. Nothing changes its size.

Source: Apple, "MPEG-2 Stream Encryption Format for HTTP Live Streaming", 2.1 to 2.4.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

Stream = NDArray[np.uint8]
"""(n,) bytes of an elementary stream, or of a part of it that begins with a sample."""

_BLOCK = 16
_SLICE_LEADER, _SLICE_STEP, _SHORTEST_SLICE = 32, 160, 48
"""Of H.264: clear bytes before the first block, bytes from a block to the next, and the longest clear slice."""
_SLICES = (1, 5)
"""nal_unit_type of coded slices (ITU-T H.264, table 7-1)."""
_FRAME_LEADER = 16
"""Clear bytes of a frame of sound, after the header of ADTS."""
_AC3_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
"""kbit/s by frmsizecod (ETSI TS 102 366, table F.10)."""


class Chain(NamedTuple):
    """Encrypted blocks of one sample."""

    begin: int
    blocks: int
    step: int
    """Bytes from the beginning of one run of blocks to that of the next."""
    run: int = 1
    """Blocks that follow one another."""


def decrypt(stream: Stream, chains: Sequence[Chain], key: bytes, ivs: Sequence[bytes]) -> None:
    """Decrypt blocks in place.

    Args:
        stream: Where they are.
        chains: Of blocks that do not overlap.
        key: 16 bytes.
        ivs: 16 bytes for each chain.
    """
    if not chains:
        return
    begins, counts, steps, runs = (np.array(column) for column in zip(*chains, strict=True))
    firsts = np.cumsum(counts) - counts
    within, runs = np.arange(counts.sum()) - np.repeat(firsts, counts), np.repeat(runs, counts)
    starts = np.repeat(begins, counts) + within // runs * np.repeat(steps, counts) + within % runs * _BLOCK
    where = starts[:, None] + np.arange(_BLOCK)
    secret = stream[where]
    before = np.empty_like(secret)
    before[1:] = secret[:-1]
    before[firsts] = np.frombuffer(b"".join(ivs), np.uint8).reshape(-1, _BLOCK)
    # ECB undoes the cipher of every block of every chain; the chaining is what is left.
    clear = Cipher(algorithms.AES(key), modes.ECB()).decryptor().update(secret.tobytes())
    stream[where] = np.frombuffer(clear, np.uint8).reshape(secret.shape) ^ before


def of_pictures(stream: Stream) -> list[Chain]:
    """The chains of H.264 in a byte stream (ITU-T H.264, annex B).

    Encrypted slices have emulation prevention of their own, which is taken out of them; as many zeros are put after
    each, where they mean nothing.
    """
    zero = stream == 0
    pairs = zero[:-2] & zero[1:-1]
    starts = np.flatnonzero(pairs & (stream[2:] == 1)) + 3
    preventing = np.flatnonzero(pairs & (stream[2:] == 3)) + 2
    ends = np.append(starts[1:] - 3, len(stream))
    starts, ends = starts[starts < len(stream)], ends[starts < len(stream)]
    is_slice = np.isin(stream[starts] & 0x1F, _SLICES)
    chains = []
    for begin, end in zip(starts[is_slice].tolist(), ends[is_slice].tolist(), strict=True):
        end -= _trailing_zeros(stream[begin:end])
        first, last = np.searchsorted(preventing, (begin + 2, end - 1))
        if end - begin - (last - first) <= _SHORTEST_SLICE:
            continue
        if last > first:
            kept = np.delete(stream[begin:end], preventing[first:last] - begin)
            stream[begin + len(kept) : end] = 0
            end = begin + len(kept)
            stream[begin:end] = kept
        # A block is encrypted only where more than a block is left.
        count = -(-(end - begin - _SLICE_LEADER - _BLOCK) // _SLICE_STEP)
        chains.append(Chain(begin + _SLICE_LEADER, count, _SLICE_STEP))
    return chains


def of_adts(stream: Stream) -> list[Chain]:
    """The chains of AAC in ADTS frames (ISO/IEC 14496-3, 1.A.2)."""
    data, chains, at = stream.tobytes(), list[Chain](), 0
    while 0 <= at <= len(data) - 7:
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or size < 7:
            at = data.find(b"\xff", at + 1)
            continue
        header = 7 if data[at + 1] & 1 else 9
        _add_frame(chains, at + header, min(at + size, len(data)))
        at += size
    return chains


def of_ac3(stream: Stream) -> list[Chain]:
    """The chains of AC-3 and E-AC-3 in sync frames (ETSI TS 102 366, F.4.3 and E.1.2.2)."""
    data, chains, at = stream.tobytes(), list[Chain](), 0
    while 0 <= at <= len(data) - 6:
        size = _ac3_size(data[at : at + 6])
        if not size:
            at = data.find(b"\x0b\x77", at + 1)
            continue
        _add_frame(chains, at, min(at + size, len(data)))
        at += size
    return chains


def _add_frame(chains: list[Chain], begin: int, end: int) -> None:
    count = (end - begin - _FRAME_LEADER) // _BLOCK
    if count > 0:
        chains.append(Chain(begin + _FRAME_LEADER, count, _BLOCK))


def _ac3_size(head: bytes) -> int:
    """Bytes of a sync frame; 0 where none begins."""
    if head[:2] != b"\x0b\x77":
        return 0
    bsid = head[5] >> 3
    if bsid > 10:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    rate, code = head[4] >> 6, head[4] & 0x3F
    if rate == 3 or code >= 2 * len(_AC3_RATES):
        return 0
    kilobits = _AC3_RATES[code >> 1]
    return (4 * kilobits, 2 * (kilobits * 96_000 // 44_100 + (code & 1)), 6 * kilobits)[rate]


def _trailing_zeros(part: Stream) -> int:
    """How many zero bytes end it."""
    count = 0
    while count < len(part) and part[-1 - count] == 0:
        count += 1
    return count
