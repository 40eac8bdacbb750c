"""The segment after the present one, fetched while that is decoded (on demand: live, there is none yet)."""

import logging
import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue

from watchglass.model.errors import TransferError, WatchglassError

log = logging.getLogger(__name__)

_MOST_CHUNKS = 1024
"""Chunks (of at most 64 KiB each) that wait for a reader: the rest of a larger segment comes as it is read."""
_LOOK = 0.1
"""Seconds between two looks at whether anybody still wants it."""


class Transfer:
    """Bytes as they arrive, and how long that took: only waiting for them counts, not what their reader does meanwhile.

    Args:
        chunks: The bytes; nothing happens before they are asked for.
        now: Seconds.

    Attributes:
        seconds: Spent waiting so far.
    """

    def __init__(self, chunks: Iterator[bytes], now: Callable[[], float]) -> None:
        self.seconds = 0.0
        self._chunks = chunks
        self._now = now

    def __iter__(self) -> Iterator[bytes]:
        while True:
            asked_at = self._now()
            try:
                chunk = next(self._chunks, None)
            finally:
                self.seconds += self._now() - asked_at
            if chunk is None:
                return
            yield chunk


class Ahead:
    """Bytes that are fetched in a thread of their own, and read as if they were fetched when they are read.

    Args:
        transfer: Gives the bytes.
        after: Set when it may begin; None for at once.
        is_stopped: True if nobody will read.
    """

    def __init__(self, transfer: Transfer, after: threading.Event | None, is_stopped: Callable[[], bool]) -> None:
        self.done = threading.Event()
        """Set when all has been fetched, or all that can be."""
        self._transfer = transfer
        self._after = after
        self._is_stopped = is_stopped
        self._chunks: Queue[bytes | WatchglassError | None] = Queue(maxsize=_MOST_CHUNKS)
        threading.Thread(target=self._run, name="segment-ahead", daemon=True).start()

    @property
    def seconds(self) -> float:
        """How long the transfer took, so far."""
        return self._transfer.seconds

    def __iter__(self) -> Iterator[bytes]:
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
            for chunk in self._transfer:
                if not self._hand_over(chunk):
                    return
            self._hand_over(None)
        except WatchglassError as error:
            self._hand_over(error)
        except Exception as error:  # a thread must not die in silence: its reader would wait for ever
            log.exception("a segment could not be fetched")
            self._hand_over(TransferError(f"watchglass itself failed while fetching a segment ({error!r})"))
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
