"""A process that keeps incidents and tells of them, killed again and again: ``python killing.py URL FOLDER RUNS SEED``.

What it has recorded and what it has told it notes in files of its own, a line each; what a death has torn counts for
nothing, and spoils no other line. Everything is imported before the first run, so that a run is a fork and no start.
Runs are of two kinds that take turns: one does all that a ledger can do in one thread, step by step; the other is
scribe and deliveries with their threads. Each run is a second of a clock of its own, so that windows end and what was
claimed by the dead is due in later runs.
"""

import itertools
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Due, Notification
from watchglass.sinks.dispatch import Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.rollups import Rollups
from watchglass.store.scribe import Scribe

NOW = 1_000.0
LONGEST = 0.1
"""Seconds that a run is left alone at most, once it has begun."""
SINKS = ("a", "b")
MOST = 3
"""News that are told at once."""
KINDS = ("opened", "closed", "held", "held and closed", "closed in a window", "old")
"""What becomes of an incident, by its number."""
_WHOLE = "."
"""Ends each line of the notes."""


class Notes:
    """A file that is appended to, line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, *lines: str) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, "".join(f"\n{line}{_WHOLE}" for line in lines).encode())  # a long one may be cut by a death
        os.close(file)

    def lines(self) -> list[str]:
        """All that are whole."""
        if not self._path.exists():
            return []
        lines = self._path.read_text().split("\n")
        return [line.removesuffix(_WHOLE) for line in lines if line.endswith(_WHOLE)]


class Sink:
    """Notes what it is told."""

    def __init__(self, name: str, told: Notes) -> None:
        self._name, self._told = name, told

    def send(self, news: Sequence[Notification]) -> None:
        self._told.add(*(f"{self._name} {one.event} {one.incident.id}" for one in news))


def bulletins(run: int, number: int) -> list[Bulletin]:
    """All that happens to an incident."""
    kind = KINDS[number % len(KINDS)]
    at, sinks = (0.0, ()) if kind == "old" else (NOW + run, SINKS)
    window = NOW + run + 0.5
    opened = Incident(
        id=f"{run}-{number}", stream=f"s{number % 7}", detector="video.black", severity=Severity.WARNING, message="",
        opened_at=at,
    )  # fmt: skip
    closed = Incident(**{name: getattr(opened, name) for name in opened.__slots__} | {"closed_at": at})
    begins = Bulletin(
        IncidentNews(IncidentEvent.OPENED, opened, at), tuple(map(Due, sinks)), (), window * kind.startswith("held")
    )
    ends = Bulletin(
        IncidentNews(IncidentEvent.CLOSED, closed, at), tuple(Due(sink, "", True) for sink in sinks), (),
        window * (kind in ("held and closed", "closed in a window")),
    )  # fmt: skip
    return [begins] if kind in ("opened", "held") else [begins, ends]


def tell(ledger: Ledger, folder: Path, sink: str, now: float, luck: float = 1.0) -> bool:
    """Deliver some news, or fail to; False if there are none."""
    claimed = ledger.claim(now, 0.0, sink, MOST)
    if not claimed:
        return False
    if luck < 0.1:
        ledger.later(claimed, now)
    elif luck < 0.2:
        ledger.failed(claimed, "HTTP 503", now)
    elif luck < 0.25:
        Sink(sink, Notes(folder / "given up")).send(claimed)
        ledger.failed(claimed, "HTTP 410", None)
        ledger.revive(now)
    else:
        Sink(sink, Notes(folder / "told")).send(claimed)
        ledger.sent(claimed)
    return True


def work_alone(url: str, folder: Path, run: int, begun: int) -> None:
    """Record and tell without end, in one thread."""
    engine = open_database(url)
    ledger, rollups, rng = Ledger(engine), Rollups(engine), random.Random(run)
    recorded = Notes(folder / "recorded")
    now = NOW + run
    for number in itertools.count():
        if number == run % 4:  # a machine that is busy must not keep all runs from getting anywhere
            os.write(begun, b"!")
        for each in bulletins(run, number):
            ledger.record([each], now)
            recorded.add(f"{each.news.event} {each.news.incident.id}")
            tell(ledger, folder, rng.choice(SINKS), now, rng.random())
        step = number % 5
        if step == 0:
            ledger.expire(1.0, most=2)
        elif step == 1:
            rollups.add("s", number, {"x|y|": [1, 0.0, 0.0, 0.0]})
            recorded.add(f"minute {number}")
        elif step == 2:
            ledger.release([f"s{run % 7}"], now)
        elif step == 3:
            rollups.expire(number - 20, most=2)


def work_in_threads(url: str, folder: Path, run: int, begun: int) -> None:
    """The same with all that there is."""
    told, recorded = Notes(folder / "told"), Notes(folder / "begun")
    scribe = Scribe(Ledger(open_database(url)), clock=lambda: NOW + run)
    paces = {"a": Pace(digests=False), "b": Pace(group_interval=0.0, per=1e-6)}
    deliveries = Deliveries(scribe, {name: Sink(name, told) for name in SINKS}, paces, clock=lambda: NOW + run)
    scribe.on_news = deliveries.wake
    scribe.start()
    deliveries.start()
    for number in itertools.count():
        if number == run % 4:
            os.write(begun, b"!")
        scribe.tell(bulletins(run, number), NOW + run)
        recorded.add(f"{run}-{number}")
        time.sleep(0.001)


def drill(url: str, folder: Path, runs: int, seed: str) -> None:
    """Begin and kill as often, then tell what is left. In a process without threads, as it forks."""
    rng = random.Random(seed)
    for run in range(runs):
        begins, begun = os.pipe()
        child = os.fork()
        if child == 0:
            (work_in_threads if run % 3 == 2 else work_alone)(url, folder, run, begun)
        os.close(begun)
        os.read(begins, 1)
        os.close(begins)
        time.sleep(rng.uniform(0.0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    engine = open_database(url)
    ledger = Ledger(engine)
    ledger.revive(NOW)
    for sink in SINKS:
        while tell(ledger, folder, sink, NOW + 1e6):
            pass
    engine.dispose()


def check(url: str, folder: Path, runs: int) -> dict[str, int]:
    """What must hold after a drill; how many of what there were."""
    engine = open_database(url)  # looks whether the file is whole, too
    ledger = Ledger(engine)
    kept = {f"{event} {incident.id}" for _, event, incident in ledger.history(most=10**9)}
    lines = Notes(folder / "recorded").lines()
    recorded = {line for line in lines if not line.startswith("minute")}
    old = {line for line in recorded if kind_of(line) == "old"}
    assert recorded - old <= kept
    given_up = set(Notes(folder / "given up").lines())  # and perhaps overtaken, before it was revived
    orders = [line.split(" ", 1) for line in Notes(folder / "told").lines()]
    told = {sink: [line for of, line in orders if of == sink] for sink in SINKS}
    again = 0
    for sink, of_it in told.items():
        counted = Counter(of_it)
        places = {line: place for place, line in reversed(list(enumerate(of_it)))}
        again += sum(counted.values()) - len(counted)
        assert set(of_it) <= kept
        for line in kept:
            event, incident = line.split()
            is_over = f"closed {incident}" in kept
            match kind_of(line):
                case "held and closed":
                    # Killed between the two it may have been told, and then all of it.
                    was_told = f"opened {incident}" in counted or f"{sink} opened {incident}" in given_up
                    assert not is_over or was_told >= (f"closed {incident}" in counted), line
                    is_told_over = f"closed {incident}" in counted or f"{sink} closed {incident}" in given_up
                    assert not is_over or was_told <= is_told_over or f"{sink} opened {incident}" in given_up, line
                case "old":
                    assert line not in counted
                case _:
                    assert line in counted or f"{sink} {line}" in given_up, (sink, line)
            if event == "closed" and line in counted and f"opened {incident}" in counted:
                assert places[f"opened {incident}"] < places[line]
    # In one thread a message of MOST is being told at each death; in threads it is one for each sink, of any length.
    longest = max(Counter(line.split()[-1].split("-")[0] for line in kept).values())
    assert again <= runs * MOST + runs // 3 * longest
    assert ledger.dead_letters() == []
    ledger.expire(1.0)
    assert not any(kind_of(f"{event} {incident.id}") == "old" for _, event, incident in ledger.history(most=10**9)
                   if incident.closed_at is not None)  # fmt: skip
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        states = dict(connection.execute(text("SELECT state, count(*) FROM outbox GROUP BY state")).all())
    engine.dispose()
    return {"recorded": len(recorded), "minutes": len(lines) - len(recorded), "told again": again, **states}


def kind_of(line: str) -> str:
    return KINDS[int(line.rsplit("-", 1)[1]) % len(KINDS)]


if __name__ == "__main__":
    drill(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
