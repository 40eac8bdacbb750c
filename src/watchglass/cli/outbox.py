"""``watchglass outbox``: what has not been told yet, and what never was."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from watchglass.cli.incidents import database
from watchglass.config.settings import load_config
from watchglass.model.phrases import plural, utc_time
from watchglass.reports import wording
from watchglass.store.ledger import Ledger
from watchglass.store.overview import DeadLetter, Overview, Waiting

SCHEMA = "watchglass.outbox/1"


def run(path: Path, *, retry: bool, as_json: bool) -> int:
    """Show it, and perhaps try again what was given up; the exit code.

    Raises:
        ConfigError: The settings cannot be followed.
        StoreError: The database cannot be used.
    """
    config = load_config(path)
    now = time.time()
    with database(config, path.parent) as engine:
        revived = Ledger(engine).revive(now) if retry else 0
        overview = Overview(engine)
        waiting, dead = overview.waiting(), overview.dead_letters()
    if as_json:
        sys.stdout.write(json.dumps(_facts(waiting, dead, revived)) + "\n")
    else:
        _print(waiting, dead, now, Console(highlight=False))
        if retry:
            sys.stdout.write(f"{plural(revived, 'dead letter')} will be tried again\n")
    return int(bool(dead))


def _facts(waiting: Sequence[Waiting], dead: Sequence[DeadLetter], revived: int) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "waiting": [
            {
                "sink": each.sink,
                "count": each.count,
                "held": each.held,
                "since": utc_time(each.since),
                "attempts": each.attempts,
                "error": each.error,
            }
            for each in waiting
        ],
        "dead": [
            {
                "news": each.news,
                "sink": each.sink,
                "event": each.event,
                "incident": each.incident,
                "stream": each.stream,
                "detector": each.detector,
                "at": utc_time(each.at),
                "error": each.error,
            }
            for each in dead
        ],
        "revived": revived,
    }


def _print(waiting: Sequence[Waiting], dead: Sequence[DeadLetter], now: float, console: Console) -> None:
    if waiting:
        rows = _table("sink", "waiting", "held", "oldest", "last error")
        for each in waiting:
            age = wording.length(max(0.0, now - each.since)) if each.since < now else "later"
            rows.add_row(each.sink, f"{each.count:,}", f"{each.held:,}", age, wording.clean(each.error))
        console.print(rows)
    else:
        console.print("nothing waits to be told")
    if dead:
        console.print(f"\n{plural(len(dead), 'dead letter')} (--retry tries them again):")
        rows = _table("news", "sink", "what", "why")
        for one in dead:
            rows.add_row(one.news, one.sink, wording.clean(f"{one.stream}: {one.event}"), wording.clean(one.error))
        console.print(rows)


def _table(*titles: str) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title in titles[:-1]:
        rows.add_column(title, overflow="fold")
    rows.add_column(titles[-1], overflow="fold", ratio=1)
    return rows
