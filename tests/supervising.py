"""A supervisor with real processes, before real origins on loopback."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from watchglass.config.settings import Config, load_config
from watchglass.model.incident import Incident, IncidentNews
from watchglass.monitor.incidents import Patience
from watchglass.supervisor.clock import SteadyUtc
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.spec import specs
from watchglass.supervisor.station import Station
from watchglass.supervisor.stream import StreamStatus
from watchglass.supervisor.supervisor import Supervisor

PATIENCE = 60.0
"""Seconds until what does not come fails a test."""


class Supervising:
    """A supervisor in a thread, and what it has told."""

    def __init__(self, streams: dict[str, dict[str, Any]], base: Path = Path(), **options: Any) -> None:
        self.news: list[tuple[str, IncidentNews]] = []
        self.notes: list[tuple[str, str]] = []
        utc = SteadyUtc()
        self.desk = Desk(lambda stream, news: self.news.extend((stream, one) for one in news), Patience(keep=2.0))
        self.supervisor = Supervisor(self.desk, utc, note=lambda *line: self.notes.append(line), **options)
        self._base = base
        self._thread = threading.Thread(target=self.supervisor.run, daemon=True)
        self.want(streams)
        self._thread.start()

    def want(self, streams: dict[str, dict[str, Any]]) -> None:
        self.supervisor.watch(specs(Config.model_validate({"streams": streams}), self._base))

    def status(self, name: str) -> StreamStatus:
        return self.until(lambda: [each for each in self.supervisor.status() if each.name == name])[0]

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until something holds, and what it gave."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not come: {self.notes} {self.news} {self.supervisor.status()}")

    def until_watching(self, name: str, beyond: float = 0.0) -> StreamStatus:
        def watching() -> StreamStatus | None:
            found = [each for each in self.supervisor.status() if each.name == name]
            return found[0] if found and found[0].phase == "watching" and found[0].position > beyond else None

        return self.until(watching)

    def told(self, stream: str, event: str, detector: str) -> list[IncidentNews]:
        return [
            one
            for name, one in list(self.news)
            if (name, one.event, one.incident.detector) == (stream, event, detector)
        ]

    def signal(self, name: str, number: signal.Signals) -> int:
        pid = self.status(name).pid
        assert pid is not None
        os.kill(pid, number)
        return pid

    def end(self) -> None:
        self.supervisor.stop()
        self._thread.join(30.0)
        assert not self._thread.is_alive()


@contextmanager
def supervising(streams: dict[str, dict[str, Any]], base: Path = Path(), **options: Any) -> Iterator[Supervising]:
    """Watch these until the test is over."""
    running = Supervising(streams, base, **options)
    try:
        yield running
    finally:
        running.end()


def is_alive(pid: int) -> bool:
    """True while there is such a process that is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Serving:
    """A station in a thread: all of ``watchglass serve`` but its command line."""

    def __init__(self, path: Path) -> None:
        self.notes: list[tuple[str, str]] = []
        self.news: list[IncidentNews] = []
        self.ticks = 0
        self.station = Station(
            load_config(path),
            path.parent,
            note=lambda *line: self.notes.append(line),
            on_news=self.news.append,
        )
        self._thread = threading.Thread(target=self.station.run, kwargs={"on_tick": self._tick}, daemon=True)
        self._thread.start()

    def _tick(self) -> None:
        self.ticks += 1

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until something holds, and what it gave."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not come: {self.notes} {self.news} {self.station.status}")

    def opened(self, stream: str, detector: str) -> Incident:
        def found() -> list[Incident]:
            known = [one.incident for one in list(self.news) if one.event == "opened"]
            return [one for one in known if (one.stream, one.detector) == (stream, detector)]

        return self.until(found)[0]

    def end(self) -> None:
        self.station.stop()
        self._thread.join(60.0)
        assert not self._thread.is_alive()


@contextmanager
def serving(path: Path) -> Iterator[Serving]:
    """Serve a configuration until the test is over."""
    running = Serving(path)
    try:
        yield running
    finally:
        running.end()
        running.station.__exit__()
