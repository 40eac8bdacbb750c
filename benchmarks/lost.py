"""Killed at every moment at which something could be lost, thousands of times: `make drill-lost`.

- **the ledger**: a process that records incidents and tells of them does all that can be done with them, in one thread
  and with all threads, and is killed; its sinks fail in every way. What was recorded is told, and at a death no more is
  told twice than one message was long.
- **sinks**: the same before real web servers that answer 500, are silent, refuse, or take the message and hang up.
- **the service**: `watchglass serve` watches streams with faults, posts what it finds, and is killed again and again.

    PYTHONPATH=tests python benchmarks/lost.py [--only ledger,sinks,service] [--runs N] [--kills N] [--seed N]

Exit code: 1 if something was lost.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import killing
from harming import rough
from harming.promises import Promises
from harming.service import killed_at_work
from reaching.studio import Studio, clip_of

_PART = 500
"""Runs on one database: it grows with each."""


def ledger(runs: int, seed: int, promises: Promises) -> None:
    """Kill as often, at whatever moment."""
    print(f"{runs} runs of who records and tells, each of them killed", flush=True)
    again = recorded = 0
    wrong: list[str] = []
    began = time.monotonic()
    for part in range(-(-runs // _PART)):
        count = min(_PART, runs - part * _PART)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            url = f"sqlite:///{folder}/watchglass.db"
            command = [sys.executable, killing.__file__, url, name, str(count), f"{seed} {part}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                wrong.append(done.stderr.strip().splitlines()[-1])
                continue
            try:
                counts = killing.check(url, folder, count)
            except AssertionError as error:
                wrong.append(f"part {part}: {error!r}"[:300])
                continue
            recorded, again = recorded + counts["recorded"], again + counts["told again"]
            print(f"  {part * _PART + count} runs, {time.monotonic() - began:.0f} s: {counts}", flush=True)
    for line in wrong:
        print(f"  {line}", flush=True)
    promises.none("parts in which something was lost or told wrongly", len(wrong), f" of {-(-runs // _PART)}")
    promises.hold("told again, under the same id", f"<= {runs * killing.MOST}", f"{again} of {recorded}", True)


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="ledger,sinks,service", help="parts, with commas")
    parser.add_argument("--runs", type=int, default=3_000, help="of the ledger; a sixth of them before web servers")
    parser.add_argument("--kills", type=int, default=24, help="of the service")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    given = parser.parse_args()
    promises = Promises()
    if "ledger" in given.only:
        ledger(given.runs, given.seed, promises)
    if "sinks" in given.only:
        rough.sinks(max(10, given.runs // 6), given.seed, promises)
    if "service" in given.only:
        with Studio(clip_of(given.folder, (320, 180), 300_000), 3, 400.0 + 25.0 * given.kills) as studio:
            killed_at_work(studio, given.kills, promises, random.Random(given.seed))
    return promises.tell()


if __name__ == "__main__":
    sys.exit(main())
