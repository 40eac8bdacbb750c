"""Everything that may befall the processes of streams, and what becomes of the others: `make drill-mishaps`.

A supervisor with real processes watches small live streams of an origin on this machine. One of them is healthy all
the time: each of its pictures has to be measured, whatever befalls the rest.

- **deaths**: SIGSEGV, SIGABRT, SIGBUS and SIGKILL at random moments; the process of which all others are copies;
  processes that are stopped, and such as spin in code that nobody can interrupt; the whole service.
- **inputs**: media and playlists of many kinds with bits flipped, cut short, and spliced.
- **bombs**: small files that want to be enormous.

    PYTHONPATH=tests python benchmarks/mishaps.py [--only deaths,inputs,bombs] [--deaths N] [--inputs N] [--seed N]

Exit code: 1 if a promise was broken.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE, BIT_RATE = (320, 180), 300_000
CHANNELS = 3


@contextmanager
def heard(path: Path) -> Iterator[None]:
    """Write what this process and its children say to stderr into a file."""
    before = os.dup(2)
    with path.open("w") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="deaths,inputs,bombs", help="parts, with commas")
    parser.add_argument("--deaths", type=int, default=200, help="crashes")
    parser.add_argument("--inputs", type=int, default=2_000, help="spoilt inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    given = parser.parse_args()
    # Not above: processes of streams begin by importing this file anew, which `watchglass serve` spares them.
    from harming import bombs, deaths, foreign, inputs, service
    from harming.promises import Promises
    from harming.ward import warded
    from reaching.studio import Studio, clip_of

    clip = clip_of(given.folder, SIZE, BIT_RATE)
    promises, rng = Promises(), random.Random(given.seed)
    seconds = 900.0 + 6.0 * given.deaths * ("deaths" in given.only) + 1.5 * given.inputs * ("inputs" in given.only)
    with tempfile.TemporaryDirectory() as name, Studio(clip, CHANNELS, seconds) as studio:
        folder = Path(name)
        foreign.install(folder / "site")
        with heard(folder / "stderr"):
            if "deaths" in given.only:
                with warded(studio.urls[0], {}) as ward:
                    deaths.crash(ward, studio.urls[1:], given.deaths, promises, rng)
                    deaths.fork_server_dies(ward, studio.urls[1:], max(2, given.deaths // 20), promises, rng)
                    deaths.hang(ward, studio.urls[1:], max(1, given.deaths // 50), promises)
                    deaths.spin(ward, studio.urls[1:], promises)
                service.killed(studio, max(2, given.deaths // 20), promises, rng)
            if "inputs" in given.only:
                place = folder / "inputs"
                place.mkdir()
                with warded(studio.urls[0], {}) as ward:
                    inputs.watch_spoilt(ward, place, given.inputs, given.seed, promises)
            if "bombs" in given.only:
                place = folder / "bombs"
                place.mkdir()
                with warded(studio.urls[0], {}) as ward:
                    bombs.watch_bombs(ward, place, promises)
        said = (folder / "stderr").read_text(errors="replace")
    promises.none("tracebacks", said.count("Traceback"))
    if "Traceback" in said:
        print(said[said.index("Traceback") :][:3000])
    return promises.tell()


if __name__ == "__main__":
    sys.exit(main())
