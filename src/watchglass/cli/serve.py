"""``watchglass serve``: many streams, day and night; and ``watchglass check-config``, before it."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from watchglass.cli.signals import handled
from watchglass.config.routes import MaintenanceTable, RouteTable
from watchglass.config.settings import Config, load_config
from watchglass.config.streams import MACHINE
from watchglass.model.errors import ConfigError, UsageError
from watchglass.model.incident import IncidentEvent, IncidentNews
from watchglass.model.phrases import plural, utc_time
from watchglass.model.routing import carries, fits
from watchglass.reports import wording

if TYPE_CHECKING:
    from watchglass.supervisor.station import Station

DEFAULT = Path("watchglass.toml")
SUMMARY = 60.0
"""Seconds between two lines that say how all of it is."""


def run(path: Path) -> int:
    """Watch until somebody stops it; the exit code.

    Raises:
        ConfigError: The settings cannot be followed.
        StoreError: The database is none of ours.
    """
    config = _read(path)
    try:
        from watchglass.supervisor.station import Station
    except ModuleNotFoundError as error:
        raise UsageError(f"serve needs {error.name}: pip install 'watchglass[serve]'") from None

    teller = _Teller()
    with Station(config, path.parent, note=teller.note, on_news=teller.news) as station:
        teller.say(f"serving {plural(len(config.streams), 'stream')}; Ctrl-C stops, SIGHUP reads {path} again")
        if not config.sinks:
            teller.say("nobody is told: there are no [sinks] in the settings")

        def reload() -> None:
            station.reload(lambda: _read(path), reloaded)

        def reloaded(why: str) -> None:
            if why:
                teller.say(f"the settings were not taken over: {why}")
            else:
                teller.say(f"the settings were read again: {plural(len(station.status), 'stream')}")

        with handled(station.stop), handled(station.ask_reload, [signal.SIGHUP]):
            station.run(on_reload=reload, on_tick=lambda: teller.summary(station))
    teller.say("stopped")
    return 0


def check(path: Path) -> int:
    """Say what the settings mean, or what is wrong with them; the exit code.

    Raises:
        ConfigError: They cannot be followed.
    """
    config = load_config(path)
    from watchglass.supervisor.heartbeat import posted_to
    from watchglass.supervisor.spec import specs

    wanted = specs(config, path.parent)
    config.serve.database_url(path.parent)
    posted_to(config.serve)
    for name, table in config.sinks.items():
        table.make(f"sinks.{name}", path.parent)
    console = Console(highlight=False)
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for title in ("stream", "tier", "priority", "labels", "address"):
        rows.add_column(title, overflow="fold")
    from watchglass.net.address import redact_target

    for name, spec in wanted.items():
        labels = " ".join(f"{key}={value}" for key, value in spec.labels.items())
        rows.add_row(name, spec.tier, str(spec.priority), labels, redact_target(spec.url))
    if wanted:
        console.print(rows)
    for name, table in config.sinks.items():
        told = [number for number, route in enumerate(config.routes, 1) if name in route.sinks]
        if told:
            of = f"by {'route' if len(told) == 1 else 'routes'} {', '.join(map(str, told))}"
        else:
            of = "of everything" if not config.routes else "of nothing: no route names it"
        console.print(f"sink {name} ({table.type}) is told {of}")
    for line in _in_vain(config, [(MACHINE, {}), *((each.name, each.labels) for each in wanted.values())]):
        console.print(line)
    sinks, windows = len(config.sinks), len(config.maintenance)
    console.print(
        f"{path} is in order: {plural(len(wanted), 'stream')}, {plural(sinks, 'sink')}, "
        f"{plural(len(config.routes), 'route')}, {plural(windows, 'maintenance window')}"
    )
    return 0


def _in_vain(config: Config, streams: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """What is there for no stream, so that somebody may have mistyped it."""

    def is_for_none(names: Sequence[str], labels: Mapping[str, str]) -> bool:
        return not any(fits(name, names) and carries(its, labels) for name, its in streams)

    for number, route in enumerate(map(RouteTable.make, config.routes), 1):
        if is_for_none(route.streams, route.labels):
            yield f"route {number} fits no stream"
    for number, window in enumerate(map(MaintenanceTable.make, config.maintenance), 1):
        if is_for_none(window.streams, window.labels):
            yield f"maintenance window {number} fits no stream"


def _read(path: Path) -> Config:
    config = load_config(path)
    if not config.streams:
        raise ConfigError(f"{path}: there is nothing to watch: it needs a [streams.NAME] with a url")
    return config


def existing(path: Path | None) -> Path:
    """The file that was named, or the one that lies here.

    Raises:
        UsageError: There is none.
    """
    if path is None and not DEFAULT.exists():
        raise UsageError(f"there is no {DEFAULT} here; --config FILE names one, watchglass.example.toml shows how")
    return path or DEFAULT


class _Teller:
    """Writes what happens to stderr, a line each."""

    def __init__(self) -> None:
        self._summary_at = time.monotonic() + 10.0

    def note(self, stream: str, line: str) -> None:
        """Something that is no incident."""
        self.say(line if stream == MACHINE else f"{stream}: {line}")

    def news(self, news: IncidentNews) -> None:
        """Something happened to an incident."""
        incident = news.incident
        lasted = ""
        if news.event is IncidentEvent.CLOSED and incident.closed_at is not None:
            lasted = f" (lasted {incident.closed_at - incident.opened_at:.1f} s)"
        self.say(
            f"{incident.stream}: {str(news.event).upper()} {incident.severity} {incident.detector}: "
            f"{incident.message}{lasted} [{incident.id}]"
        )

    def summary(self, station: "Station") -> None:
        """How all of it is, once in a while."""
        if time.monotonic() < self._summary_at:
            return
        self._summary_at = time.monotonic() + SUMMARY
        statuses = station.status
        watching = [each for each in statuses if each.phase == "watching"]
        light = sum(each.tier == "light" for each in watching)
        others = [each.name for each in statuses if each.phase not in ("watching", "ended")]
        named = f" (not {', '.join(others[:5])}{' and others' if len(others) > 5 else ''})" if others else ""
        worst = max(watching, key=lambda each: each.behind, default=None)
        behind = f", {worst.name} {worst.behind:.1f} s behind" if worst is not None and worst.behind >= 1.0 else ""
        of_light = f", {light} of them light" if light else ""
        self.say(
            f"watching {len(watching)} of {plural(len(statuses), 'stream')}{named}{of_light}; "
            f"processors {station.busy:.0%} busy{behind}"
        )

    def say(self, line: str) -> None:
        """A line."""
        sys.stderr.write(f"{utc_time(time.time())} {wording.clean(line)}\n")
        sys.stderr.flush()
