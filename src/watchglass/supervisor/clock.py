"""UTC that neither jumps nor stands still: durations are right whatever somebody does to the clock of the machine."""

import time
from collections.abc import Callable

_STEP = 1.0
"""Seconds by which the clock of the machine must be off before it is followed."""
_LASTS = 60.0
"""Seconds for which it must be off: it may be set back at once."""


def uptime() -> float:
    """Seconds since the machine began, those included for which it was suspended; the same in all its processes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyUtc:
    """Seconds since 1970 that go on with the machine's uptime from where its clock stood once.

    The clock of the machine may be set meanwhile, by hand or by a leap second. It is followed when it has been off for
    a minute and ``follow`` is called, which is when nothing is going on of which the duration counts.

    Args:
        wall: The clock of the machine.
        uptime: What never jumps.
    """

    def __init__(self, wall: Callable[[], float] = time.time, uptime: Callable[[], float] = uptime) -> None:
        self._wall, self._uptime = wall, uptime
        self._epoch = wall() - uptime()
        self._off_since: float | None = None

    def now(self) -> float:
        """UTC in seconds since 1970."""
        return self._epoch + self._uptime()

    @property
    def offset(self) -> float:
        """Seconds by which the clock of the machine is ahead of this one."""
        return self._wall() - self.now()

    def follow(self) -> bool:
        """Set it by the clock of the machine if that has been another one for long; True if it was set."""
        if abs(self.offset) < _STEP:
            self._off_since = None
            return False
        since = self._off_since = self._off_since if self._off_since is not None else self._uptime()
        if self._uptime() - since < _LASTS:
            return False
        self._epoch, self._off_since = self._wall() - self._uptime(), None
        return True
