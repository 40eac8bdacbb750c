"""Somebody sets the clock, again and again, while faults last: `make drill-clock`.

A real `watchglass serve` sees a wall clock that is set by an hour forth and back every few seconds; what never jumps
(the monotonic clock, the uptime) goes on. Held are: each incident lasts as long as the same fault does while the clock
is left alone, to a picture (0.04 s); each fault is told, once; nothing else is; nothing hangs.

    PYTHONPATH=tests python benchmarks/clock_steps.py [--seconds N]

Exit code: 1 if a promise was broken; 0 without a C compiler, which is said.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from harming.promises import Promises
from harming.wall_clock import WallClock
from reach import OPEN_AFTER
from reaching.serving import OFTEN, Receiver, Serve
from reaching.studio import FAULTS, LOOP, Aired, Studio, clip_of

CHANNELS = 3
PICTURE = 0.04
STEPS = (3_600.0, 0.0, -3_600.0, 1.0, 0.0)
"""Seconds by which the clock is off, one after the other; one second is a leap second's worth."""


def lengths(news: list[tuple[float, dict[str, Any]]]) -> dict[str, list[float]]:
    """By detector, how long its incidents lasted."""
    found: dict[str, list[float]] = {}
    for _, event in news:
        data = event["data"]
        if data["event"] == "closed" and data["detector"] in OPEN_AFTER:
            opened, closed = (datetime.fromisoformat(data[name]).timestamp() for name in ("opened", "closed"))
            found.setdefault(data["detector"], []).append(closed - opened)
    return found


def expected(aired: list[Aired], since: float, until: float) -> int:
    """Faults that should be told of between two moments."""
    lasts = {name: seconds for name, _, seconds in FAULTS}
    return sum(
        since <= each.served_at + OPEN_AFTER[each.detector] and each.served_at + lasts[each.detector] + 4.0 <= until
        for channel in aired
        for each in channel.occurrences
    )


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2 * LOOP, help="with the clock being set; as many without")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    given = parser.parse_args()
    if not WallClock.is_possible:
        print("there is no C compiler: the clock cannot be set for one process alone")
        return 0
    promises, receiver, rng = Promises(), Receiver(), random.Random(1)
    clip = clip_of(given.folder, (320, 180), 300_000)
    with tempfile.TemporaryDirectory() as name, Studio(clip, CHANNELS, 300.0 + 2 * given.seconds) as studio:
        clock = WallClock(Path(name))
        with Serve(Path(name), studio.urls, receiver.url, "full", OFTEN, environment=clock.environment) as serve:
            serve.until_all_watch(60.0)
            print(f"the clock is left alone for {given.seconds:.0f} s", flush=True)
            time.sleep(given.seconds + 35.0)  # incidents wait for half a minute before they are over
            usual = {name: statistics.median(each) for name, each in lengths(receiver.news).items()}
            print(f"  usual lengths: { {name: round(each, 3) for name, each in usual.items()} }", flush=True)
            first, since = len(receiver.news), time.monotonic()
            steps = 0
            while time.monotonic() < since + given.seconds:
                clock.set(STEPS[steps % len(STEPS)])
                steps += 1
                time.sleep(rng.uniform(1.0, 4.0))
            until = time.monotonic()
            time.sleep(40.0)
            phases = [each["phase"] for each in serve.status()["streams"]]
            said = (serve.folder / "log").read_text(errors="replace")
        aired = studio.aired()
    news = receiver.news[first:]
    off = [
        abs(length - usual[detector])
        for detector, each in lengths(news).items()
        if detector in usual
        for length in each
    ]
    opened = [event["data"] for _, event in news if event["data"]["event"] == "opened"]
    ours = [data for data in opened if data["detector"] in OPEN_AFTER]
    print(f"  {steps} steps", flush=True)
    worst = max(off, default=float("nan"))
    promises.hold("length of incidents, beside the usual", f"<= {PICTURE} s", f"worst {worst:.3f} s of {len(off)}",
                  bool(off) and worst <= PICTURE + 0.001)  # fmt: skip
    wanted = expected(aired, since, until)
    promises.hold("faults that were told", f">= {wanted}", str(len(ours)), len(ours) >= wanted)
    false = [f"{data['stream']} {data['detector']}" for data in opened if data not in ours]
    promises.none("told beside the faults", len(false), f" {sorted(set(false))[:4]}" if false else "")
    promises.hold("all are watched at the end", "yes", ", ".join(phases), set(phases) == {"watching"})
    promises.none("processes that were ended for hanging", said.count("no sign of life"))
    promises.none("tracebacks", said.count("Traceback"))
    return promises.tell()


if __name__ == "__main__":
    sys.exit(main())
