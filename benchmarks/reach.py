"""How many streams one machine watches in real time, and how soon alarms arrive: `make bench-reach`.

Channels of 1080p25 H.264 at 5 Mb/s with a key frame every 2 s and stereo AAC are published by an origin on this machine
(whose cost is told, too) and watched by a real `watchglass serve`, which posts what it finds to a real web server. One
stream, or `--faulty` of them, has a freeze, a black picture and a silence each minute, and so is always watched fully.
For more and more streams, until it is too much (the knee), or for those numbers that `--streams` names:

- what the machine had to do, and what of it was ours (cores), streams per core;
- whether all was found, nothing else was told, and nobody fell behind;
- from the moment at which the segment with a fault's beginning had been served for the first time to the notification,
  beyond the detector's own ``open_after``;
- proportional memory of a stream's process, beside one that only decodes.

    python benchmarks/reach.py [--tier full] [--streams 4,6] [--faulty 1] [--seconds 130]

Reach on two cores: 8 streams in the full tier or 40 in the light tier; median at most 1.0 s, 99 of 100 within 2.0 s, at
80 % of the processors; at most 40 MB a stream beyond a decoder.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reaching.serving import OFTEN, Receiver, Serve, cpu_of, machine, pss_of
from reaching.studio import LOOP, SEGMENT, Aired, Studio, clip_of, key_share
from watchglass.detectors import load
from watchglass.supervisor.shedding import LATE

SIZE, BIT_RATE = (1920, 1080), 5_000_000
STEPS = {"full": (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0), "light": (8, 10, 12, 14, 16, 18, 20, 25, 30)}
"""Streams for each processor."""
CHANNELS = 8
"""Of which the first has a freeze, a black picture and a silence each minute, and the others nothing."""
OPEN_AFTER = {
    "video.freeze": load("video.freeze").settings_type().open_after,
    "video.black": load("video.black").settings_type().alarm_after,
    "audio.silence": load("audio.silence").settings_type().open_after,
}
DATED = 2.5
"""Seconds by which the beginning that is told may be off; in the light tier two key-frame intervals more."""


@dataclass(frozen=True)
class Alarm:
    """A fault, and how long its notification took beyond ``open_after``, in seconds; None if it never came."""

    detector: str
    beyond: float | None


@dataclass(frozen=True)
class Row:
    """One number of streams."""

    streams: int
    watched: int
    busy: float
    ours: float
    origin: float
    behind: float
    shed: int
    alarms: Sequence[Alarm]
    false: Sequence[str]
    memory: float

    @property
    def waits(self) -> list[float]:
        """Of those that came, sorted."""
        return sorted(alarm.beyond for alarm in self.alarms if alarm.beyond is not None)

    @property
    def missing(self) -> int:
        """Faults of which nothing was told."""
        return sum(alarm.beyond is None for alarm in self.alarms)

    @property
    def is_held(self) -> bool:
        """All were watched in real time, as they were asked to be, and nothing was missed."""
        return self.watched == self.streams and not self.shed and self.behind < LATE and not self.missing


def matched(
    news: Sequence[tuple[float, dict]],
    watched: Sequence[Aired],
    since: float,
    until: float,
    slack: float = DATED,
) -> tuple[list[Alarm], list[str]]:
    """Each fault of each stream between two moments with its alarm, dated within ``slack`` seconds; others as well."""
    told: dict[tuple[int, str], list[tuple[float, float, str]]] = {}
    false: list[str] = []
    known: set[str] = set()  # what is told once more under its id is no other alarm
    for at, event in news:
        data = event["data"]
        if data["event"] != "opened" or data["incident"] in known:
            continue
        known.add(data["incident"])
        if not data["stream"].startswith("s"):
            false.append(data["message"])
            continue
        opened = datetime.fromisoformat(data["opened"]).timestamp()
        told.setdefault((int(data["stream"][1:]), data["detector"]), []).append((at, opened, data["message"]))
    alarms = []
    for stream, channel in enumerate(watched):
        for each in channel.occurrences:
            mine = told.get((stream, each.detector), [])
            begins = channel.opened_utc + each.start
            found = next((one for one in mine if abs(one[1] - begins) < slack), None)
            if found is not None:
                mine.remove(found)
            if since <= each.served_at <= until:
                beyond = None if found is None else found[0] - each.served_at - OPEN_AFTER[each.detector]
                alarms.append(Alarm(each.detector, beyond))
    false += [f"s{stream:03d} {detector}: {said}" for (stream, detector), left in told.items() for *_, said in left]
    return alarms, false


def channel_of(stream: int, faulty: int) -> int:
    """Which channel a stream watches: the first one, or one of those without faults."""
    return 0 if stream < faulty else 1 + (stream - faulty) % (CHANNELS - 1)


def measure(studio: Studio, tier: str, channels: Sequence[int], seconds: float, more: str) -> Row:
    """Watch these for so long."""
    receiver, streams = Receiver(), len(channels)
    with tempfile.TemporaryDirectory() as folder:
        urls = [studio.urls[channel] for channel in channels]
        with Serve(Path(folder), urls, receiver.url, tier, f"{more}\n{OFTEN}") as serve:
            serve.until_all_watch(60.0)
            time.sleep(10.0)
            began, cpu, origin, before = time.monotonic(), serve.cpu(), cpu_of(studio.process.pid or 0), machine()
            behind = [0.0]
            while time.monotonic() - began < seconds:
                time.sleep(1.0)
                behind.append(max((each["behind"] for each in serve.status()["streams"]), default=0.0))
            lasted = time.monotonic() - began
            idle, whole = (now - then for now, then in zip(machine(), before, strict=True))
            ours, theirs = (serve.cpu() - cpu) / lasted, (cpu_of(studio.process.pid or 0) - origin) / lasted
            status = serve.status()["streams"]
            memory = statistics.mean(pss_of(each["pid"]) for each in status if each["pid"]) if status else 0.0
            shed = sum(each["tier"] != tier for each in status)
            watched = sum(each["phase"] == "watching" for each in status)
            time.sleep(12.0)  # the last ones are to arrive
            slack = DATED + (2 * SEGMENT if tier == "light" else 0.0)
            aired = studio.aired()
            watched_by = [aired[channel] for channel in channels]
            alarms, false = matched(list(receiver.news), watched_by, began, began + seconds - 1.0, slack)
    return Row(streams, watched, 1.0 - idle / whole, ours, theirs, max(behind), shed, alarms, false, memory)


def show(row: Row) -> None:
    """A line, and what is wrong beneath it."""
    waits = row.waits
    median = statistics.median(waits) if waits else float("nan")
    worst = waits[min(len(waits) - 1, int(0.99 * len(waits)))] if waits else float("nan")
    found = f"{len(waits)} of {len(row.alarms)}"
    print(
        f"{row.streams:7d} {row.busy:8.0%} {row.ours:6.2f} {row.streams / row.ours:9.1f} {row.origin:7.2f} "
        f"{row.behind:7.1f} {row.shed:5d} {found:>11} {median:7.2f} {worst:7.2f} {row.memory:7.1f}",
        flush=True,
    )
    kinds = sorted({alarm.detector for alarm in row.alarms})
    for kind in kinds:
        of_kind = sorted(a.beyond for a in row.alarms if a.detector == kind and a.beyond is not None)
        if of_kind:
            print(f"          {kind}: median {statistics.median(of_kind):.2f} s, most {of_kind[-1]:.2f} s", flush=True)
    for text in sorted(set(row.false)):
        print(f"          beside the faults: {row.false.count(text)} x {text}", flush=True)
    if row.watched < row.streams:
        print(f"          {row.streams - row.watched} were not watched", flush=True)


def decoder_memory(clip: Path) -> float:
    """Proportional memory of a process that decodes such a clip and does nothing else, in MB beyond an idle one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["watchglass.supervisor.preload"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_decode, args=(str(clip), theirs), daemon=True)
    process.start()
    idle = ours.recv()
    decoding = ours.recv()
    process.kill()
    return decoding - idle


