"""Databases in real trouble: locked, full, cut off, broken, gone. Alerts go on, and all of it is written in the end."""

import os
import resource
import subprocess
import sys
import time

import pytest
from sqlalchemy import event, text

import postgres
from telling import bulletin, news
from watchglass.model.errors import DamagedStoreError
from watchglass.store.database import open_database, set_aside
from watchglass.store.ledger import Ledger
from watchglass.store.scribe import Scribe

LEASE = 60.0
PATIENCE = 30.0
QUICK = 0.05
"""Seconds for which a lock is waited for."""


@pytest.fixture
def opened():
    """Opens databases, and closes them in the end."""
    engines = []

    def open_it(url, patience=QUICK):
        engines.append(open_database(url, patience))
        return engines[-1]

    yield open_it
    for engine in engines:
        engine.dispose()


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/w.db"


class Watch:
    """Somebody to whom things happen, and a sink that is always there."""

    def __init__(self, engine):
        self.ledger = Ledger(engine)
        self.scribe, self.told, self.number = Scribe(self.ledger), [], 0

    def happens(self, several=1):
        fresh = [news(number=self.number + each, message="x" * 200) for each in range(several)]
        self.number += several
        self.scribe.tell([bulletin(one, "hook") for one in fresh], time.time())
        is_written = self.scribe.turn(time.time())
        self.deliver()
        return is_written

    def deliver(self):
        now = time.time()
        while claimed := self.scribe.claim(now, LEASE, "hook", most=1_000):
            self.told += [one.incident.id for one in claimed]
            self.scribe.sent(claimed)

    def recovers(self):
        end = time.monotonic() + PATIENCE
        while not self.scribe.turn(time.time()):
            assert time.monotonic() < end, self.scribe.trouble
        self.deliver()
        assert self.scribe.trouble == ""

    def has_lost_nothing(self):
        everything = [f"i{number}" for number in range(self.number)]
        assert sorted(self.told) == sorted(everything)
        assert sorted(one.id for one in self.ledger.open_incidents()) == sorted(everything)
        assert self.ledger.claim(time.time() + 1e6, LEASE, "hook") == []


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_somebody_else_holds_the_file(opened, url, tmp_path):
    watch = Watch(opened(url))
    assert watch.happens()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "w.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert not watch.happens(3)
        assert "database is locked; 3 pieces of news wait" in watch.scribe.trouble
        assert len(watch.told) == 4
        holder.communicate("\n")
    watch.recovers()
    watch.has_lost_nothing()


def test_the_file_may_not_grow(opened, url):
    engine = opened(url)
    watch = Watch(engine)
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar() + 10

    def limited(connection, _record, _proxy):
        connection.execute(f"PRAGMA max_page_count={limit[0]}")

    limit = [pages]
    event.listen(engine, "checkout", limited)
    while watch.happens(20):
        assert watch.number < 10_000
    assert "database or disk is full" in watch.scribe.trouble
    assert not watch.happens(20)
    assert len(watch.told) == watch.number
    limit[0] = 1_000_000
    watch.recovers()
    watch.has_lost_nothing()


def fill(file):
    while file.write(b"x" * 1_000):
        pass


def test_the_disk_is_full(opened, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs to be allowed to mount a small disk")
    try:
        engine = opened(f"sqlite:///{disk}/w.db")
        watch = Watch(engine)
        assert watch.happens(20)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            fill(file)
        while watch.happens(20):
            assert watch.number < 10_000
        assert "full" in watch.scribe.trouble or "disk I/O" in watch.scribe.trouble
        assert not watch.happens(20)
        assert len(watch.told) == watch.number
        filler.unlink()
        watch.recovers()
        watch.has_lost_nothing()
        engine.dispose()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_writes_fail_in_the_middle(opened, url, tmp_path):
    """A limit for the size of files is hit anywhere: who writes is told EFBIG, and SQLite says that the disk fails."""
    watch = Watch(opened(url))
    assert watch.happens()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(file.stat().st_size for file in tmp_path.iterdir())
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000, hard))
        for _ in range(5):
            watch.happens(20)
        assert watch.scribe.trouble
        assert len(watch.told) == watch.number
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    watch.recovers()
    watch.has_lost_nothing()


def test_the_file_is_broken_while_we_use_it(opened, url, tmp_path):
    path = tmp_path / "w.db"
    engine = opened(url)
    watch = Watch(engine)
    assert watch.happens(200)
    engine.dispose()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    assert not watch.happens(5)
    assert "malformed" in watch.scribe.trouble or "not a database" in watch.scribe.trouble
    assert len(watch.told) == 205
    engine.dispose()
    with pytest.raises(DamagedStoreError):
        open_database(url)
    set_aside(url)
    watch.ledger = Ledger(opened(url))
    watch.scribe.reopen(watch.ledger)
    watch.recovers()
    assert watch.happens()
    assert {one.id for one in watch.ledger.open_incidents()} == {f"i{number}" for number in range(200, 206)}
    assert len(watch.told) == 206


def test_the_server_is_stopped_and_comes_back(opened):
    if postgres.program("initdb") is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with postgres.running() as server:
        watch = Watch(opened(server.url, 2.0))
        assert watch.happens()
        server.stop()
        try:
            assert not watch.happens(3)
            assert not watch.happens()
            assert watch.scribe.trouble
            assert len(watch.told) == 5
        finally:
            server.start()
        watch.recovers()
        watch.has_lost_nothing()
