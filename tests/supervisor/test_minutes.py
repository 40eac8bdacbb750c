"""Minutes of readings that wait for the database."""

import pytest

from watchglass.model.errors import StoreError
from watchglass.model.minute import packed
from watchglass.store.database import open_database
from watchglass.store.rollups import Rollups
from watchglass.supervisor import minutes
from watchglass.supervisor.minutes import Minutes

BODY = {"video.black|black_share|video:0": [25, 0.0, 0.25, 1.0]}


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path}/watchglass.db", patience=0.1)
    yield made
    made.dispose()


def kept(engine):
    return [minute for minute, _ in Rollups(engine).read("news", 0, 10**9)]


def test_they_are_written_together_and_once(engine, monkeypatch):
    monkeypatch.setattr(minutes, "_BATCH", 3)
    waiting = Minutes(Rollups(engine))
    for number in range(10):
        waiting.add("news", number, packed(BODY))
    waiting.add("news", 9, packed(BODY))
    waiting.write()
    waiting.write()
    assert kept(engine) == list(range(10))
    [(_, body)] = Rollups(engine).read("news", 9, 10)
    assert body["video.black|black_share|video:0"][0] == 50  # two parts of a minute


def test_while_the_database_is_away_they_wait_and_the_oldest_go_first(engine, monkeypatch):
    monkeypatch.setattr(minutes, "_MOST", 5)
    waiting = Minutes(Rollups(engine))
    with engine.connect() as locked:
        locked.exec_driver_sql("UPDATE rollups SET minute = 0")
        for number in range(8):
            waiting.add("news", number, packed(BODY))
        with pytest.raises(StoreError):
            waiting.write()
    waiting.write()
    assert kept(engine) == [3, 4, 5, 6, 7]
