"""Keeping what is observed of one input: in parts, each of them whole, so that whatever ends us leaves the others.

A part is written when it is full, and every few seconds as far as it is; it replaces what was written of it before.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from watchglass.model.finding import Finding, Reading
from watchglass.model.media import ClockAnchor, Item, NotWatched, TimelineBreak, Tracks
from watchglass.model.stored import End, Happening, Header
from watchglass.store import happenings, layout, reason

log = logging.getLogger(__name__)

FULL = 1 << 17
"""Rows of a part: about five minutes of pictures and sound."""
EVERY = 10.0
"""Seconds after which what is not yet in a full part is written, too: what a crash may cost."""
_BATCH = 2048
"""Readings of a detector that are gathered before they become columns."""
_LOOK = 64
"""Observations between two looks at the clock."""


class Keeper:
    """Keeps the observations of one input, in the order in which they come.

    Trouble with the disk ends the keeping and not the watching; it is in ``error`` then.

    Args:
        folder: Where the parts go.
        number: Of the input among those of the run, from 0.
        header: What it is.
    """

    def __init__(self, folder: Path, number: int, header: Header) -> None:
        self.error = ""
        """Why keeping ended before its time, as a sentence."""
        self.end = 0.0
        """Media time up to which the source has delivered, in seconds."""
        self._folder = folder
        self._number = number
        self._header = header
        self._order = 0
        self._part = 0
        self._rows = 0
        self._columns: dict[str, _Columns] = defaultdict(_Columns)
        self._happened: list[tuple[int, str]] = []
        self._look_at = _LOOK
        self._written = time.monotonic()

    def watching(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of a source through; breaks of the timeline are kept."""
        for item in items:
            if item.reach > self.end:
                self.end = item.reach
            if type(item) is TimelineBreak:
                self._happens(item)
            yield item

    def add(self, seen: Reading | Finding | Tracks | NotWatched | ClockAnchor) -> None:
        """Keep one observation, as context has passed it on."""
        if self.error:
            return
        if isinstance(seen, Reading):
            self._order += 1
            self._columns[seen.detector].add(self._order, seen)
        else:
            self._happens(seen)
        if self._order >= self._look_at:
            self._look_at = self._order + _LOOK
            if self._order - self._rows >= FULL or time.monotonic() - self._written >= EVERY:
                self._write()

    def close(self, end: End) -> None:
        """Nothing comes any more."""
        self._happens(end)
        self._write()

    def turn(self, end: End, folder: Path, header: Header) -> None:
        """End the parts here, and go on with others elsewhere: all of them in turn are still one input.

        Args:
            end: Of what is kept so far.
            folder: Where the parts go from here on.
            header: What it is from here on.
        """
        self.close(end)
        self.error = ""
        self._folder, self._header = folder, header
        self._begin(0)

    def _happens(self, what: Happening) -> None:
        if self.error:  # nothing is written any more, and so nothing may gather
            return
        self._order += 1
        self._happened.append((self._order, happenings.line(what)))

    def _write(self) -> None:
        """Write the present part; begin the next one if it is full."""
        if self.error:
            return
        path = self._folder / f"{self._number:06}-{self._part:06}.parquet"
        try:
            unfinished = path.with_suffix(".unfinished")
            with layout.writer(unfinished, {self._number: self._header}, self._header.version) as out:
                if self._happened:
                    out.write_table(_happened_table(self._number, self._happened))
                for detector, columns in self._columns.items():
                    if len(columns):
                        out.write_table(columns.table(self._number, detector))
            unfinished.replace(path)
        except OSError as exc:
            self.error = f"{path}: cannot be written ({reason(exc)})"
            log.warning("%s", self.error)
            with suppress(OSError):  # so that whoever binds the parts can tell
                path.with_suffix(".lost").touch()
        self._written = time.monotonic()
        if self._order - self._rows >= FULL or self.error:
            self._begin(self._part + 1)

    def _begin(self, part: int) -> None:
        self._part = part
        self._rows = self._order
        self._columns.clear()
        self._happened.clear()


class _Columns:
    """Readings of one detector, waiting to be written."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Reading]] = []
        self._chunks: list[tuple[NDArray[Any], ...]] = []
        self._series: dict[tuple[str | None, str, str, str], int] = {}

    def add(self, order: int, reading: Reading) -> None:
        self._waiting.append((order, reading))
        if len(self._waiting) >= _BATCH:
            self._fold()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._chunks)

    def table(self, number: int, detector: str) -> Any:
        """All of it, as rows of our schema."""
        self._fold()
        order, series, pts, duration, value = (np.concatenate(each) for each in zip(*self._chunks, strict=True))
        self._chunks = [(order, series, pts, duration, value)]
        words = dict(zip(("track", "name", "unit", "note"), zip(*self._series, strict=True), strict=True))
        columns = {each: _coded(of, series) for each, of in words.items()}
        columns |= {"detector": _coded([detector], np.zeros(len(order), np.int32)), "order": order}
        columns |= {"input": np.full(len(order), number, np.int32), "pts": pts, "duration": duration, "value": value}
        columns["event"] = pa.nulls(len(order), pa.string())
        return pa.table([columns[each] for each in layout.SCHEMA.names], schema=layout.SCHEMA)

    def _fold(self) -> None:
        if not self._waiting:
            return
        orders, readings = zip(*self._waiting, strict=True)
        self._waiting.clear()
        _, track, name, pts, duration, value, unit, note = zip(*readings, strict=True)
        known = self._series
        series = [known.setdefault(kind, len(known)) for kind in zip(track, name, unit, note, strict=True)]
        self._chunks.append(
            (
                np.array(orders, np.int64),
                np.array(series, np.int32),
                *(np.array(each, np.float64) for each in (pts, duration, value)),
            )
        )


def _coded(words: Iterable[str | None], series: NDArray[np.int32]) -> Any:
    """Words by their series, each different one once; what is empty is null."""
    listed = list(words)
    different = list(dict.fromkeys(word for word in listed if word))
    code_of = {word: code for code, word in enumerate(different)}
    codes = np.array([code_of.get(word or "", -1) for word in listed], np.int32)[series]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(different, pa.string()))


def _happened_table(number: int, happened: list[tuple[int, str]]) -> Any:
    orders, lines = zip(*happened, strict=True)
    known = {"input": pa.array([number] * len(lines), pa.int32()), "order": pa.array(orders), "event": pa.array(lines)}
    rest = (known.get(each.name, pa.nulls(len(lines), each.type)) for each in layout.SCHEMA)
    return pa.table(list(rest), schema=layout.SCHEMA)
