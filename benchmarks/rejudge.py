"""How long does it take to judge a day again? `make bench-rejudge`.

Keeps a day of readings: those of two minutes of the demo's channel over and over, no two times quite the same, and once
every two hours with a freeze, a black and a silence in it. Then judges them again: each detector alone in this process,
and all of them as `watchglass rejudge` does. Prints seconds, and the size of the file.

    python benchmarks/rejudge.py [--hours H] [--keep FILE] [--detectors ID,...] [--clip FILE]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import numpy as np

from watchglass import __version__
from watchglass.config.build import chosen, crew
from watchglass.config.examine import Plan, spare_collector
from watchglass.config.keep import header
from watchglass.config.rejudge import again
from watchglass.media.source import open_source
from watchglass.model.finding import Finding, Reading
from watchglass.model.media import Tracks
from watchglass.model.stored import End
from watchglass.monitor.watch import Observation, watch

SECONDS = 120.0
BROKEN_EVERY = 60
"""Programmes from one with defects to the next."""


def clip(path: Path, *, broken: bool) -> Path:
    """Two minutes of the demo's channel, small, with or without defects."""
    from watchglass.faults.channel import write_clip
    from watchglass.faults.defects import Defect, Kind

    defects = [Defect(Kind.FREEZE, 20.0, 4.0), Defect(Kind.BLACK, 50.0, 3.0), Defect(Kind.SILENCE, 80.0, 4.0)]
    write_clip(path, int(SECONDS), defects if broken else [], size=(320, 180))
    return path


class Programme:
    """What the default detectors measure in a clip, to be told again and again."""

    def __init__(self, path: Path, seconds: float) -> None:
        plan = Plan()
        with open_source(str(path), plan.options()) as source:
            seen = [each for each in watch(source, crew(plan.config)) if not isinstance(each, Finding)]
        self.tracks: list[Observation] = [each for each in seen if isinstance(each, Tracks)]
        self.readings = [each for each in seen if isinstance(each, Reading)]
        self.pts = np.array([each.pts for each in self.readings])
        self.values = np.array([each.value for each in self.readings])
        self.seconds = seconds

    def told(self, turn: int) -> Iterator[Reading]:
        """The same some time later, and a little different, without new bits where the measurement has fewer."""
        values = np.where(self.values == self.values.round(), self.values, self.values * (1.0 + 2e-6 * (turn % 500)))
        single = self.values == self.values.astype(np.float32)
        values = np.where(single, values.astype(np.float32).astype(np.float64), values)
        pts = self.pts + turn * self.seconds
        for was, at, value in zip(self.readings, pts.tolist(), values.tolist(), strict=True):
            yield Reading(was.detector, was.track, was.name, at, was.duration, value, was.unit, was.note)


def keep(path: Path, programmes: Sequence[Programme], turns: int) -> None:
    """Keep the readings of many turns, the last of the programmes now and then."""
    from watchglass.store.binding import Binder
    from watchglass.store.keeping import Keeper

    began, rows = time.process_time(), 0
    with Binder(path, __version__) as binder:
        keeper = Keeper(binder.folder, 0, header(Plan(), "a day", "bench"))
        for seen in programmes[0].tracks:
            keeper.add(seen)
        for turn in range(turns):
            programme = programmes[-1 if turn % BROKEN_EVERY == BROKEN_EVERY // 2 else 0]
            for reading in programme.told(turn):
                keeper.add(reading)
                rows += 1
        keeper.close(End(turns * programmes[0].seconds, "ended"))
        kept = time.process_time()
    bound = time.process_time()
    hours = turns * programmes[0].seconds / 3600.0
    size = path.stat().st_size
    print(
        f"{rows:,} readings of {hours:.1f} h: {kept - began:.0f} s of CPU to make and keep, {bound - kept:.0f} to bind"
    )
    print(f"{size / 1e6:.0f} MB, {size / rows:.1f} bytes a reading; a day: {size / 1e6 * 24.0 / hours:.0f} MB\n")


def judge(path: Path, names: Sequence[str]) -> None:
    """Each detector alone, then all of them as the command does."""
    from watchglass.store.archive import open_archive

    [kept], _ = open_archive(path)
    everything = again(kept, None, ())
    print(f"{'alone':18} {'readings':>12} {'CPU s':>7}")
    for name in names:
        began = time.process_time()  # a busy machine makes the wall clock say more
        judged = everything.judge(name)
        found = sum(isinstance(what, Finding) for _, what in judged.said)
        print(f"{name:18} {kept.rows(name):12,} {time.process_time() - began:7.1f}  {found} told", flush=True)
    began, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "watchglass", "rejudge", str(path), "--fail-on", "never", "--json", "-"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - began, getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    held = after.ru_maxrss / 1e3
    print(f"\n`watchglass rejudge`, all of them: {cpu:.1f} s of CPU in {took:.1f} s, at most {held:.0f} MB a process")


def main() -> None:
    """Make it and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0, help="length of the day")
    parser.add_argument("--keep", type=Path, help="leave the file here; where it exists, it is used")
    parser.add_argument("--detectors", default="default", help="which are judged alone")
    parser.add_argument("--clip", type=Path, help="a programme of yours instead of ours")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="its length")
    options = parser.parse_args()
    spare_collector()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "day.parquet"
        if not path.exists():
            clips = [options.clip] if options.clip else [clip(Path(folder) / f"{b}.mp4", broken=b) for b in (0, 1)]
            programmes = [Programme(each, options.seconds) for each in clips]
            keep(path, programmes, round(options.hours * 3600.0 / options.seconds))
        judge(path, chosen(options.detectors.split(",")))


if __name__ == "__main__":
    main()
