"""Makes files of what the processes of streams have kept, and sends them: a process of its own, as pyarrow takes time.

Nothing depends on how it ends: parts that are not yet a file, and files that are not yet sent, wait on the disk for
the next one.
"""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from watchglass import __version__
from watchglass.config.archive import Archive
from watchglass.model.errors import WatchglassError
from watchglass.model.sink import SinkError
from watchglass.sinks.s3 import S3, segment
from watchglass.store import reason
from watchglass.store.binding import HOUR
from watchglass.supervisor.process import settle

log = logging.getLogger(__name__)

_EVERY = 5.0
"""Seconds between two looks for what is finished."""
_FORGET_EVERY = 3_600.0
"""Seconds between two looks for what is old."""
_REST = 60.0
"""Seconds until it is tried again where the disk has failed."""
_FIRST, _LONGEST = 5.0, 900.0
"""Seconds between two attempts to send: the first ones, and the last ones."""
_REFUSED = 3_600.0
"""Seconds until a file that was refused for good is tried again, as somebody may have changed what refuses it."""
_MEMORY = 1 << 30
"""Bytes that it may take."""
_NICE = 10
"""How far it stands back where watching needs the processors."""
_TYPE = "application/vnd.apache.parquet"


def run(archive: Archive, pipe: Connection) -> None:
    """Work until the supervisor says stop, or is gone; what goes wrong is sent to it, and empty when it is well."""
    settle(_MEMORY)
    os.nice(_NICE)
    archivist = Archivist(archive)
    told: str | None = None
    is_over = False
    while True:
        archivist.turn(time.time())
        if archivist.trouble != told:
            told = archivist.trouble
            with suppress(OSError):
                pipe.send(told)
        if is_over:
            return
        try:
            is_over = pipe.poll(_EVERY) and pipe.recv() == "stop"  # then once more, for what has ended meanwhile
        except (EOFError, OSError):
            return


class Archivist:
    """Does it, step by step.

    Args:
        archive: Where everything is.
        connect: Makes who sends.
    """

    def __init__(self, archive: Archive, connect: Callable[[], S3] | None = None) -> None:
        self._archive = archive
        self._connect = connect or (archive.bucket.open if archive.bucket is not None else None)
        self._disk = self._sending = ""
        self._rest_until, self._failures = 0.0, 0
        self._bind_at = self._forget_at = 0.0
        self._refused_until: dict[Path, float] = {}

    @property
    def trouble(self) -> str:
        """What is wrong; empty if all is well."""
        return "; ".join(filter(None, (self._disk, self._sending)))

    def turn(self, now: float) -> None:
        """Do what there is to do.

        Args:
            now: UTC in seconds since 1970.
        """
        if now >= self._bind_at:
            self._bind(now)
        if self._connect is not None and now >= self._rest_until:
            self._send(self._connect, now)
        if self._archive.folder is not None and now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY
            self._forget(self._archive.folder, now - self._archive.keep)

    def _bind(self, now: float) -> None:
        from watchglass.store import shelf

        self._disk = ""
        for parts in shelf.finished(self._archive.parts):
            name = shelf.file_of(parts)
            try:
                if shelf.bind_folder(parts, self._first / name, __version__) and self._first != self._last:
                    _link(self._first / name, self._last / name)
                if parts.exists():
                    shutil.rmtree(parts)
            except OSError as error:
                self._disk = f"{parts}: no file can be made of it ({reason(error)})"
                self._bind_at = now + _REST
                log.warning("%s", self._disk)

    @property
    def _first(self) -> Path:
        """Where a file appears."""
        return self._archive.folder or self._archive.outgoing

    @property
    def _last(self) -> Path:
        """And where it goes from there."""
        return self._archive.outgoing if self._connect is not None else self._first

    def _send(self, connect: Callable[[], S3], now: float) -> None:
        """What waits, the oldest first; a server that fails is left alone for a while."""
        waiting = list(self._waiting())
        trouble, self._sending = self._sending, ""
        with ExitStack() as stack:
            bucket: S3 | None = None
            for path in waiting:
                if now < self._refused_until.get(path, 0.0):
                    self._sending = trouble
                    continue
                try:
                    bucket = bucket or stack.enter_context(closing(connect()))
                    bucket.put_file(self._key(path), path, _TYPE)
                    _remove(path, self._archive.outgoing)
                except SinkError as error:
                    self._sending = f"readings cannot be sent: {error}"
                    if not error.is_final:
                        self._rest(now, error.retry_after)
                        return
                    self._refused_until[path] = now + _REFUSED
                except (WatchglassError, OSError) as error:
                    self._sending = f"readings cannot be sent: {error}"
                    self._rest(now, _LONGEST)
                    return
        self._failures = 0
        self._refused_until = {path: until for path, until in self._refused_until.items() if path in waiting}

    def _rest(self, now: float, at_least: float) -> None:
        pause = max(_FIRST * 2.0 ** min(self._failures, 10), at_least)
        self._failures += 1
        self._rest_until = now + min(_LONGEST, pause)

    def _waiting(self) -> Iterator[Path]:
        files = self._archive.outgoing.glob("*/*/*.parquet")
        yield from sorted((each for each in files if HOUR.fullmatch(each.name)), key=lambda path: path.parts[-2:])

    def _key(self, path: Path) -> str:
        return "/".join(segment(part) for part in path.relative_to(self._archive.outgoing).parts)

    def _forget(self, folder: Path, before: float) -> None:
        """Let go of our own files only: the folder is the user's."""
        for path in folder.glob("*/*/*.parquet"):
            with suppress(OSError):
                if HOUR.fullmatch(path.name) and path.stat().st_mtime < before:
                    _remove(path, folder)


def _link(path: Path, other: Path) -> None:
    """The same file under another name, or a copy where that cannot be; it appears whole."""
    other.parent.mkdir(parents=True, exist_ok=True)
    draft = other.with_suffix(".unfinished")
    draft.unlink(missing_ok=True)
    try:
        os.link(path, draft)
    except OSError:
        shutil.copyfile(path, draft)
    draft.replace(other)


def _remove(path: Path, root: Path) -> None:
    """A file, and the folders that are empty without it."""
    path.unlink()
    for folder in path.parents:
        if folder == root:
            return
        try:
            folder.rmdir()
        except OSError:  # there are others in it
            return
