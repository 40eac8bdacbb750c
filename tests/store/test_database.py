"""Opening a database: new, old, none, or broken."""

import random
import sqlite3

import pytest
from sqlalchemy import inspect, text

from telling import NOW, bulletin, news
from watchglass.model.errors import DamagedStoreError, StoreError
from watchglass.store.database import open_database, set_aside
from watchglass.store.ledger import Ledger
from watchglass.store.tables import METADATA


def test_the_migrations_make_the_tables_as_they_are_written_down(engine, url):
    again = open_database(url)  # once more: there is nothing left to do
    found = inspect(again)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        assert {index["name"] for index in found.get_indexes(table.name)} >= {index.name for index in table.indexes}
    again.dispose()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "is not of the form"),
        ("mysql://u:SECRET@h/d", "mysql: a database is sqlite or postgresql"),
        ("sqlite:////nowhere/at/all.db", "unable to open database file"),
        ("postgresql://u:SECRET@127.0.0.1:1/d", "postgresql+psycopg://u:***@127.0.0.1:1/d"),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_sentence(address, said):
    with pytest.raises(StoreError) as told:
        open_database(address)
    assert said in str(told.value)
    assert "SECRET" not in str(told.value)


def test_a_file_that_is_none_is_left_as_it_is(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, and no database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("these are my notes")


def test_a_database_of_the_first_form_keeps_what_is_to_be_told(engine, url):
    """As version 0001 wrote it."""
    Ledger(engine).record([bulletin(news(), "hook")], NOW)
    [before] = Ledger(engine).claim(NOW, 0.0, "hook")
    with engine.begin() as connection:
        for line in (
            "DROP INDEX news_by_incident", "DROP INDEX outbox_by_time", "DROP INDEX outbox_by_incident",
            "ALTER TABLE outbox DROP COLUMN incident", "ALTER TABLE outbox DROP COLUMN since",
            "ALTER TABLE outbox DROP COLUMN together", "ALTER TABLE outbox DROP COLUMN body",
            "CREATE INDEX outbox_by_time ON outbox (state, due_at)",
            "ALTER TABLE incidents DROP COLUMN labels",
            "DROP TABLE rollups", "UPDATE alembic_version SET version_num = '0001'",
        ):  # fmt: skip
            connection.execute(text(line))
    again = open_database(url)
    assert Ledger(again).claim(NOW, 0.0, "hook") == [before]
    again.dispose()


def damage(path):
    """Overwrite the pages of a table, as a disk might."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 3 * 4096)


def test_a_file_that_is_damaged_is_told_and_makes_room_for_a_new_one(tmp_path):
    path = tmp_path / "w.db"
    url = f"sqlite:///{path}"
    made = open_database(url)
    Ledger(made).record([bulletin(news(number=number), "hook") for number in range(100)], NOW)
    made.dispose()
    damage(path)
    with pytest.raises(DamagedStoreError, match=r"w\.db is damaged .*: give it another name") as told:
        open_database(url)
    assert len(str(told.value)) < 600
    aside = set_aside(url)
    assert aside.startswith(f"{path}.corrupt-20")
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("w.db") and file != path] != []
    made = open_database(url)
    assert Ledger(made).open_incidents() == []
    made.dispose()
    assert b"\xff" * 4096 in (tmp_path / aside).read_bytes()


@pytest.mark.parametrize("intact", [0, 16, 100, 4096])
def test_however_much_of_a_file_is_noise_it_is_damaged(intact, tmp_path):
    path = tmp_path / "w.db"
    made = open_database(f"sqlite:///{path}")
    Ledger(made).record([bulletin(news(number=number), "hook") for number in range(100)], NOW)
    made.dispose()
    with path.open("r+b") as file:
        file.seek(intact)
        file.write(random.Random(1).randbytes(path.stat().st_size - intact))
    with pytest.raises(DamagedStoreError, match=r"w\.db is damaged .*: give it another name"):
        open_database(f"sqlite:///{path}")


def test_the_log_of_a_file_goes_with_it(tmp_path):
    for side in ("", "-wal", "-shm"):
        (tmp_path / f"w.db{side}").write_text(side)
    aside = set_aside(f"sqlite:///{tmp_path}/w.db")
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{aside.rpartition('/')[2]}{side}" for side in ("", "-wal", "-shm")
    }


@pytest.mark.parametrize("address", ["sqlite://", "postgresql://u@h/d"])
def test_what_is_no_file_cannot_be_set_aside(address):
    with pytest.raises(StoreError, match="only the file"):
        set_aside(address)
