"""What takes time and is not urgent, done in a thread of its own: the loop of the supervisor waits for nobody.

A chore has two halves: ``do`` in the thread, which may wait for a database, and ``then`` in the loop, with what came of
it. Chores come one after another; one that fails is done again when it is due again.
"""

import heapq
import logging
import queue
import threading
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from watchglass.model.errors import WatchglassError
from watchglass.supervisor.clock import uptime

log = logging.getLogger(__name__)

T = TypeVar("T")


class Chores:
    """All that is to be done, by when it is due.

    Args:
        clock: Seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float] = uptime) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, float, str, Callable[[], None]]] = []
        """Time, a number that keeps the order, seconds until the next time (0: once), name, and what to do."""
        self._numbers = count()
        self._lock = threading.Condition()
        self._is_over = False
        self._done: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._failing: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def every(self, seconds: float, name: str, do: Callable[[], T], then: Callable[[T], None] | None = None) -> None:
        """Do something now and again.

        Args:
            seconds: From the end of one time to the beginning of the next.
            name: What it is called where it fails.
            do: Done in the thread.
            then: Done in the loop, with what ``do`` returned.
        """
        self._add(seconds, name, do, then)

    def once(self, name: str, do: Callable[[], T], then: Callable[[T], None] | None = None) -> None:
        """Do something soon, and not again."""
        self._add(0.0, name, do, then)

    def take(self) -> None:
        """In the loop: do the second halves of what has been done; returns at once."""
        while True:
            try:
                then = self._done.get_nowait()
            except queue.Empty:
                return
            then()

    def turn(self) -> None:
        """In the thread: do all that is due."""
        while True:
            with self._lock:
                if self._is_over or not self._due or self._due[0][0] > self._clock():
                    return
                _, _, seconds, name, do = heapq.heappop(self._due)
            self._try(name, do)
            if seconds:
                self._push(self._clock() + seconds, seconds, name, do)

    def start(self) -> None:
        """Do them in a thread from now on."""
        self._thread.start()

    def stop(self, patience: float = 5.0) -> None:
        """Do no more; what is being done is waited for, but not for long."""
        with self._lock:
            self._is_over = True
            self._lock.notify()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _add(self, seconds: float, name: str, do: Callable[[], T], then: Callable[[T], None] | None) -> None:
        def whole() -> None:
            result = do()
            if then is not None:
                self._done.put(lambda: then(result))

        self._push(self._clock(), seconds, name, whole)

    def _push(self, at: float, seconds: float, name: str, do: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._due, (at, next(self._numbers), seconds, name, do))
            self._lock.notify()

    def _try(self, name: str, do: Callable[[], None]) -> None:
        try:
            do()
        except WatchglassError as error:
            if name not in self._failing:  # once: a database that is away for a night is told of elsewhere
                log.warning("%s: %s", name, error)
            self._failing.add(name)
        except Exception:  # a mistake in one chore must not end the others
            log.exception("%s", name)
        else:
            self._failing.discard(name)

    def _run(self) -> None:
        while True:
            self.turn()
            with self._lock:  # asked again: something may have come since
                while not self._is_over and (not self._due or self._due[0][0] > self._clock()):
                    self._lock.wait(self._due[0][0] - self._clock() if self._due else None)
                if self._is_over:
                    return
