"""How busy the processors are that we may use."""

import os
from contextlib import suppress
from pathlib import Path

_STAT = Path("/proc/stat")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_USED = Path("/sys/fs/cgroup/cpu.stat")


class Machine:
    """Looks at the counters of the kernel; what is told is about the time since it looked last."""

    def __init__(self) -> None:
        self._cores = os.sched_getaffinity(0)
        self._quota = _quota()
        self._before = self._counters()
        self._used_before = _used()

    @property
    def cores(self) -> float:
        """Cores that we may use; a container may be given parts of some."""
        return min(float(len(self._cores)), self._quota)

    def busy(self, seconds: float) -> float:
        """Share of them that was in use, from 0 to 1, by us or by others.

        Args:
            seconds: Since it was asked last.
        """
        now, used = self._counters(), _used()
        idle, whole = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        busy = 1.0 - idle / whole if whole > 0 else 0.0
        if self._quota < len(self._cores) and seconds > 0.0:
            busy = max(busy, (used - self._used_before) / seconds / self._quota)
        self._used_before = used
        return min(1.0, max(0.0, busy))

    def _counters(self) -> tuple[int, int]:
        """Ticks in which our cores had nothing to do, and all of them."""
        idle = whole = 0
        with suppress(OSError, ValueError):
            for line in _STAT.read_text("ascii").splitlines():
                name, *counts = line.split()
                if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in self._cores:
                    ticks = [int(count) for count in counts[:8]]
                    idle += ticks[3] + ticks[4]
                    whole += sum(ticks)
        return idle, whole


def _quota() -> float:
    """Cores that the control group allows; infinity where it does not say."""
    with suppress(OSError, ValueError):
        most, period = _QUOTA.read_text("ascii").split()
        if most != "max":
            return int(most) / int(period)
    return float("inf")


def _used() -> float:
    """Seconds of computing that the control group has had."""
    with suppress(OSError, ValueError):
        for line in _USED.read_text("ascii").splitlines():
            if line.startswith("usage_usec"):
                return int(line.split()[1]) / 1e6
    return 0.0
