"""How long an alarm takes, live: from the media that decides to the line on stdout of a real ``watchglass watch``.

A channel with faults is published by real HTTP origins on loopback, in segments of 2 s and of 6 s; each origin is
watched by a process of its own, begun at another moment of the segment, as nobody joins a channel in step with it;
one more is ended and begun anew all the time, for what the first segments of a watcher are like.
Two spans are measured for each alarm: from the moment at which the last byte of the deciding segment had been handed
to the socket (so the time on the wire counts, too), and from the moment at which the playlist listed it. What had been
listed before the watcher first had the playlist is counted from then instead, in a row of its own. Beside the alarms,
for every segment: how long after its listing the playlist was loaded that shows it.

Reach: at most 1 s after the last byte, and at most half a target duration after the listing.

    python benchmarks/live.py [--seconds S] [--watchers N] [--segments 2,6]
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, pairwise

import av
import numpy as np

from watchglass.faults.channel import Channel, Programme
from watchglass.faults.defects import Defect, Kind
from watchglass.faults.listing import Segment
from watchglass.faults.origin import Origin
from watchglass.faults.pictures import LOOP_SECONDS
from watchglass.faults.server import Answer, Request

SLOTS = ((1.0, 7.5), (9.0, 14.0), (16.0, 20.6), (32.0, 39.5))
"""Stretches of the loop in which a fault looks like one."""
KINDS = {Kind.FREEZE: 3.6, Kind.BLACK: 2.5, Kind.SILENCE: 3.6}
"""What goes wrong, and for how many seconds."""
STRENGTH = {Kind.BLACK: 16.0, Kind.SILENCE: -150.0}
WARM_UP = 12.0
SETTLED = 8
"""Segments after which a watcher has found out when they are listed; what comes before is a row of its own."""
TURN = SETTLED - 0.4
"""Segments for which the one that always joins watches each time, so that it joins at ever other moments of one."""


class Observed(Origin):
    """An origin that also notes when its playlist was asked for."""

    def __init__(self, segments: Sequence[Segment], seconds: float) -> None:
        super().__init__(iter(segments), seconds)
        self.asked_at: list[float] = []

    def answer(self, request: Request) -> Answer:
        """What is there, as ever."""
        if request.path == "/360p.m3u8":
            self.asked_at.append(time.monotonic())
        return super().answer(request)

    def came(self, began: float) -> float:
        """When a watcher that was started then had the playlist."""
        return min((asked for asked in self.asked_at if asked > began), default=began)


@dataclass
class Watcher:
    """One origin, and one process after the other that watches it: one to the end, or many for a ``turn`` each."""

    origin: Observed
    turn: float | None = None
    """Seconds."""
    lines: list[tuple[float, float, dict[str, object]]] = field(default_factory=list)
    """When the process began, when it said it, and what."""
    turns: list[float] = field(default_factory=list)
    """When each process began."""

    def run(self, wait: float) -> None:
        """Watch to the end of the channel, ``wait`` seconds from now."""
        time.sleep(wait)
        while not self.is_over:
            self._watch()

    def _watch(self) -> None:
        command = [sys.executable, "-m", "watchglass", "watch", self.origin.url, "--json"]
        began = time.monotonic()
        self.turns.append(began)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            timer = threading.Timer(self.turn or 0.0, process.terminate)
            if self.turn is not None:
                timer.start()
            for line in process.stdout:  # there is a sign of life every 10 s
                self.lines.append((began, time.monotonic(), json.loads(line)))
                if self.is_over:
                    process.terminate()
                    break
            timer.cancel()

    @property
    def is_over(self) -> bool:
        """True a while after the last segment was listed."""
        return time.monotonic() > max(self.origin.listed_at.values()) + 12.0


@dataclass(frozen=True)
class Alarm:
    """How long one alarm took, in seconds."""

    kind: Kind
    watched: float
    """Seconds since the watcher first had the playlist."""
    after_last_byte: float
    after_listing: float
    was_listed: bool
    """True if the deciding segment was listed before the watcher came."""


def faults(seconds: float, seed: int) -> list[Defect]:
    """One fault in every slot of every cycle, of each kind in turn, at moments that fall anywhere in a segment."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    drawn: list[Defect] = []
    for cycle in range(int(seconds // LOOP_SECONDS) + 1):
        for first, last in SLOTS:
            kind = kinds[len(drawn) % len(kinds)]
            start = cycle * LOOP_SECONDS + round(float(rng.uniform(first, last - KINDS[kind])), 2)
            if start >= WARM_UP and start + KINDS[kind] + 2.0 < seconds:
                drawn.append(Defect(kind, start, KINDS[kind], STRENGTH.get(kind, 0.0)))
    return drawn


def reaches(segments: Sequence[Segment]) -> list[dict[str, float]]:
    """Media time up to which the picture and the sound reach in each segment: sound is muxed a little later."""
    found: list[dict[str, float]] = []
    begins: float | None = None
    for segment in segments:
        ends = {"video": 0.0, "audio": 0.0}
        with av.open(io.BytesIO(segment.data)) as container:
            for packet in container.demux():
                if packet.pts is None:
                    continue
                pts = float(packet.pts * packet.time_base)
                begins = pts if begins is None and packet.stream.type == "video" else begins
                ends[packet.stream.type] = max(
                    ends[packet.stream.type], pts + float(packet.duration * packet.time_base)
                )
        found.append({kind: end - (begins or 0.0) for kind, end in ends.items()})
    return found


def alarms(watcher: Watcher, defects: Sequence[Defect], ends: Sequence[dict[str, float]]) -> list[Alarm]:
    """The first warning of each process about each fault."""
    origin, found, told = watcher.origin, list[Alarm](), set[tuple[float, float]]()
    for began, at, line in watcher.lines:
        is_alarm = line["event"] in ("opened", "changed") and line.get("severity") in ("warning", "critical")
        if not is_alarm or not isinstance(line.get("utc"), str):
            continue
        start, decided = (datetime.fromisoformat(str(line[key])).timestamp() for key in ("start_utc", "utc"))
        for defect in defects:
            is_it = abs(start - origin.opened_utc - defect.start) <= 1.5 and line["detector"] == defect.truth.detector
            if not is_it or (began, defect.start) in told:
                continue
            told.add((began, defect.start))
            kind = "audio" if defect.kind is Kind.SILENCE else "video"
            number = next(n for n, end in enumerate(ends) if end[kind] >= decided - origin.opened_utc - 2e-3)
            came, listed = origin.came(began), origin.listed_at[number]
            served = max(came, origin.served_at[number])
            found.append(Alarm(defect.kind, at - came, at - served, at - max(came, listed), listed < came))
    return found


def waits(watcher: Watcher, seconds: int) -> tuple[list[float], list[float]]:
    """From the listing of each segment to the next load of the playlist: while joining, and settled."""
    joining, settled = list[float](), list[float]()
    for began, after in pairwise([*watcher.turns, float("inf")]):
        loads = [asked for asked in watcher.origin.asked_at if began < asked < after]
        for listed in watcher.origin.listed_at.values():
            if loads and loads[0] < listed <= loads[-1]:
                wait = next(asked for asked in loads if asked >= listed) - listed
                (settled if listed > loads[0] + SETTLED * seconds else joining).append(wait)
    return joining, settled


def measure(segments: list[Segment], defects: list[Defect], seconds: int, watchers: int) -> list[Watcher]:
    """Publish, watch, and compare."""
    with ExitStack() as stack:
        turns = [None] * watchers + [TURN * seconds]
        crew = [Watcher(stack.enter_context(Observed(segments, seconds)), turn) for turn in turns]
        threads = [
            threading.Thread(target=watcher.run, args=(number * seconds / len(crew),))
            for number, watcher in enumerate(crew)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return crew


def tell(found: list[Alarm], seconds: int) -> None:
    """The table for one length of segments."""
    print(f"\nsegments of {seconds} s: {len(found)} alarms")
    print(f"{'':24}{'n':>4}   {'after the last byte':>24}   {'after the listing':>24}   within {seconds / 2:g} s")
    print(f"{'':24}{'':4}   {'median':>12}{'worst':>12}   {'median':>12}{'worst':>12}   of listing")
    came = [alarm for alarm in found if not alarm.was_listed]
    settled = [alarm for alarm in came if alarm.watched > SETTLED * seconds]
    rows = [(f"settled: {kind}", [a for a in settled if a.kind is kind]) for kind in KINDS]
    rows += [("settled", settled), ("joining", [a for a in came if a not in settled])]
    rows += [("listed before we came", [a for a in found if a.was_listed])]
    for name, chosen in rows:
        if chosen:
            byte, listing = [a.after_last_byte for a in chosen], [a.after_listing for a in chosen]
            cells = (statistics.median(byte), max(byte), statistics.median(listing), max(listing))
            within = f"{sum(one <= seconds / 2 for one in listing)} of {len(chosen)}"
            print(f"{name:24}{len(chosen):4}   " + "{:10.2f} s{:10.2f} s   {:10.2f} s{:10.2f} s".format(*cells), within)
    slow = sum(alarm.after_last_byte > 1.0 for alarm in came)
    print(f"more than 1 s after the last byte: {slow} of {len(came)}")


def tell_waits(crew: Sequence[Watcher], seconds: int) -> None:
    """From the listing of a segment to the load that shows it."""
    both = [waits(watcher, seconds) for watcher in crew]
    for name, parts in (("joining", [one for one, _ in both]), ("settled", [one for _, one in both])):
        found = sorted(wait for part in parts for wait in part)
        if found:
            median, most = statistics.median(found), found[len(found) * 95 // 100]
            late = sum(wait > seconds / 2 for wait in found)
            print(
                f"{name}: {len(found)} segments seen {median:.2f} s after their listing (median; "
                f"95 % {most:.2f} s, worst {found[-1]:.2f} s, {late} later than {seconds / 2:g} s)"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="of channel, for each length of segments")
    parser.add_argument(
        "--watchers", type=int, default=2, help="processes that watch all the time, beside the one that joins"
    )
    parser.add_argument("--segments", default="2,6", help="lengths in seconds, even, with commas")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    programme = Programme(given.seed)
    programme.prepare()
    defects = faults(given.seconds, given.seed)
    for seconds in (int(text) for text in given.segments.split(",")):
        channel = Channel(programme, defects, segment_seconds=seconds, seed=given.seed)
        segments = list(islice(channel.segments(), int(given.seconds // seconds)))
        crew, ends = measure(segments, defects, seconds, given.watchers), reaches(segments)
        tell([alarm for watcher in crew for alarm in alarms(watcher, defects, ends)], seconds)
        tell_waits(crew, seconds)


if __name__ == "__main__":
    main()
