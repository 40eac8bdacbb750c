"""Whether this process runs at all: what is late because it does not is nobody else's fault."""

import threading
import time
from types import TracebackType
from typing import Self

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BEAT = 0.25
"""Seconds between two signs of life."""
_LEAST = 0.5
"""Seconds by which one must be late to be told: less is what any busy machine does."""


def running_time() -> float:
    """Seconds that only go forward, also while the machine is suspended (which ``time.monotonic`` leaves out)."""
    return time.clock_gettime(_CLOCK)


class Presence:
    """A thread that gives signs of life; one that is late tells for how long the process was stopped or starved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._missed = 0.0
        self._beat: float | None = None

    def __enter__(self) -> Self:
        self._over.clear()
        self._beat = running_time()
        threading.Thread(target=self._run, name="presence", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with self._lock:
            self._beat = None

    def missed(self) -> float:
        """Seconds so far in which this process did not run.

        Right at once: whichever thread wakes first counts what the sign of life that is due has not told yet.
        """
        with self._lock:
            return self._missed + self._late()

    def _run(self) -> None:
        while not self._over.wait(_BEAT):
            with self._lock:
                self._missed += self._late()
                if self._beat is not None:
                    self._beat = running_time()

    def _late(self) -> float:
        late = 0.0 if self._beat is None else running_time() - self._beat - _BEAT
        return late if late >= _LEAST else 0.0
