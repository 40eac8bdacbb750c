"""Readings of a stream on their way into an archive: parts in a folder for each hour of each stretch of watching.

Whoever keeps them holds a lock on the folder, which is let go when it has all that it shall have, or when its keeper
is dead. ``bind_folder`` then makes one file of it, ``STREAM/YYYY-MM-DD/HHMMSS-RUN.parquet`` (UTC).
"""

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

# Arrow's own allocator takes a gigabyte of addresses at once, of which a stream's process may have few.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import pyarrow as pa

from watchglass.model.finding import Finding, Reading
from watchglass.model.media import ClockAnchor, Item, NotWatched, Tracks
from watchglass.model.stored import End, Header
from watchglass.store import layout, reason
from watchglass.store.keeping import Keeper

log = logging.getLogger(__name__)

HOUR = 3_600.0
_LOCK = "lock"
_NEW = "."
"""What the name of a folder begins with whose lock nobody holds yet."""
_ABANDONED = 600.0
"""Seconds after which such a folder is nobody's."""
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)_(\d{6}-\d+\.\d+)")


class Shelf:
    """Keeps what is observed in one stretch of watching. Trouble with the disk is in ``trouble``, and harms nothing.

    Args:
        folder: Of all that is on its way.
        stream: Its name.
        header: What the readings are.
        now: UTC in seconds since 1970.
        hour: Seconds after which another folder is begun.
    """

    def __init__(self, folder: Path, stream: str, header: Header, now: float, hour: float = HOUR) -> None:
        self.trouble = ""
        """Why nothing is kept at the moment; empty if all is well."""
        self._root, self._header, self._hour = folder / stream, header, hour
        self._tracks: Tracks | None = None
        self._anchor: ClockAnchor | None = None
        self._lock: TextIO | None = None
        self._ends = self._hour_after(now)
        self._keeper = Keeper(self._begun(now), 0, header)

    def watching(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of a source through."""
        return self._keeper.watching(items)

    def add(self, seen: Reading | Finding | Tracks | NotWatched | ClockAnchor) -> None:
        """Keep one observation."""
        if isinstance(seen, Tracks):
            self._tracks = seen
        elif isinstance(seen, ClockAnchor):
            self._anchor = seen
        self._keeper.add(seen)

    def reached(self, now: float) -> None:
        """Time goes by: another hour begins, or there is trouble with the disk.

        Args:
            now: UTC in seconds since 1970.
        """
        if self._keeper.error:
            self.trouble = self._keeper.error
        if now >= self._ends:
            self._turn(now)

    def close(self, end: End) -> None:
        """This stretch is over."""
        self._keeper.close(end)
        self.trouble = self._keeper.error or self.trouble
        self._let_go()

    @property
    def end(self) -> float:
        """Media time up to which the source has delivered, in seconds."""
        return self._keeper.end

    def _turn(self, now: float) -> None:
        """What is needed to judge the next file without this one is said again at its beginning."""
        self._ends = self._hour_after(now)
        end, before = End(self.end, "unwatched"), self._lock
        self._lock = None
        folder = self._begun(now)
        self._keeper.turn(end, folder, replace(self._header, start=self.end))
        if before is not None:
            before.close()
        for known in (self._tracks, self._anchor):
            if known is not None:
                self._keeper.add(known)

    def _begun(self, now: float) -> Path:
        """A folder, and the lock on it; one that is not there, and so cannot be written to, where there is trouble."""
        at = datetime.fromtimestamp(now, UTC)
        name = f"{at:%Y-%m-%d_%H%M%S}-{self._header.run}"
        folder, draft = self._root / name, self._root / (_NEW + name)
        try:
            draft.mkdir(parents=True)
            self._lock = (draft / _LOCK).open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(folder)
        except OSError as error:
            self.trouble = f"{folder}: cannot be made ({reason(error)})"
            self._let_go()
        else:
            self.trouble = ""
        return folder

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _hour_after(self, now: float) -> float:
        return (now // self._hour + 1.0) * self._hour


def finished(folder: Path) -> Iterator[Path]:
    """Folders of parts that have all that they shall have, the oldest first; what nobody began is let go.

    Args:
        folder: Of all that is on its way.
    """
    for each in sorted(folder.glob("*/*"), key=lambda path: path.name):
        if each.name.startswith(_NEW):
            with suppress(OSError):
                if time.time() - each.stat().st_mtime > _ABANDONED and _is_free(each):
                    shutil.rmtree(each)
        elif _NAME.fullmatch(each.name) and _is_free(each):
            yield each


def file_of(folder: Path) -> Path:
    """Which file the parts in a folder are to be, below the archive."""
    match = _NAME.fullmatch(folder.name)
    assert match is not None, folder
    return Path(folder.parent.name, match[1], f"{match[2]}.parquet")


def bind_folder(folder: Path, path: Path, version: str) -> bool:
    """Make one file of parts; False if there is nothing in them. Parts that are broken are set aside.

    Args:
        folder: Of the parts.
        path: The file, which appears when it is whole and on the disk.
        version: Of watchglass.

    Raises:
        OSError: It cannot be written.
    """
    parts = [each for each in sorted(folder.glob("*.parquet")) if _is_whole(each)]
    if not parts:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".unfinished")
    try:
        layout.bind(parts, draft, version)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except pa.ArrowException as error:
        log.warning("%s: set aside, as it cannot be read (%s)", folder, str(error).splitlines()[0])
        draft.unlink(missing_ok=True)
        folder.rename(folder.with_name(f"{folder.name}.bad"))
        return False
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    return True


def _is_whole(part: Path) -> bool:
    try:
        with layout.opened(part):
            return True
    except pa.ArrowException as error:  # a loss of power leaves such ones
        log.warning("%s: set aside, as it cannot be read (%s)", part, str(error).splitlines()[0])
        part.rename(part.with_suffix(".bad"))
        return False


def _is_free(folder: Path) -> bool:
    """True if nobody holds the lock."""
    try:
        with (folder / _LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return folder.is_dir()
    except OSError:
        return False
    return True
