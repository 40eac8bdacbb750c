"""Records and tells, and is killed again and again: ``python -m harming.rough_worker FOLDER RUNS SEED URL...``."""

import itertools
import os
import random
import signal
import sys
import time
from pathlib import Path

from killing import NOW, Notes
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Due, Sink
from watchglass.net.guard import parse_networks
from watchglass.sinks.dispatch import Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.sinks.webhook import Webhook
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.scribe import Scribe

LONGEST = 0.25
"""Seconds that a run is left alone at most, once it has begun."""
_STEP = 700.0
"""Seconds, longer than any pause between two attempts."""


def _news(run: int, number: int) -> list[IncidentNews]:
    facts = {
        "id": f"{run}-{number}", "stream": f"s{number % 5}", "detector": "video.black", "severity": Severity.CRITICAL,
        "message": "black", "opened_at": NOW + run,
    }  # fmt: skip
    opened, closed = Incident(**facts), Incident(**facts, closed_at=NOW + run)
    return [
        IncidentNews(IncidentEvent.OPENED, opened, NOW + run),
        IncidentNews(IncidentEvent.CLOSED, closed, NOW + run),
    ]


def _made(urls: list[str]) -> dict[str, Sink]:
    networks = parse_networks(["127.0.0.1"])
    return {f"hook{number}": Webhook(url, allow_private=networks) for number, url in enumerate(urls)}


def _work(url: str, folder: Path, run: int, begun: int, urls: list[str]) -> None:
    """Record, and have it told, without end."""
    sinks = _made(urls)
    ledger = Ledger(open_database(url))
    scribe = Scribe(ledger, clock=lambda: NOW + run)
    deliveries = Deliveries(scribe, sinks, dict.fromkeys(sinks, Pace(digests=False)), clock=lambda: NOW + run)
    scribe.start()
    deliveries.start()
    recorded = Notes(folder / "recorded")
    os.write(begun, b"!")
    for number in itertools.count():
        for news in _news(run, number):
            ledger.record([Bulletin(news, tuple(map(Due, sinks)))], NOW + run)
            recorded.add(news.id)
            deliveries.wake()
            time.sleep(0.004)


def _tell(url: str, folder: Path, urls: list[str]) -> None:
    """Tell all that is left, and note what there is."""
    ledger = Ledger(open_database(url))
    sinks = _made(urls)
    deliveries = Deliveries(ledger, sinks, dict.fromkeys(sinks, Pace(digests=False)))
    now, quiet = NOW + 10_000.0, 0
    while quiet < 3:
        quiet = 0 if deliveries.turn(now) else quiet + 1
        now += _STEP
    kept = [IncidentNews(IncidentEvent(event), incident, 0.0).id for _, event, incident in ledger.history(most=10**9)]
    Notes(folder / "kept").add(*kept)
    assert ledger.dead_letters() == []


def main(name: str, runs: int, seed: str, *urls: str) -> None:
    """Begin and kill as often, and tell what is left when it is said so."""
    folder, rng = Path(name), random.Random(seed)
    url = f"sqlite:///{folder}/watchglass.db"
    for run in range(runs):
        begins, begun = os.pipe()
        child = os.fork()
        if child == 0:
            _work(url, folder, run, begun, list(urls))
        os.close(begun)
        os.read(begins, 1)
        os.close(begins)
        time.sleep(rng.uniform(0.0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if run % 100 == 99:
            print(f"{run + 1} runs", flush=True)
    print("killed", flush=True)
    sys.stdin.readline()
    _tell(url, folder, list(urls))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], *sys.argv[4:])
