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


def of_mp4(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A piece of MP4 whose fragment speaks of no more samples than there are: the others were not fetched.

    Raises:
        SourceError: If it is too large, or says what cannot be.
    """
    data = bytearray(_held(chunks))
    moof, at = None, 0
    try:
        while at + 8 <= len(data):
            size, kind = struct.unpack_from(">I4s", data, at)
            if kind == b"moof":
                moof = at
            elif kind == b"mdat" and moof is not None:
                size = min(size or len(data), len(data) - at)
                struct.pack_into(">I", data, at, size)
                _cut(data, moof)
            if size < 8:
                break
            at += size
    except (struct.error, ValueError) as error:
        raise SourceError(f"what it says of its samples is not understood ({error})") from error
    yield bytes(data)


def _cut(data: bytearray, moof: int) -> None:
    """Let each run of a fragment have the samples that are there."""
    held = bytes(data)
    file, size = io.BytesIO(held), int.from_bytes(held[moof : moof + 4], "big")
    for kind, begin, end in boxes(file, moof + 8, moof + size):
        if kind == b"traf":
            for told, samples in TrackFragment(held, moof, begin, end).runs():
                there = sum(sample.begin + sample.size <= len(held) for sample in samples)
                struct.pack_into(">I", data, told + 4, there)


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
