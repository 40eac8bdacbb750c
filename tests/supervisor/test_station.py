"""All of it together: what goes on when the database breaks while we serve."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from transport import free_port
from watchglass.config.settings import Config
from watchglass.model.errors import StoreError
from watchglass.store.database import join_database
from watchglass.store.ledger import Ledger
from watchglass.supervisor.station import Station

PATIENCE = 60.0
"""Seconds until what does not come fails a test."""


def until(holds: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


def settings(**more: Any) -> Config:
    """A stream that is not there, so that there is an incident."""
    gone = f"http://127.0.0.1:{free_port()}/live.m3u8"
    return Config.model_validate({"streams": {"gone": {"url": gone}}, "serve": {"data": "data"}} | more)


def kept(folder: Path) -> list[str]:
    """Detectors of open incidents, as the database has them."""
    try:
        engine = join_database(f"sqlite:///{folder}/data/watchglass.db")
    except StoreError:
        return []
    try:
        return [incident.detector for incident in Ledger(engine).open_incidents()]
    except StoreError:
        return []
    finally:
        engine.dispose()


@contextmanager
def running(config: Config, folder: Path) -> Iterator[tuple[Station, list[str]]]:
    """A station that serves in a thread, and what it has noted."""
    notes: list[str] = []
    with Station(config, folder, note=lambda stream, line: notes.append(line)) as station:
        thread = threading.Thread(target=station.run)
        thread.start()
        try:
            yield station, notes
        finally:
            station.stop()
            thread.join(60.0)
        assert not thread.is_alive()


@pytest.mark.slow
def test_a_database_that_breaks_is_replaced_and_what_goes_on_is_in_the_new_one(tmp_path):
    with running(settings(), tmp_path) as (station, notes):
        until(lambda: kept(tmp_path) == ["monitor.blind"])
        database = tmp_path / "data/watchglass.db"
        for path in (database, Path(f"{database}-wal")):
            with path.open("r+b") as file:
                file.write(os.urandom(path.stat().st_size))
        more = settings().streams
        station.reload(lambda: settings(streams={"gone": more["gone"], "more": more["gone"]}))  # to be written
        until(lambda: len(kept(tmp_path)) == 2 and any("damaged" in note for note in notes))
        assert list((tmp_path / "data").glob("*.corrupt-*"))


@pytest.mark.slow
def test_a_database_that_is_locked_when_we_begin_keeps_nobody_from_watching(tmp_path):
    with running(settings(), tmp_path) as (station, _):
        until(lambda: kept(tmp_path) == ["monitor.blind"])
    [before] = station.desk.open
    told = tmp_path / "told"
    lock = sqlite3.connect(tmp_path / "data/watchglass.db", isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    config = settings(sinks={"log": {"type": "file", "path": "told"}})
    with closing(lock), running(config, tmp_path) as (station, notes):
        until(lambda: "monitor.blind" in told.read_text() if told.exists() else False)
        until(lambda: "monitor.database" in told.read_text())
        assert any("from memory" in note for note in notes)
        lock.close()
        until(lambda: not station.trouble)
        until(lambda: kept(tmp_path) == ["monitor.blind"])
        until(lambda: "monitor.database" not in [each.detector for each in station.desk.open])
        until(lambda: before.id in told.read_text())
    [now] = station.desk.open
    assert now.id != before.id


@pytest.mark.slow
def test_a_server_that_is_not_there_when_we_begin_keeps_nobody_from_watching(tmp_path):
    told = tmp_path / "told"
    serve = {"data": "data", "database": f"postgresql://watch:SECRET@127.0.0.1:{free_port()}/watch"}
    with running(settings(sinks={"log": {"type": "file", "path": "told"}}, serve=serve), tmp_path) as (station, notes):
        until(lambda: "monitor.blind" in told.read_text() if told.exists() else False)
        assert station.trouble
    assert "SECRET" not in told.read_text() + str(notes)


def test_settings_that_cannot_be_followed_change_nothing(tmp_path):
    config = settings(sinks={"log": {"type": "file", "path": "log"}})
    with Station(config, tmp_path) as station:
        before, said = (station._routes, station._sinks, station._config), list[str]()
        for wrong in (
            {"sinks": {"log": {"type": "file", "path": "/not/there/log"}}},
            {"serve": {"data": "data", "heartbeat": "ftp://example.com"}},
        ):
            station.reload(lambda wrong=wrong: settings(**wrong), said.append)
            station._chores.turn()
            station._chores.take()
            assert (station._routes, station._sinks, station._config) == before
        assert ["/not/there/log" in said[0], "ftp://example.com" in said[1]] == [True, True]


def test_incidents_of_streams_that_are_gone_are_over_at_the_next_start(tmp_path):
    with running(settings(), tmp_path):
        until(lambda: kept(tmp_path) == ["monitor.blind"])
    other = Config.model_validate({"streams": {"other": {"url": "nowhere.ts"}}, "serve": {"data": "data"}})
    with running(other, tmp_path) as (station, _):
        until(lambda: "gone" not in {incident.stream for incident in station.desk.open})
    engine = join_database(f"sqlite:///{tmp_path}/data/watchglass.db")
    assert [incident for incident in Ledger(engine).open_incidents() if incident.stream == "gone"] == []
    engine.dispose()
