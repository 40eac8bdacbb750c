"""Proof of findings on the disk: a folder for each incident, which appears when it is whole, and goes when it is old.

Names come from outside: whoever asks for a file may ask for any. So they are looked at before they are used, each step
goes from one open folder to the next, and no link is followed.
"""

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from watchglass.model.errors import EvidenceError
from watchglass.store import reason

MOST_BYTES = 20 * 1000**3
MOST_AGE = 30 * 86_400.0
"""Seconds."""
LEAST_FREE = 1 << 30, 0.05
"""Bytes, or this share of the disk where that is less."""

_INCIDENT = re.compile(r"[0-9a-z-]{1,64}", re.ASCII)
_FILE = re.compile(r"[0-9a-z_-]{1,40}\.[0-9a-z]{1,8}", re.ASCII)
_DRAFT, _GONE = ".new-", ".old-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512
"""Bytes in which POSIX counts what a file takes."""


class Tidied(NamedTuple):
    """What tidying has come to."""

    removed: int
    """Incidents whose proof is gone."""
    kept: int
    bytes: int
    """What is left takes so many on the disk."""


class Draft:
    """A folder that is being filled.

    Args:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, data: bytes) -> None:
        """Put a file into it.

        Raises:
            EvidenceError: It cannot be written.
        """
        _expect(_FILE, name)
        try:
            handle = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError as error:
            raise EvidenceError(f"{name}: {_words(error)}") from error


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    bytes: int
    changed_utc: float


class EvidenceFolder:
    """All proof that is kept on this machine; several processes may use it at once.

    Args:
        root: Where it is; made if it is not there.
        most_bytes: What it may take on the disk.
        most_age: Seconds for which it is kept.
        least_free: Bytes that stay free on the disk; as ``LEAST_FREE`` has it where not given.

    Raises:
        EvidenceError: It cannot be made.
    """

    def __init__(
        self,
        root: Path,
        most_bytes: int = MOST_BYTES,
        most_age: float = MOST_AGE,
        *,
        least_free: int | None = None,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_age = most_age
        self._least_free = least_free
        try:
            root.mkdir(parents=True, exist_ok=True, mode=0o750)
            self.root = root.resolve(strict=True)
            os.close(os.open(self.root, _FOLDER))
        except OSError as error:
            raise EvidenceError(f"{root}: {_words(error)}") from error

    @contextmanager
    def keeping(self, incident: str) -> Iterator[Draft]:
        """Fill a folder; it is there when the block has ended well, in the place of one that was there before.

        Raises:
            EvidenceError: There is not enough space, or it cannot be written; then all is as it was.
        """
        _expect(_INCIDENT, incident)
        self._expect_space()
        root, name, lock = -1, "", -1
        try:
            root = os.open(self.root, _FOLDER)
            name, lock = _draft(root, incident)
            yield Draft(self.root / name)
            _sync(lock)
            _replace(root, name, incident)
        except OSError as error:
            raise EvidenceError(f"{incident}: {_words(error)}") from error
        finally:
            if name:  # it has its name no more where all went well
                with suppress(OSError):
                    shutil.rmtree(name, dir_fd=root)
            for handle in (lock, root):
                if handle >= 0:
                    os.close(handle)

    def incidents(self) -> list[str]:
        """Those that there is proof of, the oldest first.

        Raises:
            EvidenceError: The folder cannot be read.
        """
        return [entry.name for entry in self._entries()]

    def files(self, incident: str) -> dict[str, int]:
        """The files of an incident and their sizes in bytes.

        Raises:
            EvidenceError: There is none of it.
        """
        with self._folder(incident) as folder:
            found = {}
            for name in sorted(_names(folder)):
                about = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if _FILE.fullmatch(name) and stat.S_ISREG(about.st_mode):
                    found[name] = about.st_size
            return found

    def open(self, incident: str, name: str) -> BinaryIO:
        """One file of an incident, to be read and closed.

        Raises:
            EvidenceError: There is no such file.
        """
        _expect(_FILE, name)
        with self._folder(incident) as folder:
            try:
                # Nobody waits for the other end of a pipe, either.
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                handle = os.open(name, flags, dir_fd=folder)
            except OSError as error:
                raise EvidenceError("there is no such file") from error
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                os.close(handle)
                raise EvidenceError("there is no such file")
            return os.fdopen(handle, "rb")

    def tidy(self, now: float) -> Tidied:
        """Delete what is too old, and the oldest until the rest is not too much; and what killed writers have left.

        Args:
            now: UTC.

        Raises:
            EvidenceError: The folder cannot be read.
        """
        try:
            root = os.open(self.root, _FOLDER)
        except OSError as error:
            raise EvidenceError(f"{self.root}: {_words(error)}") from error
        try:
            drafts = _clear_leftovers(root)
            entries = self._entries()
            held, removed = drafts + sum(entry.bytes for entry in entries), 0
            for entry in entries:
                if held <= self._most_bytes and now - entry.changed_utc <= self._most_age:
                    break
                if _remove(root, entry.name):
                    held -= entry.bytes
                    removed += 1
            return Tidied(removed, len(entries) - removed, held)
        finally:
            os.close(root)

    @contextmanager
    def _folder(self, incident: str) -> Iterator[int]:
        _expect(_INCIDENT, incident)
        handles: list[int] = []
        try:
            try:
                handles.append(os.open(self.root, _FOLDER))
                handles.append(os.open(incident, _FOLDER, dir_fd=handles[0]))
            except OSError as error:
                raise EvidenceError("there is no proof of this incident") from error
            yield handles[1]
        finally:
            for handle in handles:
                os.close(handle)

    def _entries(self) -> list[_Entry]:
        """What is there, the oldest first."""
        try:
            with os.scandir(self.root) as listing:
                names = [each.name for each in listing if _INCIDENT.fullmatch(each.name)]
        except OSError as error:
            raise EvidenceError(f"{self.root}: {_words(error)}") from error
        found = []
        for name in names:
            with suppress(EvidenceError, OSError), self._folder(name) as folder:  # it may have gone meanwhile
                found.append(_Entry(name, _taken(folder), os.fstat(folder).st_mtime))
        return sorted(found, key=lambda entry: (entry.changed_utc, entry.name))

    def _expect_space(self) -> None:
        try:
            disk = os.statvfs(self.root)
        except OSError as error:
            raise EvidenceError(f"{self.root}: {_words(error)}") from error
        free, least = disk.f_bavail * disk.f_frsize, self._least_free
        if least is None:
            least = min(LEAST_FREE[0], int(LEAST_FREE[1] * disk.f_blocks * disk.f_frsize))
        if free < least:
            raise EvidenceError(
                f"{self.root}: no proof is kept: {free / 1e9:.2f} GB are free on the disk, "
                f"and {least / 1e9:.2f} GB are to stay free"
            )


def _names(folder: int) -> list[str]:
    return os.listdir(folder)


def _expect(form: re.Pattern[str], name: str) -> None:
    if not form.fullmatch(name):
        raise EvidenceError("there is no such name")


def _draft(root: int, incident: str) -> tuple[str, int]:
    """A new folder, and the lock on it, which goes with its writer however that ends."""
    while True:
        name = f"{_DRAFT}{incident}-{secrets.token_hex(6)}"
        os.mkdir(name, 0o750, dir_fd=root)
        try:
            handle = os.open(name, _FOLDER, dir_fd=root)
        except FileNotFoundError:  # somebody who tidies was faster
            continue
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # else they were faster than the lock
            return name, handle
        os.close(handle)


def _replace(root: int, name: str, incident: str) -> None:
    """Give a draft its name; what had that name before goes."""
    old = f"{_GONE}{incident}-{secrets.token_hex(6)}"
    with suppress(FileNotFoundError):
        os.rename(incident, old, src_dir_fd=root, dst_dir_fd=root)
    os.rename(name, incident, src_dir_fd=root, dst_dir_fd=root)
    os.fsync(root)
    _remove(root, old)


def _sync(folder: int) -> None:
    """Bring all files of a folder to the disk, and their names."""
    for name in _names(folder):
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    os.fsync(folder)


def _taken(folder: int) -> int:
    """Bytes that a folder takes on the disk."""
    about = [os.fstat(folder), *(os.stat(name, dir_fd=folder, follow_symlinks=False) for name in _names(folder))]
    return sum(each.st_blocks * _BLOCK for each in about)


def _clear_leftovers(root: int) -> int:
    """Delete drafts whose writers are no more; what those of others take on the disk, in bytes."""
    held = 0
    for name in _names(root):
        if not name.startswith((_DRAFT, _GONE)):
            continue
        try:
            handle = os.open(name, _FOLDER, dir_fd=root)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with suppress(OSError):
                held += _taken(handle)
        else:
            _remove(root, name)
        finally:
            os.close(handle)
    return held


def _remove(root: int, name: str) -> bool:
    """Delete a folder, without following links; True if it is gone."""
    with suppress(OSError):
        shutil.rmtree(name, dir_fd=root)
    try:
        left = os.stat(name, dir_fd=root, follow_symlinks=False)
        if stat.S_ISLNK(left.st_mode):
            os.unlink(name, dir_fd=root)
        return stat.S_ISLNK(left.st_mode)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _words(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else f"it cannot be used ({reason(error)})"
