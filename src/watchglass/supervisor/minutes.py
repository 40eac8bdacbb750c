"""Minutes of readings on their way from the processes of streams to the database."""

import logging
import threading
from collections import deque

from watchglass.model.errors import StoreError
from watchglass.model.minute import unpacked
from watchglass.store.database import UNOPENED
from watchglass.store.rollups import Rollups

log = logging.getLogger(__name__)

_MOST = 20_000
"""Minutes that wait at most, of some kilobytes each: what is older is let go while the database is away."""
_BATCH = 200
"""Minutes in one transaction."""


class Minutes:
    """Takes them from the loop, and writes them where it is called to.

    Args:
        rollups: Where they are kept; None where that cannot be opened yet.
    """

    def __init__(self, rollups: Rollups | None) -> None:
        self.rollups = rollups
        self._waiting: deque[tuple[str, int, bytes]] = deque(maxlen=_MOST)
        self._lock = threading.Lock()

    def add(self, stream: str, minute: int, body: bytes) -> None:
        """A minute of a stream is over; ``body`` is packed."""
        with self._lock:
            self._waiting.append((stream, minute, body))

    def write(self) -> None:
        """Write all that waits.

        Raises:
            StoreError: It still waits, or the rest of it does.
        """
        while True:
            with self._lock:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            if not batch:
                return
            try:
                if self.rollups is None:
                    raise StoreError(UNOPENED)
                self.rollups.add_all([(stream, minute, unpacked(body)) for stream, minute, body in batch])
            except StoreError:
                with self._lock:
                    room = _MOST - len(self._waiting)
                    self._waiting.extendleft(reversed(batch[max(0, len(batch) - room) :]))
                raise
