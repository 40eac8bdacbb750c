"""Whether anything grows: 20 streams of 360p, half an hour, every connection broken again and again: `make drill-soak`.

A real `watchglass serve` watches channels whose server resets every connection for some seconds, one channel after the
other. Each minute: how many streams are watched, and how many of them fully (a machine that cannot keep up watches some
lightly, which takes less memory); memory of each process (proportional), descriptors.

    python benchmarks/soak.py [--streams 20] [--minutes 30] [--tier full]

Held are: at most 2 MB more for each process from minutes 10 to 20 to the last ten (medians of those in which it watched
in the same tier, if there are five of each), descriptors that do not grow, no process that died, every stream watched
again after every outage. Exit code: 1 if one is not.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from reaching.serving import Receiver, Serve, open_files, pss_of
from reaching.studio import Outages, Studio, clip_of

SIZE, BIT_RATE, RATE = (640, 360), 400_000, 12
CHANNELS = 5
SETTLED = 10
"""Minutes after which nothing may grow."""
OVER, ENOUGH = 10, 5
"""Minutes of which the median counts (at any one moment a proof may be cut, or a connection be open), and how many of
them there must be in which a process watched in the same tier."""
MOST_GROWTH = 2.0
"""MB for each process."""


@dataclass(frozen=True)
class Minute:
    """How it stood."""

    memory: dict[int, float]
    """Of each process of a stream, in MB."""
    supervisor: float
    files: dict[int, int]
    watched: int
    tiers: dict[int, str]
    """How fully each of them watches."""
    deaths: int


def look(serve: Serve) -> Minute:
    """Now."""
    streams = serve.status()["streams"]
    pids = [each["pid"] for each in streams if each["pid"]]
    everybody = [serve.process.pid, *pids]
    return Minute(
        {pid: pss_of(pid) for pid in pids},
        pss_of(serve.process.pid),
        {pid: open_files(pid) for pid in everybody},
        sum(each["phase"] == "watching" for each in streams),
        {each["pid"]: each["tier"] for each in streams if each["pid"]},
        sum(each["deaths"] for each in streams),
    )


def show(number: int, minute: Minute, tier: str) -> None:
    """A line."""
    as_asked = sum(each == tier for each in minute.tiers.values())
    memory = list(minute.memory.values())
    children = [count for pid, count in minute.files.items() if pid in minute.memory]
    print(
        f"{number:6d} {minute.watched:8d} {as_asked:6d} "
        f"{statistics.mean(memory):8.1f} {max(memory):8.1f} {minute.supervisor:11.1f} "
        f"{statistics.mean(children):7.1f} {max(children):7d} {minute.deaths:7d}",
        flush=True,
    )


def _usual(minutes: list[Minute]) -> dict[tuple[int, str], float]:
    """What each process mostly had in each tier in which it watched for long enough."""
    had: dict[tuple[int, str], list[float]] = defaultdict(list)
    for minute in minutes:
        for pid, tier in minute.tiers.items():
            had[pid, tier].append(minute.memory[pid])
    return {key: statistics.median(each) for key, each in had.items() if len(each) >= min(ENOUGH, len(minutes))}


def judged(minutes: list[Minute], streams: int) -> list[str]:
    """What was not held."""
    first, last, wrong = minutes[min(SETTLED, len(minutes) - 1)], minutes[-1], []
    settled, ended = _usual(minutes[SETTLED : SETTLED + OVER] or [last]), _usual(minutes[-OVER:])
    growth = {key: ended[key] - settled[key] for key in settled.keys() & ended.keys()}
    if not growth:
        return ["no process watched for long enough in one tier"]
    count = len({pid for pid, _ in growth})
    print(
        f"memory, minutes {SETTLED} to {SETTLED + OVER} and the last {OVER}, medians of {count} processes: mean "
        f"{statistics.mean(growth.values()):+.2f} MB, worst {max(growth.values()):+.2f} MB; supervisor "
        f"{last.supervisor - first.supervisor:+.2f} MB"
    )
    if max(growth.values()) > MOST_GROWTH:
        wrong.append(f"a process grew by {max(growth.values()):.2f} MB (at most {MOST_GROWTH} MB)")
    files = {pid: last.files[pid] - first.files[pid] for pid in first.files.keys() & last.files.keys()}
    print(f"descriptors since minute {SETTLED}: from {min(files.values()):+d} to {max(files.values()):+d} a process")
    if max(files.values()) > 4:  # a connection more or less is open at any moment
        wrong.append(f"descriptors grew by {max(files.values())}")
    if last.deaths:
        wrong.append(f"{last.deaths} processes died")
    if last.watched < streams:
        wrong.append(f"{streams - last.watched} streams are not watched")
    return wrong


def main() -> int:
    """Soak, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--tier", default="full", choices=["full", "light"])
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    arguments = parser.parse_args()
    clip, receiver = clip_of(arguments.folder, SIZE, BIT_RATE, RATE), Receiver()
    minutes: list[Minute] = []
    outages = Outages(every=60.0, lasts=5.0)
    with (
        Studio(clip, CHANNELS, 60.0 * arguments.minutes + 120.0, outages) as studio,
        tempfile.TemporaryDirectory() as folder,
        Serve(
            Path(folder),
            [studio.urls[number % CHANNELS] for number in range(arguments.streams)],
            receiver.url,
            arguments.tier,
        ) as serve,
    ):
        serve.until_all_watch(120.0)
        print("minute  watched   tier  MB mean   MB most  supervisor   files    most  deaths")
        began = time.monotonic()
        for number in range(arguments.minutes + 1):
            time.sleep(max(0.0, began + 60.0 * number - time.monotonic()))
            minutes.append(look(serve))
            show(number, minutes[-1], arguments.tier)
    told = [event["data"] for _, event in receiver.news]
    print(f"{sum(each['event'] == 'opened' for each in told)} incidents were told, {len(told)} pieces of news")
    wrong = judged(minutes, arguments.streams)
    for text in wrong:
        print(f"not held: {text}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
