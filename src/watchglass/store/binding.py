"""Binding parts to one file, which appears when it is whole.

Beside ``a.parquet`` lies ``a.parquet.parts`` until then; where nobody came to bind them, the parts can be read
as they are.
"""

import re
import shutil
from pathlib import Path
from types import TracebackType

from watchglass.model.errors import UsageError
from watchglass.store import reason, require

HOUR = re.compile(r"\d{6}-\d{5,}\.\d+\.parquet")
"""Name of a file that holds an hour of a stretch of watching: when it begins (UTC), and what the stretch is called."""


def parts_of(path: Path) -> Path:
    """The folder beside a file of readings that holds its parts until they are bound."""
    return path.with_name(path.name + ".parts")


class Binder:
    """Makes one file of all parts that keepers have left in ``folder``, when it is left itself.

    What an earlier run left there is replaced. It may be entered before processes are forked: pyarrow is imported at
    the end.

    Args:
        path: The file that is to be.
        version: Of watchglass.

    Raises:
        UsageError: There is no pyarrow, or the file cannot be written: then the parts are left where they are.
    """

    def __init__(self, path: Path, version: str) -> None:
        require()
        self.folder = parts_of(path)
        """Where keepers put their parts."""
        self._path = path
        self._version = version

    def __enter__(self) -> "Binder":
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir()
        except OSError as exc:
            raise self._unwritable(exc) from exc
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        from watchglass.store import layout

        lost = {each.name.partition("-")[0] for each in self.folder.glob("*.lost")}
        try:
            whole = self.folder / "whole"
            layout.bind(sorted(self.folder.glob("*.parquet")), whole, self._version)
            whole.replace(self._path)
            shutil.rmtree(self.folder)
        except OSError as exc:
            raise self._unwritable(exc) from exc
        if lost:
            raise UsageError(f"{self._path}: readings of {len(lost)} input(s) could not be written; is the disk full?")

    def _unwritable(self, exc: OSError) -> UsageError:
        return UsageError(f"{self._path}: cannot be written ({reason(exc)})")
