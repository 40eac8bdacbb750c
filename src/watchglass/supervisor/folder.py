"""The folder that one process serves from: made if it is not there, and held against others."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from watchglass.model.errors import ConfigError


class Held:
    """A folder that nobody else may serve from; let go when the process ends, however it does.

    Args:
        path: Of a file in it, which is held.

    Raises:
        ConfigError: It cannot be written, or somebody else holds it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a+")
        except OSError as error:
            raise ConfigError(f"{path} cannot be written ({error.strerror})") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            pid = self._file.read().strip() or "?"
            self._file.close()
            raise ConfigError(f"{path.parent}: another watchglass serves from this folder (process {pid})") from None
        with suppress(OSError):  # on a full disk nobody is told who we are
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()

    def close(self) -> None:
        """Let go of it."""
        with suppress(OSError):
            self._file.close()


def made_folder(path: Path) -> Path:
    """The folder, made if it is not there.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"serve.data: {path} cannot be made ({error.strerror})") from None
    return path.resolve()
