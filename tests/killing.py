"""A process that keeps incidents and tells of them, killed again and again: ``python killing.py URL FOLDER RUNS SEED``.

What it has recorded and what it has told it notes in files of its own, a line each, written at once. Everything is
imported before the first run, so that a run is a fork and no start.
"""

import itertools
import os
import random
import signal
import sys
import time
from pathlib import Path

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Due
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

NOW = 1_000.0
LONGEST = 0.1
"""Seconds that a run is left alone at most, once it has begun."""


class Notes:
    """A file that is appended to, line by line."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())


def news(run: int, number: int) -> IncidentNews:
    told = Incident(
        id=f"{run}-{number}", stream="s", detector="video.black", severity=Severity.WARNING, message="", opened_at=NOW
    )
    return IncidentNews(IncidentEvent.OPENED, told, NOW)


def tell(ledger: Ledger, told: Notes) -> bool:
    """Deliver one piece of news; False if there is none."""
    claimed = ledger.claim(NOW, 0.0, "sink", most=1)
    for one in claimed:
        told.add(one.id)
        ledger.sent([one])
    return bool(claimed)


def work(url: str, folder: Path, run: int, begun: int) -> None:
    """Record and tell without end."""
    ledger = Ledger(open_database(url))
    recorded, told = Notes(folder / "recorded"), Notes(folder / "told")
    os.write(begun, b"!")
    for number in itertools.count():
        one = news(run, number)
        ledger.record([Bulletin(one, (Due("sink"),))], NOW)
        recorded.add(one.id)
        tell(ledger, told)


def main() -> None:
    url, folder, rng = sys.argv[1], Path(sys.argv[2]), random.Random(sys.argv[4])
    for run in range(int(sys.argv[3])):
        begins, begun = os.pipe()
        child = os.fork()
        if child == 0:
            work(url, folder, run, begun)
        os.close(begun)
        os.read(begins, 1)
        os.close(begins)
        time.sleep(rng.uniform(0.0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    ledger, told = Ledger(open_database(url)), Notes(folder / "told")
    while tell(ledger, told):
        pass


if __name__ == "__main__":
    main()
