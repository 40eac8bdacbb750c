"""The time of each packet of a transport stream, by its programme clock (ISO/IEC 13818-1, 2.4.2.2)."""

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.ts import CLOCK, NONE, WRAP

LONGEST = 1.0
"""Seconds from one clock reference to the next beyond which the clock has jumped."""
SHORT, SLOWER = 0.1, 0.5
"""Seconds of a step beyond which the packets in between must account for this share of it, for it to be no jump."""
UNKNOWN = 1 / 5_000
"""Seconds that a packet is taken to last before anything is known: of 7.5 Mb/s."""


class PacketClock:
    """Seconds since the first packet.

    Between two references packets are evenly spaced; after the last one they go on as before it. Where the clock jumps,
    time goes on.
    """

    def __init__(self) -> None:
        self.pid: int | None = None
        """PID whose references are the clock: the first that has any, unless it is set."""
        self._each: float | None = None
        """Seconds that a packet lasts, once two references have told."""
        self._now = 0.0
        """Where the next packet begins."""
        self._ticks: int | None = None
        self._since = 0
        """Packets since the last reference."""

    def times(self, pid: NDArray[np.uint16], pcr: NDArray[np.int64]) -> NDArray[np.float64]:
        """Seconds at which packets begin, which go on from those before: (n,).

        Args:
            pid: (n,) of each packet.
            pcr: (n,) ticks, or ``NONE``.
        """
        told = np.flatnonzero(pcr != NONE)
        if self.pid is None and len(told):
            self.pid = int(pid[told[0]])
        times = np.empty(len(pcr))
        begin = 0
        for at in told[pid[told] == self.pid].tolist():
            self._until(times, begin, at)
            self._refer(times, begin, at, int(pcr[at]))
            begin = at
        self._until(times, begin, len(pcr))
        return times

    def resume(self) -> None:
        """The next reference says nothing of the packets before it."""
        self._ticks, self._since = None, 0

    def _until(self, times: NDArray[np.float64], begin: int, end: int) -> None:
        """Go on as before."""
        each = self._each or UNKNOWN
        times[begin:end] = self._now + each * np.arange(end - begin)
        self._now += each * (end - begin)
        self._since += end - begin

    def _refer(self, times: NDArray[np.float64], begin: int, at: int, ticks: int) -> None:
        """A reference sets right what was gone on with."""
        if self._ticks is not None and self._since:
            seconds = (ticks - self._ticks) % WRAP / CLOCK
            lasted = None if self._each is None else self._since * self._each
            if not jumps(seconds, lasted):
                drift = seconds - self._since * (self._each or UNKNOWN)
                self._each = seconds / self._since
                first = float(times[begin]) if at > begin else self._now
                self._now = max(first, self._now + drift)
                times[begin:at] = np.linspace(first, self._now, at - begin, endpoint=False)
        self._ticks, self._since = ticks, 0


def jumps(seconds: float, lasted: float | None) -> bool:
    """Whether a step of the clock is a jump: back, far ahead, or more than the packets in between can have lasted."""
    if seconds > LONGEST or seconds <= 0.0:
        return True
    return lasted is not None and seconds > SHORT and lasted < SLOWER * seconds
