"""Bytes that one thread receives and another one takes, up to a limit."""

import threading
from collections import deque
from dataclasses import dataclass

_MOST = 16 << 20
"""Bytes that may wait to be taken: what comes beyond them is lost."""


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Where what follows comes over another connection than what was before."""

    why: str
    """Why the one before ended, in words."""
    seconds: float
    """How long there was none."""


class Overrun:
    """Where pieces are missing because they came faster than they were taken."""


class Backlog:
    """What has come and was not taken yet."""

    def __init__(self) -> None:
        self.dropped = 0
        """Pieces that came faster than they were taken, for which there was no more room."""
        self.seam: Rejoin | Overrun | None = None
        """The latest that has been passed."""
        self.is_closed = False
        self._changed = threading.Condition()
        self._waiting: deque[bytes | Rejoin | Overrun] = deque()
        self._size = 0
        self._is_overrun = False

    def put(self, piece: bytes | Rejoin | Overrun) -> None:
        """More has come."""
        size = len(piece) if isinstance(piece, bytes) else 0
        with self._changed:
            if self._size + size > _MOST:
                self.dropped += 1
                self._is_overrun = True
            elif size or not isinstance(piece, bytes):
                if self._is_overrun:
                    self._is_overrun = False
                    self._waiting.append(Overrun())
                self._waiting.append(piece)
                self._size += size
                self._changed.notify_all()

    def take(self, seconds: float) -> bytes:
        """All that has come without a seam, after a wait of so many seconds at most; nothing where nothing did."""
        taken: list[bytes] = []
        rejoins = False
        with self._changed:
            if not self._waiting and not self.is_closed:
                self._changed.wait(seconds)
            while self._waiting:
                piece = self._waiting[0]
                if isinstance(piece, bytes):
                    taken.append(piece)
                    self._size -= len(piece)
                elif taken:
                    break
                elif not rejoins:  # another connection is more than a hole
                    rejoins = isinstance(piece, Rejoin)
                    self.seam = piece
                self._waiting.popleft()
        return b"".join(taken)

    def close(self) -> None:
        """Nobody need wait any more."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()