def _decode(clip: str, pipe) -> None:
    import av

    pipe.send(pss_of(os.getpid()))
    with av.open(clip) as container:
        container.streams.video[0].codec_context.thread_type = "NONE"
        for number, frame in enumerate(container.decode(container.streams.video[0], container.streams.audio[0])):
            if number == 400:
                pipe.send(pss_of(os.getpid()))
                threading.Event().wait()
            del frame


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", default="full", choices=["full", "light"])
    parser.add_argument("--streams", default="", help="numbers of streams, with commas")
    parser.add_argument("--faulty", type=int, default=1, help="streams with faults")
    parser.add_argument("--seconds", type=float, default=2 * LOOP + 10.0, help="for each number")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    parser.add_argument("--more", default="", help="lines to add to the settings")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    asked = [int(each) for each in arguments.streams.split(",") if each]
    clip, clean = (clip_of(arguments.folder, SIZE, BIT_RATE, is_clean=is_clean) for is_clean in (False, True))
    print(f"{arguments.tier} tier, {cores} cores, 1080p25 H.264 at 5 Mb/s, stereo AAC; seconds")
    print(f"streams with faults: {arguments.faulty}")
    print(f"of its bits {100.0 * key_share(clean):.0f} % are key frames, one every {SEGMENT:g} s")
    print(f"a process that only decodes it: {decoder_memory(clip):.1f} MB beyond one that is idle")
    print("streams   busy   ours  per core  origin  behind  shed       found  median     p99      MB")
    held = 0
    for number in asked or [round(cores * step) for step in STEPS[arguments.tier]]:
        channels = [channel_of(stream, arguments.faulty) for stream in range(number)]
        with Studio(clip, CHANNELS, arguments.seconds + 120.0, clean=clean) as studio:
            row = measure(studio, arguments.tier, channels, arguments.seconds, arguments.more)
        show(row)
        if row.is_held:
            held = number
        elif not asked:
            print(f"in real time: {held} streams; {number} are too many")
            break


if __name__ == "__main__":
    main()
