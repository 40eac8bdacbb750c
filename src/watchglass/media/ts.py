"""What a transport stream says of its own health: the checks of ETSI TR 101 290 (5.2.1 and 5.2.2).

Times are those of the programme clock (see `ts_clock`): packets are taken to be spaced evenly between its references.
When they arrived is not asked, so that a file is judged like a stream, and the accuracy of references (2.4) is not
measured.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.ts import CLOCK, NONE, NULL, SIZE, WRAP, Counters, Headers, Packets, headers, timestamps
from watchglass.media.ts_clock import PacketClock, jumps
from watchglass.media.ts_packets import PacketCutter
from watchglass.media.ts_sections import CAT_PID, PAT_PID
from watchglass.media.ts_tables import Tables, named
from watchglass.model.transport import TransportCheck

EVERY = 0.5
"""Seconds that are summed up at a time."""
BATCH = 1 << 17
"""Bytes that it is cheapest to look at together."""
MOST_AFTER = 2_000
"""Packets that wait for a clock reference, at most."""
CAT_FOR = 10.0
"""Seconds for which a conditional access table holds (EN 300 468, 5.1.4: tables come at least so often)."""


class Checked(NamedTuple):
    """What was found in a while."""

    begin: float
    end: float
    """Seconds of the stream's own clock since its first packet."""
    values: Mapping[str, float]
    """By indicator: packets, sections or seconds."""
    where: Mapping[str, str]
    """Which PID or table, in words."""

    def item(self, begin: float, *, is_live: bool = False) -> TransportCheck:
        """The same as an item that begins there on the timeline (seconds)."""
        return TransportCheck(begin, self.end - self.begin, self.values, self.where, is_live)


