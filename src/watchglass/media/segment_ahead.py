"""The segment after the present one, fetched while that is decoded (on demand: live, there is none yet)."""

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue

from watchglass.model.errors import TransferError, WatchglassError

_MOST_CHUNKS = 1024
"""Chunks (of at most 64 KiB each) that wait for a reader: the rest of a larger segment comes as it is read."""
_LOOK = 0.1
"""Seconds between two looks at whether anybody still wants it."""


class Ahead:
    """Bytes that are fetched in a thread of their own, and read as if they were fetched when they are read.

    Args:
        fetch: Gives the bytes.
        after: Set when it may begin; None for at once.
        is_stopped: True if nobody will read.
    """

    def __init__(
        self, fetch: Callable[[], Iterator[bytes]], after: threading.Event | None, is_stopped: Callable[[], bool]
    ) -> None:
        self.done = threading.Event()
        """Set when all has been fetched, or all that can be."""
        self._fetch = fetch
        self._after = after
        self._is_stopped = is_stopped
        self._chunks: Queue[bytes | WatchglassError | None] = Queue(maxsize=_MOST_CHUNKS)
        threading.Thread(target=self._run, name="segment-ahead", daemon=True).start()

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they come; what went wrong is raised where it did.

        Raises:
            TransferError: If they are not all delivered.
            AddressRefusedError: If the guard does not let us.
        """
        while True:
            try:
                chunk = self._chunks.get(timeout=_LOOK)
            except Empty:
                if self._is_stopped():
                    raise TransferError("stopped") from None
                continue
            if chunk is None:
                return
            if isinstance(chunk, WatchglassError):
                raise chunk
            yield chunk

    def _run(self) -> None:
        try:
            while self._after is not None and not self._after.wait(_LOOK):
                if self._is_stopped():
                    return
            for chunk in self._fetch():
                if not self._hand_over(chunk):
                    return
            self._hand_over(None)
        except WatchglassError as error:
            self._hand_over(error)
        finally:
            self.done.set()

    def _hand_over(self, chunk: bytes | WatchglassError | None) -> bool:
        while not self._is_stopped():
            try:
                self._chunks.put(chunk, timeout=_LOOK)
            except Full:
                continue
            return True
        return False
