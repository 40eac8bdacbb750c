"""Bytes of a transport stream cut into packets, in step again after whatever comes between."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from watchglass.kernels.ts import IN_STEP, SIZE, SYNC, Packets, step

LOST = 2
"""Packets in a row without their sync byte after which the stream is out of step (ETSI TR 101 290, 5.2.1, 1.1)."""


class Cut(NamedTuple):
    """Packets that follow one another."""

    packets: Packets
    lost: int
    """Bytes out of step before them."""


class PacketCutter:
    """Cuts what arrives in pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_in_step = False
        self._lost = 0

    @property
    def lost(self) -> int:
        """Bytes since the last packet that was in step."""
        return self._lost

    def feed(self, data: bytes) -> Iterator[Cut]:
        """The packets that are complete now."""
        held = np.frombuffer(self._rest + data, np.uint8)
        while True:
            if not self._is_in_step:
                at = step(held)
                skipped = max(0, len(held) - IN_STEP * SIZE + 1) if at is None else at
                self._lost += skipped
                held = held[skipped:]
                if at is None:
                    break
                self._is_in_step = True
            count = len(held) // SIZE
            packets = held[: count * SIZE].reshape(count, SIZE)
            wrong = packets[:, 0] != SYNC
            slips = np.flatnonzero(wrong[1:] & wrong[:-1])
            if not len(slips):
                # One wrong byte at the end may be the first of several.
                count -= bool(count) and bool(wrong[-1])
                if count:
                    yield self._cut(packets[:count])
                held = held[count * SIZE :]
                break
            if slips[0]:
                yield self._cut(packets[: slips[0]])
            held = held[int(slips[0]) * SIZE :]
            self._is_in_step = False
        self._rest = held.tobytes()

    def _cut(self, packets: Packets) -> Cut:
        lost, self._lost = self._lost, 0
        return Cut(packets, lost)


def packets_in(data: bytes) -> Packets:
    """A copy of the packets in a whole piece of a stream, without what is between them."""
    whole = np.frombuffer(data, np.uint8, len(data) // SIZE * SIZE).reshape(-1, SIZE)
    if (whole[:, 0] == SYNC).all():
        return whole.copy()  # also where there are too few to be sure
    cuts = [cut.packets for cut in PacketCutter().feed(data)]
    return np.concatenate(cuts) if cuts else np.empty((0, SIZE), np.uint8)
