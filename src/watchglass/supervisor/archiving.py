"""Sees that the archivist works, as the loop of the supervisor has it: a process that is begun anew when it dies."""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from watchglass.config.archive import Archive
from watchglass.supervisor import archivist

_AGAIN = 5.0
"""Seconds after which one that has died is begun anew; twice as long each time."""
_LONGEST = 600.0
_LEAVE = 20.0
"""Seconds that the last files may take when serving ends."""


class Archiving:
    """One archivist, if there is an archive.

    Args:
        archive: Where; None for no archive.
        tell: Hears what goes wrong; empty when it is well.
    """

    def __init__(self, archive: Archive | None, tell: Callable[[str], None]) -> None:
        self.archive = archive
        self._tell = tell
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._start_at, self._deaths = 0.0, 0

    def tick(self, now: float) -> None:
        """Hear it, and begin it if it is not there; returns at once.

        Args:
            now: Seconds that never jump.
        """
        if self.archive is None:
            return
        if self._process is None:
            if now >= self._start_at:
                self._start(self.archive, now)
            return
        assert self._pipe is not None
        try:
            while self._pipe.poll():
                self._tell(self._pipe.recv())
                self._deaths = 0
        except (EOFError, OSError):
            self._let_go()
            self._again(now)
            self._tell("its process has died, and is begun anew")

    def use(self, archive: Archive | None) -> None:
        """Go on with another one."""
        if archive != self.archive:
            self.stop(patience=0.0)
            self.archive, self._start_at, self._deaths = archive, 0.0, 0
            self._tell("")

    def stop(self, patience: float = _LEAVE) -> None:
        """Have it end; what it has not done waits on the disk.

        Args:
            patience: Seconds that it may take to make files of the last parts.
        """
        if self._process is None:
            return
        assert self._pipe is not None
        with suppress(OSError):
            self._pipe.send("stop")
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
        self._let_go()

    def _start(self, archive: Archive, now: float) -> None:
        context = get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(target=archivist.run, args=(archive, theirs), daemon=True, name="archivist")
        try:
            process.start()
        except OSError as error:
            ours.close()
            self._again(now)
            self._tell(f"no process can be started ({error.strerror})")
        else:
            self._process, self._pipe = process, ours
        finally:
            theirs.close()

    def _again(self, now: float) -> None:
        self._start_at = now + min(_LONGEST, _AGAIN * 2.0 ** min(self._deaths, 10))
        self._deaths += 1

    def _let_go(self) -> None:
        assert self._process is not None
        assert self._pipe is not None
        self._pipe.close()
        self._process.join(_AGAIN)
        self._process.close()
        self._process = self._pipe = None
