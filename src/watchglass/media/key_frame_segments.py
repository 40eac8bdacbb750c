"""Segments of I-frame playlists: pieces cut out of larger ones, made whole so that a demuxer reads them in a row.

Source: RFC 8216bis, 4.4.3.6 (``EXT-X-I-FRAMES-ONLY``).
"""

import io
import struct
from collections.abc import Iterator

import numpy as np

from watchglass.kernels.ts import PIDS, headers
from watchglass.media.fragment_samples import TrackFragment
from watchglass.media.protection import boxes
from watchglass.media.ts_packets import packets_in
from watchglass.model.errors import SourceError

_LARGEST = 64 << 20
"""Bytes of a key frame and what is around it."""
_MOST_SAMPLES = 1_000_000
"""That the fragments of a piece list."""


def of_mp4(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A piece of MP4 whose fragment speaks of no more samples than there are: the others were not fetched.

    Raises:
        SourceError: If it is too large, or says what cannot be.
    """
    held = _held(chunks)
    data, moof, at, left = bytearray(held), None, 0, _MOST_SAMPLES
    try:
        while at + 8 <= len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            if kind == b"moof":
                moof = at
            elif kind == b"mdat" and moof is not None:
                size = min(size or len(data), len(data) - at)
                struct.pack_into(">I", data, at, size)
                left = _cut(data, held, moof, left)
                moof = None
            if size < 8:
                break
            at += size
    except (struct.error, ValueError) as error:
        raise SourceError(f"what it says of its samples is not understood ({error})") from error
    yield bytes(data)


def _cut(data: bytearray, held: bytes, moof: int, left: int) -> int:
    """Let each run of a fragment have the samples that are there.

    Args:
        data: What is changed.
        held: The same as it came.
        moof: Where the fragment begins in it.
        left: Samples that may still be listed.

    Returns:
        Those that are left for the next fragment.
    """
    file, size = io.BytesIO(held), int.from_bytes(held[moof : moof + 4], "big")
    for kind, begin, end in boxes(file, moof + 8, moof + size):
        if kind == b"traf":
            for told, samples in TrackFragment(held, moof, begin, end).runs():
                left -= len(samples)
                if left < 0:
                    raise ValueError(f"more than {_MOST_SAMPLES} samples")
                there = sum(sample.begin + sample.size <= len(held) for sample in samples)
                struct.pack_into(">I", data, told + 4, there)
    return left


class ContinuousPackets:
    """Counts the packets of a transport stream anew, as if nothing had been between the pieces."""

    def __init__(self) -> None:
        self._last = np.zeros(PIDS, np.uint8)

    def of_ts(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The next piece.

        Raises:
            SourceError: If it is too large.
        """
        packets = packets_in(_held(chunks))
        told = headers(packets)
        for pid in np.unique(told.pid):
            rows = np.flatnonzero(told.pid == pid)
            counts = (self._last[pid] + np.cumsum(told.has_payload[rows])) & 15
            packets[rows, 3] = packets[rows, 3] & 0xF0 | counts.astype(np.uint8)
            self._last[pid] = counts[-1]
        if len(packets):
            yield packets.tobytes()


def _held(chunks: Iterator[bytes]) -> bytes:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > _LARGEST:
            raise SourceError(f"more than {_LARGEST >> 20} MiB in one segment of an I-frame playlist")
    return bytes(held)
