"""Each step of the ledger, killed before each of its statements and around its commit: ``python failpoints.py FOLDER``.

Prints, for each step, how many points there were. After each death the tables are as before the step, or as after it.
"""

import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, event

from telling import NOW, bulletin, news
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.outbox import Standing
from watchglass.store.rollups import Rollups
from watchglass.store.tables import METADATA

LEASE, DAY = 30.0, 86_400.0
WINDOW = NOW + 100.0
RAISED, CLOSED = IncidentEvent.RAISED, IncidentEvent.CLOSED
BODY = {"x|y|": [1, 0.0, 0.0, 0.0]}


def begin(engine: Engine) -> None:
    """Something of everything: told, due, held and going on, held and over, dead, long over."""
    ledger = Ledger(engine)
    ledger.record([bulletin(news(number=number), "hook") for number in (1, 2, 3)], NOW)
    first, second, _ = ledger.claim(NOW, 1.0, "hook")
    ledger.sent([first])
    ledger.failed([second], "HTTP 410", None)
    ledger.record([bulletin(news(number=number), "hook", held_until=WINDOW) for number in (4, 5)], NOW)
    ledger.record([bulletin(news(CLOSED, 5), "hook", held_until=WINDOW)], NOW)
    ledger.record([bulletin(news(number=number), "gone") for number in (6, 7)], NOW - 2 * DAY)
    ledger.record([bulletin(one) for number in (8, 9) for one in (news(number=number), news(CLOSED, number, 0.0))], 0.0)
    Rollups(engine).add_all([("s", 1, BODY), ("s", 2, BODY)])


STEPS: dict[str, Callable[[Ledger, Engine], object]] = {
    "record": lambda ledger, _: ledger.record(
        [bulletin(news(RAISED, 1, severity=Severity.CRITICAL), "hook"), bulletin(news(number=10), "hook", "mail")], NOW
    ),
    "record what was told": lambda ledger, _: ledger.record(
        [bulletin(news(number=10), "hook")], NOW, {(news(number=10).id, "hook"): Standing("sent")}
    ),
    "claim": lambda ledger, _: ledger.claim(NOW + 50.0, LEASE, "hook"),
    "claim after a window": lambda ledger, _: ledger.claim(WINDOW, LEASE, "hook"),
    "settle": lambda ledger, _: ledger.settle({(news(number=3).id, "hook"): Standing("sent")}),
    "acknowledge": lambda ledger, _: ledger.acknowledge("i1", "Aino", NOW, lambda one: bulletin(one, "hook")),
    "release": lambda ledger, _: ledger.release(["news"], NOW + 1.0),
    "revive": lambda ledger, _: ledger.revive(NOW + 1.0),
    "abandon": lambda ledger, _: ledger.abandon(["hook"], NOW),
    "expire": lambda ledger, _: ledger.expire(1.0),
    "add to a minute": lambda _, engine: Rollups(engine).add("s", 1, BODY),
    "expire minutes": lambda _, engine: Rollups(engine).expire(2),
}
STEPS |= {
    name: lambda ledger, engine, name=name: {
        "sent": lambda: ledger.sent(WAITING),
        "failed": lambda: ledger.failed(WAITING, "HTTP 503", NOW + 5.0),
        "given up": lambda: ledger.failed(WAITING, "HTTP 410", None),
        "later": lambda: ledger.later(WAITING, NOW + 5.0),
    }[name]()
    for name in ("sent", "failed", "given up", "later")
}
WAITING: list = []
"""What is due, as somebody has claimed it."""


def tables(path: Path) -> list[object]:
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        found = [connection.execute(table.select()).all() for table in METADATA.sorted_tables]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()
    return found


def dies_at(path: Path, step: Callable[[Ledger, Engine], object], point: int) -> bool:
    """Take the step in a process that is killed at a point of it; False if it was over before."""
    child = os.fork()
    if child == 0:
        engine = open_database(f"sqlite:///{path}")
        passed = itertools.count()

        def pass_by(*_: object) -> None:
            if next(passed) == point:
                os.kill(os.getpid(), signal.SIGKILL)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(engine, name, pass_by)
        step(Ledger(engine), engine)
        pass_by()  # after the commit
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def fresh(first: Path, path: Path) -> None:
    for side in ("", "-wal", "-shm"):
        Path(f"{path}{side}").unlink(missing_ok=True)
    shutil.copy(first, path)


def main(folder: Path) -> None:
    first = folder / "first.db"
    engine = open_database(f"sqlite:///{first}")
    begin(engine)
    WAITING.extend(Ledger(engine).claim(NOW + 2.0, LEASE, "hook"))
    engine.dispose()
    before = tables(first)
    path = folder / "w.db"
    for name, step in STEPS.items():
        fresh(first, path)
        assert not dies_at(path, step, 10**6)
        after = tables(path)
        assert after != before, name
        for point in itertools.count():
            fresh(first, path)
            if not dies_at(path, step, point):
                break
            assert tables(path) in (before, after), (name, point)
        print(f"{name}: {point}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
