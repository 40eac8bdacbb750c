"""What the tables of a transport stream say now, and what of it is news."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from watchglass.kernels.ts import NULL
from watchglass.media.ts_sections import (
    CAT,
    CAT_PID,
    PAT,
    PAT_PID,
    PMT,
    Programme,
    Sections,
    is_whole,
    programme,
    programmes,
)  # fmt: skip


class News(NamedTuple):
    """Something that a section said."""

    what: Literal["table", "crc", "wrong_table", "programme"]
    """A table came; a broken one; one that should not be there; or a programme that is another than before."""
    where: str
    """In words."""


class Tables:
    """Reads the association of programmes, their maps, and conditional access."""

    def __init__(self) -> None:
        self.programmes: dict[int, Programme] = {}
        """What the maps say now, by number of the programme."""
        self.version = 0
        """Counts the changes of what there is: programmes come, go, or have other streams."""
        self._sections: dict[int, Sections] = {PAT_PID: Sections(), CAT_PID: Sections()}
        self._known: dict[tuple[int, bytes], bytes] = {}
        """The last section of each kind, number and part: most come again and again as they were."""
        self._maps: dict[int, dict[int, int]] = {}
        """PIDs of maps by number of the programme, by part of the association."""

    @property
    def pids(self) -> set[int]:
        """Where tables are expected."""
        return {*self._sections}

    @property
    def clocks(self) -> set[int]:
        """PIDs of the programmes' clocks."""
        return {each.pcr_pid for each in self.programmes.values()} - {NULL}

    def lose(self, pid: int | None = None) -> None:
        """A packet of a PID is missing, or one of any."""
        for sections in self._sections.values() if pid is None else [self._sections[pid]]:
            sections.lose()

    def feed(self, pid: int, payload: bytes, *, begins: bool) -> Iterator[News]:
        """What another packet of one of these PIDs says."""
        for section in self._sections[pid].feed(payload, begins=begins):
            wanted = {PAT_PID: PAT, CAT_PID: CAT}.get(pid, PMT)
            kind = section[:1] + section[3:5] + section[6:7]
            if self._known.get((pid, kind)) != section:
                if not is_whole(section):
                    yield News("crc", f"PID {pid}")
                    continue
                if section[0] == wanted:
                    self._known[pid, kind] = section
                    yield from self._learn(pid, section)
            if section[0] == wanted:
                yield News("table", f"PID {pid}")
            elif pid in (PAT_PID, CAT_PID):
                yield News("wrong_table", f"table {section[0]:#04x} on PID {pid}")

    def _learn(self, pid: int, section: bytes) -> Iterator[News]:
        if pid == PAT_PID:
            yield from self._associate(section)
        elif pid != CAT_PID:
            found = programme(section)
            if found is None:
                return
            before = self.programmes.get(found.number)
            self.programmes[found.number] = found
            self.version += before is None or before[2:] != found[2:]
            if before is not None and before.streams != found.streams:
                yield News("programme", _changed(before, found))

    def _associate(self, section: bytes) -> Iterator[News]:
        """Programmes come and go."""
        part, last = section[6:8] if len(section) > 7 else (0, 0)
        self._maps = {number: maps for number, maps in self._maps.items() if number <= last}
        self._maps[part] = programmes(section)
        maps = {number: pid for each in self._maps.values() for number, pid in each.items()}
        if len(self._maps) <= last:
            return  # some of it is still to come
        for number in {*self.programmes} - {*maps}:
            del self.programmes[number]
            self.version += 1
            yield News("programme", f"programme {number} went")
        wanted = {PAT_PID, CAT_PID, *maps.values()}
        self._known = {key: known for key, known in self._known.items() if key[0] in wanted}
        self._sections = {pid: self._sections.get(pid) or Sections() for pid in wanted}


def _changed(before: Programme, after: Programme) -> str:
    """Which streams came and went, in words."""
    told = []
    for what, mine, other in (("went", before, after), ("came", after, before)):
        pids = sorted({stream.pid for stream in mine.streams} - {stream.pid for stream in other.streams})
        if pids:
            told.append(f"{named(pids)} {what}")
    return ", ".join(told) or "the same PIDs with other streams"


def named(pids: list[int]) -> str:
    """PIDs in words, the first few."""
    few = ", ".join(map(str, pids[:4]))
    return f"PID {few}" if len(pids) == 1 else f"PIDs {few}"
