"""Files that appear when they are whole, and are on the disk then."""

import errno
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from watchglass.model.errors import EvidenceError

ENDING = ".part"
"""Of the names of drafts, which begin with a dot."""
_WORDS: Mapping[int | None, str] = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up"}


class Writing:
    """A file that is written and remembers what went wrong: FFmpeg forgets it.

    Args:
        handle: Of the open file; closed with it.
    """

    def __init__(self, handle: int) -> None:
        self._file = os.fdopen(handle, "w+b")
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write all of it.

        Raises:
            OSError: It cannot be written.
        """
        if self.error is not None:
            return len(data)
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = self.error or error
            raise

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place.

        Raises:
            OSError: What was written before cannot be.
        """
        if self.error is not None:
            return max(0, offset)
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            self.error = self.error or error
            raise

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    def settle(self) -> int:
        """Bring everything to the disk; the size of the file in bytes.

        Raises:
            OSError: Something could not be written, now or before.
        """
        if self.error is not None:
            raise self.error
        self._file.flush()
        os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Let go of it, written or not."""
        with suppress(OSError):
            self._file.close()


def written(path: Path, write: Callable[[Writing], None]) -> int:
    """Write a file beside where it is to be, and put it there once it is on the disk.

    Returns:
        Its size in bytes.

    Raises:
        EvidenceError: It cannot be written; nothing is left behind, and what was there before is still there.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}{ENDING}")
    error: OSError | None = None
    try:
        file = Writing(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640))
        try:
            write(file)
            size = file.settle()
        finally:
            error = file.error
            file.close()
        draft.replace(path)
        sync_folder(path.parent)
    except BaseException as failure:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        if isinstance(failure, Exception):
            raise EvidenceError(f"{path.name}: {_why(error or failure)}") from failure
        raise
    return size


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return _WORDS.get(number, f"it cannot be written ({getattr(error, 'strerror', None) or error})")
