"""``watchglass incidents`` and ``watchglass ack``: what goes on, and who has it in hand."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text
from sqlalchemy import Engine

from watchglass.config.settings import Config, load_config
from watchglass.config.streams import MACHINE
from watchglass.model.errors import UsageError
from watchglass.model.incident import Incident, IncidentNews
from watchglass.model.maintenance import Maintenance
from watchglass.model.phrases import plural
from watchglass.model.routing import Routes
from watchglass.model.sink import Bulletin
from watchglass.reports import wording
from watchglass.reports.table import STYLES
from watchglass.sinks.cloud_event import facts
from watchglass.store.database import join_database
from watchglass.store.ledger import Ledger
from watchglass.store.overview import Overview

SCHEMA = "watchglass.incident/1"
MOST = 100
"""Incidents that ``--all`` lists."""
LONGEST_NAME = 200


@contextmanager
def database(config: Config, base: Path) -> Iterator[Engine]:
    """The database of a configuration, whether or not somebody serves.

    Raises:
        ConfigError: Its address is not where it should be.
        StoreError: It is not there.
    """
    engine = join_database(config.serve.database_url(base))
    try:
        yield engine
    finally:
        engine.dispose()


def show(path: Path, *, everything: bool, stream: str | None, as_json: bool) -> int:
    """List incidents; the exit code.

    Raises:
        ConfigError: The settings cannot be followed.
        StoreError: The database cannot be read.
    """
    config = load_config(path)
    with database(config, path.parent) as engine:
        found = Overview(engine).incidents(stream, most=MOST if everything else None)
    now, folder = time.time(), config.serve.evidence_folder(path.parent)

    def proof(one: Incident) -> str | None:
        return next((str(folder / each) for each in one.findings if (folder / each).is_dir()), None)

    if as_json:
        for one in found:
            lasted = round((one.closed_at or now) - one.opened_at, 3)
            told = {"schema": SCHEMA, "incident": one.id, **facts(one), "lasted": lasted, "proof": proof(one)}
            sys.stdout.write(json.dumps(told, ensure_ascii=True) + "\n")
        sys.stdout.flush()
        return 0
    console = Console(highlight=False)
    for one in found:
        for line in _lines(one, now, proof(one)):
            console.print(line)
    opened = sum(one.is_open for one in found)
    of = f" of {stream}" if stream else ""
    console.print(f"{plural(opened, 'incident')}{of} open" + (f", {len(found) - opened} over" if everything else ""))
    return 0


def acknowledge(
    path: Path, incidents: Sequence[str], by: str, *, stream: str | None = None, everything: bool = False
) -> int:
    """Note that somebody has them in hand, and whom to tell; the exit code.

    Raises:
        UsageError: There is no such incident, or it is over or in other hands. The others are noted all the same.
        ConfigError: The settings cannot be followed.
        StoreError: The database cannot be written.
    """
    if sum((bool(incidents), stream is not None, everything)) != 1:
        raise UsageError("say which: the ids of incidents, or --stream NAME, or --all")
    by = wording.clean(by)
    if not by or len(by) > LONGEST_NAME:
        raise UsageError(f"--by must say who, in {LONGEST_NAME} characters at most")
    config = load_config(path)
    now = time.time()
    routes = Routes([route.make() for route in config.routes], list(config.sinks))
    maintenance = Maintenance([window.make() for window in config.maintenance])

    def address(news: IncidentNews) -> Bulletin:
        stream = config.streams.get(news.incident.stream)
        labels = stream.labels if stream is not None else {}
        return routes.bulletin(news, labels, maintenance.held_until(news.incident.stream, labels, now))

    refused = []
    if stream is not None and stream not in (*config.streams, MACHINE):
        raise UsageError(f"there is no stream {stream!r} in {path}")
    is_choice = not incidents
    with database(config, path.parent) as engine:
        if is_choice:
            incidents = [one.id for one in Overview(engine).incidents(stream) if one.acknowledged_by is None]
        for incident in incidents:
            try:
                known = Ledger(engine).acknowledge(incident.strip(), by, now, address)
            except UsageError as error:
                refused.append(str(error))
                continue
            text = wording.clean(f"{known.stream}: {known.detector}: {known.message}")
            sys.stdout.write(f"{by} has it in hand: {text} [{known.id}]\n")
    if refused and not is_choice:  # else they were over, or in other hands, before we came to them
        raise UsageError("; ".join(refused))
    if not incidents:
        sys.stdout.write("nothing goes on that nobody has in hand\n")
    return 0


def _lines(one: Incident, now: float, proof: str | None) -> Iterator[RenderableType]:
    """Two lines for each: what it is, and what people want to read, in full; and one that says where its proof is."""
    since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(one.opened_at))
    lasted = wording.length(max(0.0, (one.closed_at or now) - one.opened_at))
    style = STYLES[one.severity] if one.is_open else "dim"
    yield Text.assemble(f"{one.id}  {since}  {lasted:>11}  ", (f"{one.severity!s:<8}", style), f"  {one.stream}")
    said = [f"{one.detector}: {one.message}"]
    if one.is_flapping:
        said.append("comes and goes")
    if one.acknowledged_by:
        said.append(f"in hand: {one.acknowledged_by}")
    if one.merged_into:
        said.append(f"part of {one.merged_into}")
    elif not one.is_open:
        said.append("over")
    yield Padding(Text(wording.clean("; ".join(said))), (0, 0, 0, 2))
    if proof is not None:
        yield Padding(Text(f"proof: {proof}", "dim"), (0, 0, 0, 2))
