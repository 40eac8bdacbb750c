"""How long an alarm takes, live: from the media that decides to the line on stdout of a real ``watchglass watch``.

A channel with faults is published by real HTTP origins on loopback, in segments of 2 s and of 6 s; each origin is
watched by a process of its own, begun at another moment of the segment, as nobody joins a channel in step with it.
Two spans are measured for each alarm: from the moment at which the last byte of the deciding segment had been handed
to the socket (so the time on the wire counts, too), and from the moment at which the playlist listed it.

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
from itertools import islice

import av
import numpy as np

from watchglass.faults.channel import Channel, Programme, Segment
from watchglass.faults.defects import Defect, Kind
from watchglass.faults.origin import Origin
from watchglass.faults.pictures import LOOP_SECONDS

SLOTS = ((1.0, 7.5), (9.0, 14.0), (16.0, 20.6), (32.0, 39.5))
"""Stretches of the loop in which a fault looks like one."""
KINDS = {Kind.FREEZE: 3.6, Kind.BLACK: 2.5, Kind.SILENCE: 3.6}
"""What goes wrong, and for how many seconds."""
STRENGTH = {Kind.BLACK: 16.0, Kind.SILENCE: -150.0}
WARM_UP = 12.0
SETTLED = 8
"""Segments after which a watcher has found out when they are listed; what comes before is a row of its own."""


@dataclass
class Watcher:
    """One origin, and one process that watches it."""

    origin: Origin
    lines: list[tuple[float, dict[str, object]]] = field(default_factory=list)
    began: float = 0.0

    def run(self, wait: float) -> None:
        """Watch to the end of the channel, ``wait`` seconds from now."""
        time.sleep(wait)
        command = [sys.executable, "-m", "watchglass", "watch", self.origin.url, "--json"]
        self.began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:  # there is a sign of life every 10 s
                self.lines.append((time.monotonic(), json.loads(line)))
                if self.is_over:
                    process.terminate()
                    break

    @property
    def is_over(self) -> bool:
        """True a while after the last segment was listed."""
        return time.monotonic() > max(self.origin.listed_at.values()) + 12.0


@dataclass(frozen=True)
class Alarm:
    """How long one alarm took, in seconds."""

    kind: Kind
    watched: float
    """Seconds for which the stream had been watched before."""
    after_last_byte: float
    after_listing: float


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
    """The first warning about each fault."""
    origin, found = watcher.origin, []
    for defect in defects:
        for at, line in watcher.lines:
            told = line.get("utc")
            is_alarm = line["event"] in ("opened", "changed") and line.get("severity") in ("warning", "critical")
            if not is_alarm or line["detector"] != defect.truth.detector or not isinstance(told, str):
                continue
            began = datetime.fromisoformat(str(line["start_utc"])).timestamp() - origin.opened_utc
            if abs(began - defect.start) > 1.5:
                continue
            decided = datetime.fromisoformat(told).timestamp() - origin.opened_utc
            kind = "audio" if defect.kind is Kind.SILENCE else "video"
            number = next(number for number, end in enumerate(ends) if end[kind] >= decided - 2e-3)
            found.append(
                Alarm(defect.kind, at - watcher.began, at - origin.served_at[number], at - origin.listed_at[number])
            )
            break
    return found


def measure(segments: list[Segment], defects: list[Defect], seconds: int, watchers: int) -> list[Alarm]:
    """Publish, watch, and compare."""
    with ExitStack() as stack:
        crew = [Watcher(stack.enter_context(Origin(iter(segments), seconds))) for _ in range(watchers)]
        threads = [
            threading.Thread(target=watcher.run, args=(number * seconds / watchers,))
            for number, watcher in enumerate(crew)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    ends = reaches(segments)
    return [alarm for watcher in crew for alarm in alarms(watcher, defects, ends)]


def tell(found: list[Alarm], expected: int, seconds: int) -> None:
    """The table for one length of segments."""
    print(f"\nsegments of {seconds} s: {len(found)} of {expected} alarms")
    settled = [alarm for alarm in found if alarm.watched > SETTLED * seconds]
    print(f"{'':10}{'n':>4}   {'after the last byte':>24}   {'after the listing':>24}")
    print(f"{'':10}{'':4}   {'median':>12}{'worst':>12}   {'median':>12}{'worst':>12}")
    rows = [(str(kind), [a for a in settled if a.kind is kind]) for kind in KINDS]
    rows += [("all", settled), ("joining", [a for a in found if a not in settled])]
    for name, chosen in rows:
        if chosen:
            byte, listing = [a.after_last_byte for a in chosen], [a.after_listing for a in chosen]
            cells = (statistics.median(byte), max(byte), statistics.median(listing), max(listing))
            print(f"{name:10}{len(chosen):4}   " + "{:10.2f} s{:10.2f} s   {:10.2f} s{:10.2f} s".format(*cells))
    within = sum(a.after_last_byte <= 1.0 for a in settled), sum(a.after_listing <= seconds / 2 for a in settled)
    print(
        f"of {len(settled)}: {within[0]} within 1 s of the last byte, {within[1]} within {seconds / 2:g} s of listing"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="of channel, for each length of segments")
    parser.add_argument("--watchers", type=int, default=2, help="processes that watch at the same time")
    parser.add_argument("--segments", default="2,6", help="lengths in seconds, even, with commas")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    programme = Programme(given.seed)
    programme.prepare()
    defects = faults(given.seconds, given.seed)
    for seconds in (int(text) for text in given.segments.split(",")):
        channel = Channel(programme, defects, segment_seconds=seconds, seed=given.seed)
        segments = list(islice(channel.segments(), int(given.seconds // seconds)))
        tell(measure(segments, defects, seconds, given.watchers), len(defects) * given.watchers, seconds)


if __name__ == "__main__":
    main()
