"""Reading back what was kept: inputs, their happenings, and the readings of a detector by column, piece by piece."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from watchglass.model.errors import ArchiveError, NotFoundError
from watchglass.model.frames import Columns
from watchglass.model.stored import Happening, Header
from watchglass.store import happenings, layout, reason
from watchglass.store.binding import HOUR, parts_of


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: where it lies and how many rows it has."""

    path: Path
    number: int
    rows: int


class Kept:
    """One input of an archive. Nothing of it is held but where it lies; it may go to another process."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self._happenings: list[_Group] = []
        self._readings: dict[str, list[_Group]] = {}

    @property
    def detectors(self) -> tuple[str, ...]:
        """Those that measured, whether or not they had anything to say."""
        return tuple(dict.fromkeys((*self.header.settings, *self._readings)))

    def rows(self, detector: str) -> int:
        """How many readings there are of a detector."""
        return sum(group.rows for group in self._readings.get(detector, ()))

    def happenings(self) -> list[tuple[int, Happening]]:
        """All that happened, with its place in the order of everything.

        Raises:
            ArchiveError: It cannot be read.
        """
        found = []
        for group in self._happenings:
            rows = _read(group, ["order", "event"])
            found += [
                (order, happenings.happening(line))
                for order, line in zip(rows["order"].to_pylist(), rows["event"].to_pylist(), strict=True)
            ]
        return found

    def readings(self, detector: str) -> Iterator[Columns]:
        """The readings of a detector in the order in which they were judged, some ten thousand at a time.

        Raises:
            ArchiveError: They cannot be read.
        """
        words: list[str | None] = [None, ""]
        codes: dict[str, int] = {}
        for group in self._readings.get(detector, ()):
            rows = _read(group, ["order", *layout.WORDS, "pts", "duration", "value"])
            coded = {each: _codes(rows[each], words, codes, empty=0 if each == "track" else 1) for each in layout.WORDS}
            numbers = {each: rows[each].to_numpy() for each in ("order", "pts", "duration", "value")}
            yield Columns(detector=detector, words=words, **coded, **numbers)

    def add(self, detector: str | None, group: _Group) -> None:
        """One more row group; None holds happenings."""
        if detector is None:
            self._happenings.append(group)
        else:
            self._readings.setdefault(detector, []).append(group)


def open_archive(path: Path) -> tuple[list[Kept], str]:
    """What is kept in a file of readings, and a sentence if there is something to know about it.

    Args:
        path: The file; or, of a run that was cut off, the folder of its parts or the file that it was to become; or a
            folder of files by the hour, in which those of one stretch of watching are one input.

    Raises:
        NotFoundError: There is no such file.
        ArchiveError: It holds no readings that can be read.
    """
    parts = path if path.is_dir() else parts_of(path)
    if path.is_file():
        later = f"{parts}: a later run that was not finished; name it to see its readings" if parts.is_dir() else ""
        return _inputs([path]), later
    files = sorted(each for each in parts.glob("*.parquet") if re.fullmatch(r"\d{6}-\d{6}", each.stem))
    if files:
        return _inputs(files), f"{path}: the run was cut off; the readings of its parts are used"
    hours = sorted(each for each in parts.rglob("*.parquet") if HOUR.fullmatch(each.name))
    if hours:
        return _inputs(hours), ""
    if path.exists() or parts.is_dir():
        raise ArchiveError(f"{path}: the folder holds no parts of stored readings")
    raise NotFoundError(f"{path}: there is no such file")


def _inputs(files: list[Path]) -> list[Kept]:
    """By what they are: the same one may begin in one file and go on in the next."""
    found: dict[tuple[int, str, str], Kept] = {}
    for file in files:
        metadata, inputs = _opened(file)
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            index = group.column(0).statistics.min
            detector = group.column(2).statistics
            header = inputs[index]
            kept = found.setdefault((index, header.run, header.source), Kept(header))
            name = detector.min if detector is not None and detector.has_min_max else None
            kept.add(name, _Group(file, number, group.num_rows))
    return [found[key] for key in sorted(found, key=lambda key: key[0])]


def _opened(file: Path) -> tuple[Any, dict[int, Header]]:
    """Metadata of Parquet and of ours."""
    try:
        metadata = pq.read_metadata(file)
    except OSError as exc:
        raise ArchiveError(f"{file}: cannot be read ({reason(exc)})") from exc
    except pa.ArrowException as exc:
        raise ArchiveError(f"{file}: is not a whole Parquet file; was it cut off, or is it something else?") from exc
    facts = metadata.metadata or {}
    form = re.fullmatch(r"watchglass\.readings/(\d+)", facts.get(layout.SCHEMA_KEY, b"").decode("utf-8", "replace"))
    if form is None:
        raise ArchiveError(f"{file}: is Parquet, but holds no readings of watchglass")
    if int(form[1]) > layout.FORM:
        by = facts.get(layout.VERSION_KEY, b"?").decode("utf-8", "replace")
        raise ArchiveError(f"{file}: was written by a newer watchglass ({by}); this one cannot read it")
    try:
        return metadata, happenings.headers(facts.get(layout.INPUTS_KEY, b"{}").decode())
    except ArchiveError as exc:
        raise ArchiveError(f"{file}: {exc}") from exc


@lru_cache(maxsize=4)  # of a run that was cut off there may be thousands
def _file(path: Path) -> Any:
    return pq.ParquetFile(path, pre_buffer=False)


def _read(group: _Group, columns: list[str]) -> Any:
    """Some columns of a row group, read without threads: processes may be forked from us."""
    try:
        return _file(group.path).read_row_group(group.number, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as exc:
        raise ArchiveError(f"{group.path}: is damaged ({str(exc).splitlines()[0]})") from exc


def _codes(column: Any, words: list[str | None], codes: dict[str, int], *, empty: int) -> Any:
    """(n,) int32: codes of ``words``, which grows by those that are new."""
    coded = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    here = []
    for word in coded.dictionary.to_pylist():
        if word not in codes:
            codes[word] = len(words)
            words.append(word)
        here.append(codes[word])
    indices = coded.indices.fill_null(len(here)).to_numpy(zero_copy_only=False)
    return np.array([*here, empty], np.int32)[indices]
