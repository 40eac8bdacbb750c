"""Packets of MPEG transport streams, many at once (ISO/IEC 13818-1, 2.4.3)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIZE, SYNC = 188, 0x47
"""Bytes of a packet, and what the first of them is."""
PIDS, NULL = 8192, 8191
"""How many PIDs there are, and the one of packets that only fill."""
CLOCK = 27_000_000
"""Ticks a second of the programme clock."""
WRAP = 300 << 33
"""Ticks after which it begins again."""
IN_STEP = 5
"""Packets in a row that must begin with the sync byte for the stream to be in step (ETSI TR 101 290, 5.2.1)."""
NONE = -1
"""In the place of a time or a counter that is not there."""

Packets = NDArray[np.uint8]
"""(n, SIZE) bytes."""


class Headers(NamedTuple):
    """What packets say of themselves, each (n,)."""

    is_synced: NDArray[np.bool_]
    is_broken: NDArray[np.bool_]
    """The transport_error_indicator is set."""
    begins: NDArray[np.bool_]
    """A PES packet or a section begins in it."""
    pid: NDArray[np.uint16]
    is_scrambled: NDArray[np.bool_]
    has_payload: NDArray[np.bool_]
    counter: NDArray[np.uint8]
    payload_at: NDArray[np.intp]
    """Byte at which its payload begins."""
    may_break: NDArray[np.bool_]
    """The discontinuity_indicator is set."""
    pcr: NDArray[np.int64]
    """Programme clock reference in ticks, or ``NONE``."""

    def part(self, begin: int, end: int) -> "Headers":
        """Those of some of the packets."""
        return Headers._make(each[begin:end] for each in self)


def step(data: NDArray[np.uint8]) -> int | None:
    """Where the first of ``IN_STEP`` packets in a row begins in a run of bytes, None where there are not so many."""
    starts = np.flatnonzero(data[: max(0, len(data) - (IN_STEP - 1) * SIZE)] == SYNC)
    for number in range(1, IN_STEP):
        starts = starts[data[starts + number * SIZE] == SYNC]
    return int(starts[0]) if len(starts) else None


def headers(packets: Packets) -> Headers:
    """Take the headers of packets apart."""
    second, fourth = packets[:, 1], packets[:, 3]
    pid = ((second & 0x1F).astype(np.uint16) << 8 | packets[:, 2]).astype(np.uint16)
    has_adaptation, has_payload = (fourth & 0x20) != 0, (fourth & 0x10) != 0
    length = np.where(has_adaptation, packets[:, 4].astype(np.intp) + 1, 0)
    flags = np.where(length > 1, packets[:, 5], 0)
    pcr = np.full(len(packets), NONE, np.int64)
    told = np.flatnonzero((flags & 0x10 != 0) & (length >= 8))
    if len(told):
        pcr[told] = _pcr(packets[told, 6:12].astype(np.int64))
    return Headers(
        is_synced=packets[:, 0] == SYNC,
        is_broken=(second & 0x80) != 0,
        begins=(second & 0x40) != 0,
        pid=pid,
        is_scrambled=(fourth & 0xC0) != 0,
        has_payload=has_payload & (4 + length < SIZE),
        counter=(fourth & 0x0F).astype(np.uint8),
        payload_at=4 + length,
        may_break=(flags & 0x80) != 0,
        pcr=pcr,
    )


def _pcr(field: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, 6) bytes: 33 bits of 90 kHz, 6 that are reserved, 9 of 27 MHz."""
    base = field[:, 0] << 25 | field[:, 1] << 17 | field[:, 2] << 9 | field[:, 3] << 1 | field[:, 4] >> 7
    return base * 300 + ((field[:, 4] & 1) << 8 | field[:, 5])


class Counters:
    """Continuity counters by PID, from batch to batch."""

    def __init__(self) -> None:
        self._last = np.full(PIDS, NONE, np.int16)
        self._again = np.zeros(PIDS, np.bool_)
        """The last packet was there twice already."""

    def broken(self, told: Headers) -> NDArray[np.bool_]:
        """(n,): packets before which something is missing, out of order, or there more than twice.

        A packet may be there twice; without a payload the counter stands still; where the stream says that it breaks,
        anything may come (2.4.3.3). Null packets and those that are marked as broken tell nothing.
        """
        broken = np.zeros(len(told.pid), np.bool_)
        counts = np.flatnonzero(told.is_synced & ~told.is_broken & (told.pid != NULL))
        if not len(counts):
            return broken
        order = counts[np.argsort(told.pid[counts], kind="stable")]
        pid, counter, has_payload = told.pid[order], told.counter[order].astype(np.int16), told.has_payload[order]
        is_first = np.r_[True, pid[1:] != pid[:-1]]
        before = np.r_[np.int16(NONE), counter[:-1]]
        before[is_first] = self._last[pid[is_first]]
        is_same = (counter == before) & has_payload
        again_before = np.r_[False, is_same[:-1]]
        again_before[is_first] = self._again[pid[is_first]]
        follows = np.where(has_payload, (before + 1) & 15, before) == counter
        is_fine = follows | (before == NONE) | told.may_break[order] | (is_same & ~again_before)
        broken[order] = ~is_fine
        is_last = np.r_[is_first[1:], True]
        self._last[pid[is_last]] = counter[is_last]
        self._again[pid[is_last]] = is_same[is_last]
        return broken

    def forget(self) -> None:
        """What comes is another stream."""
        self._last.fill(NONE)
        self._again.fill(False)


def timestamps(packets: Packets, told: Headers) -> NDArray[np.int64]:
    """(n,) PTS in ticks of 90 kHz where a PES packet of sound or picture begins, else ``NONE`` (2.4.3.7)."""
    pts = np.full(len(packets), NONE, np.int64)
    begins = told.begins & told.has_payload & told.is_synced & ~told.is_scrambled & (told.payload_at <= SIZE - 14)
    at = np.flatnonzero(begins)
    if not len(at):
        return pts
    head = packets[at[:, None], told.payload_at[at][:, None] + np.arange(14)].astype(np.int64)
    is_media = (head[:, 3] >= 0xC0) & (head[:, 3] <= 0xEF) | np.isin(head[:, 3], (0xBD, 0xFD))
    has_time = (head[:, 0] == 0) & (head[:, 1] == 0) & (head[:, 2] == 1) & is_media & (head[:, 7] & 0x80 != 0)
    head, at = head[has_time], at[has_time]
    pts[at] = (
        (head[:, 9] >> 1 & 0x07) << 30
        | head[:, 10] << 22
        | (head[:, 11] >> 1) << 15
        | head[:, 12] << 7
        | head[:, 13] >> 1
    )
    return pts