class TransportStream:
    """Checks a stream as it arrives.

    Args:
        batch: Bytes that are looked at together, at least, while they arrive.
    """

    def __init__(self, batch: int = BATCH) -> None:
        self._batch = batch
        self.tables = Tables()
        """What there is."""
        self._cutter = PacketCutter()
        self._counters = Counters()
        self._clock = PacketClock()
        self._held = bytearray()
        self._after = np.empty((0, SIZE), np.uint8)
        """Packets since the last clock reference."""
        self._seen: dict[tuple[str, int], float] = {}
        """When something came last: a table, a packet of a PID, a timestamp."""
        self._pcr: dict[int, tuple[int, float]] = {}
        self._scrambled_at = -CAT_FOR
        self._now = self._begin = 0.0
        self._values: defaultdict[str, float] = defaultdict(float)
        self._where: dict[str, str] = {}

    def feed(self, data: bytes, *, is_last: bool = False) -> Iterator[Checked]:
        """What is known with some more bytes; told every `EVERY` seconds of the stream."""
        self._held += data
        if len(self._held) < self._batch and not is_last:
            return
        yield from self._look_at_held()
        if is_last:
            yield from self._look_at_rest()
            if self._cutter.lost >= SIZE:
                self._slipped(self._cutter.lost)
            yield self._told(self._now, is_last=True)

    def resume(self) -> Iterator[Checked]:
        """Nothing came for a while, which somebody else tells: what comes now is compared with nothing before that."""
        yield from self._look_at_held()
        yield from self._look_at_rest()
        self._forget()
        self._pcr.clear()
        self._clock.resume()

    def _forget(self) -> None:
        """What has begun is not gone on with."""
        self._counters.forget()
        self.tables.lose()

    def _slipped(self, lost: int) -> None:
        """Bytes were out of step."""
        self._forget()
        if self._now or self._values:
            self._add("sync_loss", lost / SIZE, f"{lost} bytes")

    def _look_at_held(self) -> Iterator[Checked]:
        """Look at all that has come."""
        taken, self._held = bytes(self._held), bytearray()
        for packets, lost in self._cutter.feed(taken):
            if lost:
                yield from self._look_at_rest()
                self._slipped(lost)
            yield from self._look_up_to_reference(packets)

    def _look_up_to_reference(self, packets: Packets) -> Iterator[Checked]:
        """What comes after the last clock reference waits for the next: only then it is known when it came."""
        packets = np.concatenate([self._after, packets])
        told = headers(packets)
        references = np.flatnonzero(told.pcr != NONE)
        end = int(references[-1]) + 1 if len(references) else 0
        if len(packets) - end > MOST_AFTER:
            end = len(packets)
        self._after = packets[end:].copy()
        yield from self._look(packets[:end], told.part(0, end))

    def _look_at_rest(self) -> Iterator[Checked]:
        """No reference comes for what waits for one."""
        rest, self._after = self._after, self._after[:0]
        yield from self._look(rest, headers(rest))

    def _look(self, packets: Packets, told: Headers) -> Iterator[Checked]:
        times = self._clock.times(told.pid, told.pcr)
        broken = self._counters.broken(told)
        pts = timestamps(packets, told)
        at = 0
        while at < len(packets):
            end = at + int(np.searchsorted(times[at:], self._begin + EVERY))
            if end > at:
                part = slice(at, end)
                some = told.part(at, end)
                self._count(some, broken[part])
                self._clocks(some, times[part])
                self._timestamps(some.pid, pts[part], times[part])
                self._tables(packets[part], some, broken[part], times[part])
                self._now = float(times[end - 1])
            if end < len(packets):
                yield self._told(self._begin + EVERY)
            at = end

    def _count(self, told: Headers, broken: NDArray[np.bool_]) -> None:
        for name, which in (
            ("sync_byte", ~told.is_synced),
            ("transport_error", told.is_synced & told.is_broken),
            ("continuity", broken),
        ):
            if which.any():
                pids = "" if name == "sync_byte" else named(np.unique(told.pid[which]).tolist())
                self._add(name, float(np.count_nonzero(which)), pids)

    def _clocks(self, told: Headers, times: NDArray[np.float64]) -> None:
        for at in np.flatnonzero(told.pcr != NONE).tolist():
            own, ticks, now = int(told.pid[at]), int(told.pcr[at]), float(times[at])
            before = self._pcr.get(own)
            self._pcr[own] = ticks, now
            if before is None or told.may_break[at]:
                continue
            seconds, lasted = (ticks - before[0]) % WRAP / CLOCK, now - before[1]
            if jumps(seconds, lasted if lasted > 0.0 else None):
                self._add("pcr_discontinuity", 1.0, f"PID {own}")
            else:
                self._most("pcr_repetition", seconds, f"PID {own}")

    def _timestamps(self, pid: NDArray[np.uint16], pts: NDArray[np.int64], times: NDArray[np.float64]) -> None:
        present = np.unique(pid)
        for own in present.tolist():
            self._came("packet", own, float(times[np.flatnonzero(pid == own)[-1]]))
        media = {stream.pid for each in self.tables.programmes.values() for stream in each.streams if stream.is_media}
        for at in np.flatnonzero(pts != NONE).tolist():
            own, now = int(pid[at]), float(times[at])
            before = self._seen.get(("pts", own))
            if before is not None and own in media:
                self._most("pts", now - before, f"PID {own}")
            self._came("pts", own, now)

    def _came(self, what: str, pid: int, now: float) -> None:
        self._seen[what, pid] = now

    def _tables(self, packets: Packets, told: Headers, broken: NDArray[np.bool_], times: NDArray[np.float64]) -> None:
        is_scrambled = told.is_synced & told.is_scrambled & (told.pid != NULL)
        if is_scrambled.any():
            self._scrambled_at = float(times[np.flatnonzero(is_scrambled)[-1]])
            for pid in np.unique(told.pid[is_scrambled]).tolist():
                self._came("pts", pid, self._scrambled_at)  # it cannot be read
        at = 0
        while at < len(packets):  # a table that tells of others is followed by them
            known = self.tables.pids
            wanted = np.isin(told.pid[at:], [*known]) & told.is_synced[at:] & ~told.is_broken[at:]
            for number in (at + np.flatnonzero(wanted)).tolist():
                self._table(packets[number], number, told, bool(broken[number]), float(times[number]))
                if known != self.tables.pids:
                    break
            else:
                return
            at = number + 1

    def _table(self, packet: NDArray[np.uint8], at: int, told: Headers, is_broken: bool, now: float) -> None:
        pid = int(told.pid[at])
        if is_broken:
            self.tables.lose(pid)
        if told.is_scrambled[at]:
            self._add("pat" if pid == PAT_PID else "pmt", 0.0, f"PID {pid} is scrambled")
        elif told.has_payload[at]:
            payload = packet[told.payload_at[at] :].tobytes()
            for what, where in self.tables.feed(pid, payload, begins=bool(told.begins[at])):
                if what == "table":
                    self._came("table", pid, now)
                else:
                    self._add(what, 1.0, where)
            self._expect(now)

    def _expect(self, now: float) -> None:
        """From now on there is more to wait for, or another clock."""
        for pid in self.tables.pids - {CAT_PID}:
            self._seen.setdefault(("table", pid), now)
        for each in self.tables.programmes.values():
            for stream in each.streams:
                self._seen.setdefault(("packet", stream.pid), now)
        if self.tables.clocks and self._clock.pid not in self.tables.clocks:
            self._clock.pid = min(self.tables.clocks)

    def _told(self, end: float, *, is_last: bool = False) -> Checked:
        """Sum up, with how long is still being waited; at the end nobody waits."""
        if not is_last:
            self._wait(end)
        has_cat = end - self._seen.get(("table", CAT_PID), -CAT_FOR) <= CAT_FOR
        needs_cat = self._scrambled_at >= self._begin and not has_cat
        self._most("cat", float(needs_cat), "scrambled packets, and no table says how" if needs_cat else "")
        told = Checked(self._begin, end, dict(self._values), dict(self._where))
        self._begin = end
        self._values.clear()
        self._where.clear()
        return told

    def _wait(self, end: float) -> None:
        for pid in self.tables.pids - {CAT_PID}:
            name = "pat" if pid == PAT_PID else "pmt"
            self._most(name, end - self._seen.get(("table", pid), 0.0), f"PID {pid}")
        streams = [stream for each in self.tables.programmes.values() for stream in each.streams]
        for stream in streams:
            self._most("pid", end - self._seen.get(("packet", stream.pid), 0.0), f"PID {stream.pid}")
            if stream.is_media and ("pts", stream.pid) in self._seen:
                self._most("pts", end - self._seen["pts", stream.pid], f"PID {stream.pid}")
        for pid in self.tables.clocks & {*self._pcr}:
            self._most("pcr_repetition", end - self._pcr[pid][1], f"PID {pid}")

    def _add(self, name: str, value: float, where: str) -> None:
        self._values[name] += value
        self._where.setdefault(name, where)

    def _most(self, name: str, value: float, where: str) -> None:
        if value > self._values[name]:
            self._values[name] = value
            self._where[name] = where
