"""Readings by column, and the decisions that they make up: many at once, where one by one would take too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.model.finding import Reading


@dataclass(frozen=True, eq=False)
class Columns:
    """Readings of one detector in the order in which they were judged; all arrays are (n,)."""

    detector: str
    words: Sequence[str | None]
    """What the codes stand for; grows, and never changes."""
    order: NDArray[np.int64]
    """Places in all that was observed of the input."""
    track: NDArray[np.int32]
    """Codes of words, and so are ``name``, ``unit`` and ``note``."""
    name: NDArray[np.int32]
    unit: NDArray[np.int32]
    note: NDArray[np.int32]
    pts: NDArray[np.float64]
    """Seconds."""
    duration: NDArray[np.float64]
    """Seconds."""
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Columns":
        return self._with(*(getattr(self, each)[rows] for each in _ARRAYS))

    def followed_by(self, other: "Columns") -> "Columns":
        """Both, this one first; they share their words."""
        if not len(self):
            return other
        return self._with(*(np.concatenate([getattr(self, each), getattr(other, each)]) for each in _ARRAYS))

    def _with(self, *arrays: NDArray[Any]) -> "Columns":
        return Columns(self.detector, self.words, *arrays)

    def is_word(self, codes: NDArray[np.int32], *wanted: str | None) -> NDArray[np.bool_]:
        """(n,): where the codes stand for one of the wanted words."""
        is_wanted = np.array([word in wanted for word in self.words], np.bool_)
        return is_wanted[codes]

    def spelt(self, codes: NDArray[np.int32]) -> list[Any]:
        """The words that codes stand for."""
        listed: list[Any] = np.array(self.words, object)[codes].tolist()
        return listed

    def readings(self) -> Iterator[Reading]:
        """One reading after the other."""
        texts = (self.spelt(codes) for codes in (self.track, self.name, self.unit, self.note))
        track, name, unit, note = texts
        numbers = (self.pts.tolist(), self.duration.tolist(), self.value.tolist())
        # There are millions of them: this makes named tuples without a call for each.
        return map(partial(tuple.__new__, Reading), zip(repeat(self.detector), track, name, *numbers, unit, note))


_ARRAYS = ("order", "track", "name", "unit", "note", "pts", "duration", "value")


class Frames:
    """Columns cut into decisions: the readings up to and including one that ``decided_by`` names.

    Args:
        columns: Readings; the last of them decides.
        ends: (n,) rows of the readings that decide.
    """

    def __init__(self, columns: Columns, ends: NDArray[np.intp]) -> None:
        self.columns = columns
        self.ends = ends

    @classmethod
    def cut(cls, columns: Columns, decided_by: Sequence[str]) -> tuple["Frames", Columns]:
        """The decisions, and the readings after the last one."""
        ends = np.flatnonzero(columns.is_word(columns.name, *decided_by))
        whole = int(ends[-1]) + 1 if len(ends) else 0
        return cls(columns[:whole], ends), columns[whole:]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, wanted: slice | NDArray[np.bool_]) -> "Frames":
        """Some of the decisions, in their order."""
        if isinstance(wanted, slice):
            first, last, _ = wanted.indices(len(self))
            begin = int(self.ends[first - 1]) + 1 if first else 0
            end = int(self.ends[last - 1]) + 1 if last > first else begin
            return Frames(self.columns[begin:end], self.ends[first:last] - begin)
        sizes = np.diff(self.ends, prepend=-1)
        return Frames(self.columns[np.repeat(wanted, sizes)], sizes[wanted].cumsum() - 1)

    def followed_by(self, other: "Frames") -> "Frames":
        """Both, this one first."""
        ends = np.concatenate([self.ends, other.ends + len(self.columns)])
        return Frames(self.columns.followed_by(other.columns), ends)

    @property
    def value(self) -> NDArray[np.float64]:
        """(n,): what decides."""
        return self.columns.value[self.ends]

    @property
    def deciding(self) -> Columns:
        """The readings that decide, alone."""
        return self.columns[self.ends]

    @cached_property
    def before(self) -> Columns:
        """All others."""
        others = np.ones(len(self.columns), np.bool_)
        others[self.ends] = False
        return self.columns[others]

    @cached_property
    def _number(self) -> NDArray[np.intp]:
        """Of each row: the decision that it belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.ends, prepend=-1))

    def of(self, name: str) -> NDArray[np.float64]:
        """(n,): the last reading of this name in each decision, NaN where there is none."""
        found = np.full(len(self), np.nan)
        rows = np.flatnonzero(self.columns.is_word(self.columns.name, name))
        found[self._number[rows]] = self.columns.value[rows]
        return found
