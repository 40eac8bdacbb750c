"""Everything that watches streams on one machine, put together from the settings and taken apart again.

Findings come from processes (``supervisor.py``), become incidents (``desk.py``), are written down (``store/scribe.py``)
and told (``sinks/dispatch.py``). What the machine itself suffers is told the same way, under a name of its own.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from watchglass.config.archive import Archive
from watchglass.config.settings import Config
from watchglass.config.streams import MACHINE
from watchglass.model.errors import WatchglassError
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.maintenance import Maintenance
from watchglass.model.routing import Routes
from watchglass.model.sink import Sink
from watchglass.monitor.incidents import Patience
from watchglass.sinks.dispatch import Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.scribe import Scribe
from watchglass.supervisor.archiving import Archiving
from watchglass.supervisor.balance import Balance
from watchglass.supervisor.chores import Chores
from watchglass.supervisor.clock import SteadyUtc, uptime
from watchglass.supervisor.desk import ARCHIVE, Desk
from watchglass.supervisor.folder import Held, made_folder
from watchglass.supervisor.heartbeat import Heartbeat
from watchglass.supervisor.sink_watch import SinkWatch
from watchglass.supervisor.spec import StreamSpec, archive, keeping, specs
from watchglass.supervisor.status_file import write
from watchglass.supervisor.storage import Opened, Storage
from watchglass.supervisor.stream import StreamStatus
from watchglass.supervisor.supervisor import Supervisor
from watchglass.supervisor.upkeep import Acknowledged, Upkeep

log = logging.getLogger(__name__)

DATABASE = "monitor.database"
"""Id of the finding that the database cannot be written."""
_DOUBT, _RENEW = 10.0, 30.0
"""Seconds of trouble after which it is looked whether the file of the database is damaged; and until the next look."""
_SELDOM = 1.0
"""Seconds between two looks at what is not urgent."""


class Station:
    """Watches what a configuration says, and tells whom it says.

    Args:
        config: The settings.
        base: Folder to which its paths are relative.
        note: Takes lines for the log: a stream's name, and what there is to say.
        on_news: Hears of what happens to incidents, before anybody else.

    Raises:
        ConfigError: Something in it cannot be followed, or another one serves from the same folder.
        StoreError: The database is none of ours.
    """

    def __init__(
        self,
        config: Config,
        base: Path = Path(),
        *,
        note: Callable[[str, str], None] = lambda stream, line: None,
        on_news: Callable[[IncidentNews], None] = lambda news: None,
    ) -> None:
        self._base, self._note, self._on_news = base, note, on_news
        self._config = config
        self._utc = SteadyUtc()
        self._closing = ExitStack()
        with ExitStack() as made:
            folder = base / config.serve.data
            self._folder = made_folder(folder)
            made.callback(Held(folder / "lock").close)
            wanted, sinks, self._routes, self._maintenance = self._read(config)
            self._sinks = sinks
            made.callback(lambda: _close_all(self._sinks))
            url, is_ours = config.serve.database_url(base), config.serve.database is None
            self._storage = Storage(url, is_ours=is_ours, note=note, clock=self._utc.now)
            opened = self._storage.first()
            made.callback(self._storage.close)
            self._scribe = Scribe(None if opened is None else opened.ledger, clock=self._utc.now)
            self._deliveries = Deliveries(self._scribe, sinks, _paces(config), clock=self._utc.now)
            self._scribe.on_news = self._deliveries.wake
            table = config.serve.incidents
            self.desk = Desk(self._tell, Patience(keep=table.keep, flaps=table.flaps, repeat=3_600.0 * table.remind))
            self._supervisor = Supervisor(
                self.desk,
                self._utc,
                note=note,
                hang=config.serve.hang,
                recycle=config.serve.recycle * 3_600.0,
                on_minute=lambda stream, minute: self._upkeep.minute(stream, minute),
            )
            self._chores = Chores()
            self._upkeep = Upkeep(
                None if opened is None else opened.engine, self._chores, self._utc, config.serve, self._acknowledged
            )
            self._chores.every(_DOUBT, "the database could not be looked at", self._storage.looks_broken, self._doubt)
            self._upkeep.sinks, self._upkeep.proof = list(sinks), keeping(config, base)
            self._archiving = Archiving(archive(config, base), self._archived)
            self._sink_watch = SinkWatch(self.desk, note)
            self._balance = Balance(self._supervisor, self.desk, self._utc, note)
            self._heartbeat = Heartbeat.of(config.serve)
            self._resume(wanted, () if opened is None else opened.left)
            self._closing = made.pop_all()
        self._watch(wanted)
        if opened is not None:
            self._let_go()
        self._seldom_at = self._renew_at = 0.0
        self._looks_damaged = False
        self._is_asked = False

    def run(self, on_reload: Callable[[], None] = lambda: None, on_tick: Callable[[], None] = lambda: None) -> None:
        """Watch until ``stop``.

        Args:
            on_reload: Called, between two turns, after ``ask_reload``.
            on_tick: Called a few times a second.
        """

        def every_tick() -> None:
            if self._is_asked:
                self._is_asked = False
                on_reload()
            self._every_tick()
            on_tick()

        self._scribe.start()
        self._deliveries.start()
        self._chores.start()
        try:
            self._supervisor.run(every_tick)
        finally:
            self._heartbeat.stop()
            self._deliveries.stop()
            self._archiving.stop()  # whose last files are those of the processes that have just ended
            self._chores.stop()
            self._scribe.stop()
            self._upkeep.end()

    def stop(self) -> None:
        """End in order; may be called from a signal handler."""
        self._supervisor.stop()

    def ask_reload(self) -> None:
        """Have ``on_reload`` called soon; may be called from a signal handler."""
        self._is_asked = True

    def reload(self, read: Callable[[], Config], then: Callable[[str], None] = lambda why: None) -> None:
        """Go on with other settings as soon as they have been read; streams that are as before do not notice.

        Secrets, sinks and what is just being sent may take time, so that this is a chore; returns at once.

        Args:
            read: Gives the settings.
            then: Hears why they were not taken over, and all goes on as before; empty if they were.
        """

        def prepared() -> _Prepared | str:
            try:
                return self._prepare(read())
            except WatchglassError as error:
                return str(error)

        def taken(made: _Prepared | str) -> None:
            if isinstance(made, _Prepared):
                self._take_over(made)
            then(made if isinstance(made, str) else "")

        self._chores.once("the settings could not be read again", prepared, taken)

    def _prepare(self, config: Config) -> "_Prepared":
        """In the thread for chores: all that may fail or take time; nothing has changed after it."""
        wanted, sinks, routes, maintenance = self._read(config)
        kept = archive(config, self._base)
        return _Prepared(config, wanted, sinks, routes, maintenance, kept, Heartbeat.of(config.serve))

    def _swap(self, before: Mapping[str, Sink], made: "_Prepared") -> None:
        """In the thread for chores: what is just being sent is waited for."""
        self._deliveries.swap(made.sinks, _paces(made.config))
        _close_all(before)

    def _take_over(self, made: "_Prepared") -> None:
        """In the loop: other streams are watched from now on, and other rules hold; soon other sinks are told."""
        config, wanted = made.config, made.wanted
        before, self._sinks = self._sinks, made.sinks
        self._chores.once("the sinks could not be exchanged", lambda: self._swap(before, made))
        fixed = ("data", "database", "hang", "recycle", "incidents")
        changed = [name for name in fixed if getattr(config.serve, name) != getattr(self._config.serve, name)]
        for name in changed:
            self._note(MACHINE, f"serve.{name} has changed, and holds from the next start")
        self._config, self._routes, self._maintenance = config, made.routes, made.maintenance
        self._heartbeat.stop()
        self._heartbeat = made.heartbeat
        self._watch(wanted)
        self._archiving.use(made.archive)
        self._upkeep.table, self._upkeep.sinks = config.serve, list(config.sinks)
        self._upkeep.proof = keeping(config, self._base)
        self._let_go()

    def _let_go(self) -> None:
        """What was held back of streams for which no window of maintenance holds any more is told soon."""
        now = self._utc.now()
        free = [name for name, labels in self._labels.items() if not self._maintenance.held_until(name, labels, now)]
        self._chores.once(
            "what was held back is told when its windows would have ended",
            lambda: self._scribe.release(free, now),
            lambda _: self._deliveries.wake(),
        )

    @property
    def status(self) -> list[StreamStatus]:
        """How each stream is."""
        return self._supervisor.status()

    @property
    def busy(self) -> float:
        """Share of the processors in use."""
        return self._balance.busy

    @property
    def trouble(self) -> str:
        """Why the database is not written; empty if all is well."""
        return self._scribe.trouble

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _read(self, config: Config) -> tuple[dict[str, StreamSpec], dict[str, Sink], Routes, Maintenance]:
        """What is to be watched, whom to tell, of what, and when not; with every secret read."""
        wanted = specs(config, self._base)
        routes, windows = [route.make() for route in config.routes], [each.make() for each in config.maintenance]
        sinks = {name: table.make(f"sinks.{name}", self._base) for name, table in config.sinks.items()}
        return wanted, sinks, Routes(routes, list(sinks)), Maintenance(windows)

    def _doubt(self, looks_broken: bool) -> None:
        self._looks_damaged = looks_broken

    def _renewed(self) -> Opened | None:
        """In the thread for chores."""
        opened = self._storage.renewed(is_broken=self._scribe.is_broken)
        if opened is not None:
            self._upkeep.reopen(opened.engine)
        return opened

    def _goes_on_with(self, opened: Opened | None) -> None:
        """All that goes on is written down there, and told anew under the same ids; what was left there is over."""
        if opened is None:
            return
        self._scribe.reopen(opened.ledger)
        now, known = self._utc.now(), self.desk.open
        for incident in known:
            self._tell(incident.stream, [IncidentNews(IncidentEvent.OPENED, incident, now)])
        ids = {incident.id for incident in known}
        for incident in opened.left:
            if incident.id not in ids:
                over = replace(incident, closed_at=now)
                self._tell(incident.stream, [IncidentNews(IncidentEvent.CLOSED, over, now)])

    def _resume(self, wanted: Mapping[str, StreamSpec], left: Sequence[Incident]) -> None:
        """Go on with the incidents that were open when we ended; those of streams that are gone are over."""
        self._labels = {name: spec.labels for name, spec in wanted.items()}
        known: dict[str, list[Incident]] = {}
        for incident in left:
            known.setdefault(incident.stream, []).append(incident)
        for stream in {MACHINE, *wanted, *known}:
            self.desk.add(stream, known.get(stream, ()))
        self.desk.begins(MACHINE, self._utc.now())
        for stream in known.keys() - wanted.keys() - {MACHINE}:
            self.desk.remove(stream, self._utc.now())

    def _watch(self, wanted: Mapping[str, StreamSpec]) -> None:
        self._labels = {name: spec.labels for name, spec in wanted.items()}
        for name, spec in wanted.items():
            self.desk.add(name, labels=spec.labels)
        self._balance.watch(wanted)
        self._supervisor.watch(wanted)

    def _tell(self, stream: str, news: Sequence[IncidentNews]) -> None:
        now, labels = self._utc.now(), self._labels.get(stream, {})
        held = self._maintenance.held_until(stream, labels, now)
        self._scribe.tell([self._routes.bulletin(one, labels, held) for one in news], now)
        for one in news:
            self._on_news(one)

    def _acknowledged(self, known: Acknowledged) -> None:
        """Take over what somebody has noted in the database (`watchglass ack`), who has noted whom to tell, too."""
        for stream, incident, by in known:
            if self.desk.acknowledged(stream, incident, by):
                self._note(stream, f"{by} has it in hand [{incident}]")
                self._deliveries.wake()

    def _archived(self, trouble: str) -> None:
        now = self._utc.now()
        if trouble:
            self.desk.say(MACHINE, ARCHIVE, f"the archive of readings: {trouble}", now, Severity.WARNING)
            self._note(MACHINE, f"the archive of readings: {trouble}")
        else:
            self.desk.unsay(MACHINE, ARCHIVE, now)

    def _every_tick(self) -> None:
        now = uptime()
        self._heartbeat.beat()
        self._balance.tick(now)
        self._chores.take()
        if now < self._seldom_at:
            return
        self._seldom_at = now + _SELDOM
        self._archiving.tick(now)
        utc = self._utc.now()
        self._write_status(utc)
        is_broken = self._scribe.is_broken or self._looks_damaged
        if not (self._scribe.trouble or is_broken):
            self._renew_at = now + _DOUBT
        elif now >= self._renew_at or (is_broken and now >= self._renew_at - _DOUBT):
            self._renew_at = now + (_RENEW if self._storage.is_open else _DOUBT)
            self._chores.once("the database could not be opened", self._renewed, self._goes_on_with)
        if self._scribe.trouble:
            self.desk.say(MACHINE, DATABASE, f"the database cannot be written: {self._scribe.trouble}", utc)
        else:
            self.desk.unsay(MACHINE, DATABASE, utc)
        self._sink_watch.look(self._deliveries.failing, self._deliveries.ended, self._sinks.keys(), utc)

    def _write_status(self, utc: float) -> None:
        try:
            write(
                self._folder,
                self.status,
                now=utc,
                busy=self.busy,
                trouble=self.trouble,
                open_=len(self.desk.open),
                shares=self._balance.shares,
            )
        except OSError as error:
            log.warning("the status could not be written: %s", error)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Other settings, that can be followed."""

    config: Config
    wanted: dict[str, StreamSpec]
    sinks: dict[str, Sink]
    routes: Routes
    maintenance: Maintenance
    archive: Archive | None
    heartbeat: Heartbeat


def _paces(config: Config) -> dict[str, Pace]:
    return {name: table.pace for name, table in config.sinks.items()}


def _close_all(sinks: Mapping[str, Sink]) -> None:
    for sink in sinks.values():
        close = getattr(sink, "close", None)
        if close is not None:
            close()
