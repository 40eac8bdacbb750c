"""Binding parts to one file, which appears when it is whole.

Beside ``a.parquet`` lies ``a.parquet.parts`` until then; where nobody came to bind them, the parts can be read
as they are.
"""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from watchglass.model.errors import ArchiveError, UsageError
from watchglass.model.stored import Header
from watchglass.store import happenings, layout


def parts_of(path: Path) -> Path:
    """The folder beside a file of readings that holds its parts until they are bound."""
    return path.with_name(path.name + ".parts")


class Binder:
    """Makes one file of the parts of one run; what an earlier run left there is replaced.

    Args:
        path: The file that is to be.
        version: Of watchglass.

    Raises:
        UsageError: It cannot be written.
    """

    def __init__(self, path: Path, version: str) -> None:
        self.folder = parts_of(path)
        """Where keepers put their parts."""
        self._path = path
        self._version = version
        self._headers: dict[int, Header] = {}
        self._bound: set[Path] = set()
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir()
            self._out: Any = layout.writer(self._whole, {}, version)
        except OSError as exc:
            raise _unwritable(path, exc) from exc

    @property
    def _whole(self) -> Path:
        return self.folder / "whole"

    def __enter__(self) -> "Binder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def bind(self, number: int) -> None:
        """Take the parts of an input that has come to its end, or of which no more will come.

        Raises:
            UsageError: They cannot be written a second time.
        """
        for part in sorted(self.folder.glob(f"{number:06}-*.parquet")):
            self._take(part)

    def close(self) -> None:
        """Bind what is left, and let the file appear.

        Raises:
            UsageError: It cannot be written; the parts are left where they are.
        """
        for part in sorted(self.folder.glob("*.parquet")):
            self._take(part)
        try:
            self._out.add_key_value_metadata({layout.INPUTS_KEY: happenings.text_of(self._headers).encode()})
            self._out.close()
            self._whole.replace(self._path)
            shutil.rmtree(self.folder)
        except OSError as exc:
            raise _unwritable(self._path, exc) from exc

    def _take(self, part: Path) -> None:
        if part in self._bound:
            return
        try:
            with pq.ParquetFile(part, pre_buffer=False) as file:
                self._headers |= happenings.headers(file.schema_arrow.metadata[layout.INPUTS_KEY].decode())
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group, use_threads=False)
                    self._out.write_table(rows.replace_schema_metadata(None).cast(layout.SCHEMA))
        except OSError as exc:
            raise _unwritable(self._path, exc) from exc
        except (pa.ArrowException, KeyError) as exc:
            raise ArchiveError(f"{part}: cannot be read back ({exc})") from exc
        self._bound.add(part)


def _unwritable(path: Path, exc: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written ({exc.strerror or exc})")
