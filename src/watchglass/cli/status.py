"""``watchglass status``: how everything is that ``watchglass serve`` watches."""

import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from watchglass.config.settings import load_config
from watchglass.model.errors import SourceError
from watchglass.model.phrases import plural
from watchglass.reports import wording
from watchglass.supervisor import status_file

STALE = 10.0
"""Seconds after which a status that was not written anew says that nobody serves."""
EVERY = 2.0
"""Seconds between two looks of ``--watch``."""
_STYLES = {"watching": "green", "ended": "dim", "quarantine": "bold red"}


def run(path: Path, *, as_json: bool, again: bool) -> int:
    """Show it, once or again and again; the exit code.

    Raises:
        ConfigError: The settings cannot be followed.
        SourceError: Nobody has ever served, or what was written cannot be read.
    """
    folder = path.parent / load_config(path).serve.data
    facts = status_file.read(folder)
    if as_json:
        why, age = trouble_of(facts, time.time())
        sys.stdout.write(json.dumps(facts | {"age": round(age, 1), "serving": not why}) + "\n")
        return int(bool(why))
    console = Console(highlight=False)
    if again:
        _watch(folder, console)
    now = time.time()
    console.print(shown(facts, now))
    return int(bool(trouble_of(facts, now)[0]))


def _watch(folder: Path, console: Console) -> NoReturn:
    """Until Ctrl-C: in one place on a terminal, one below the other elsewhere."""
    with Live(console=console, auto_refresh=False) if console.is_terminal else nullcontext() as live:
        while True:
            view = shown(status_file.read(folder), time.time())
            if live is None:
                console.print(view)
            else:
                live.update(view, refresh=True)
            time.sleep(EVERY)


def trouble_of(facts: Mapping[str, Any], now: float) -> tuple[str, float]:
    """Why nobody serves any more (empty if somebody does), and how old the status is, in seconds.

    Raises:
        SourceError: It is no status that we know.
    """
    try:
        age = max(0.0, now - datetime.fromisoformat(facts["utc"]).timestamp())
        pid = int(facts["pid"])
    except (KeyError, TypeError, ValueError):
        raise SourceError(f"{status_file.NAME}: was written by another version of watchglass") from None
    if not _is_there(pid):
        return f"nobody serves any more: process {pid} is gone", age
    if age > STALE:
        return f"nobody serves any more, or the supervisor hangs: process {pid} has not reported since", age
    return "", age


def shown(facts: Mapping[str, Any], now: float) -> RenderableType:
    """A table of the streams, what troubles them, and a line for the machine."""
    why, age = trouble_of(facts, now)
    streams = facts["streams"]
    lines: list[RenderableType] = [_table(streams)] if streams else []
    lines += [
        Text(f"{each['name']}: {wording.clean(each['trouble'])}", style="yellow") for each in streams if each["trouble"]
    ]
    if facts["trouble"]:
        lines.append(Text(f"database: {wording.clean(facts['trouble'])}", style="bold red"))
    busy, opened = facts["busy"], facts["open_incidents"]
    watching = sum(each["phase"] == "watching" for each in streams)
    lines.append(
        Text(
            f"watching {watching} of {plural(len(streams), 'stream')}; processors {busy:.0%} busy; "
            f"{plural(opened, 'incident')} open; {wording.length(age)} ago"
        )
    )
    if why:
        lines.append(Text(why, style="bold red"))
    return Group(*lines)


def _table(streams: list[Mapping[str, Any]]) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    rows.add_column("stream", overflow="fold", min_width=8)
    for title in ("phase", "tier"):
        rows.add_column(title, no_wrap=True)
    for title in ("position", "lag", "behind", "cpu", "memory", "deaths"):
        rows.add_column(title, no_wrap=True, justify="right")
    for each in streams:
        rows.add_row(
            each["name"],
            Text(each["phase"], style=_STYLES.get(each["phase"], "yellow")),
            each["tier"],
            wording.clock_time(each["position"]).partition(".")[0],
            _seconds(each["lag"]),
            _seconds(each["behind"]),
            "-" if each.get("share") is None else f"{each['share']:.0%}",
            f"{each['memory'] >> 20} MB",
            f"{each['deaths']:,}",
        )
    return rows


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s" if abs(value) < 1000.0 else f"{value / 60.0:.0f} min"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
