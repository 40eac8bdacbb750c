"""Incidents and what is to be told of them, in SQLite and in a PostgreSQL server of the test's own."""

from dataclasses import replace

import pytest
from sqlalchemy import inspect

import postgres
from watchglass.model.errors import StoreError
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.tables import METADATA

LEASE = 30.0


@pytest.fixture(scope="module")
def server():
    if postgres.program("initdb") is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/watchglass.db"
    return request.getfixturevalue("server")


@pytest.fixture
def ledger(url):
    engine = open_database(url)
    yield Ledger(engine)
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


def incident(number=1, **more):
    told = {
        "id": f"i{number}",
        "stream": "news",
        "detector": "video.freeze",
        "severity": Severity.WARNING,
        "message": "Motion stopped; “still” for 3.0 s",
        "opened_at": 1000.0 + number,
        "findings": ("a", "b"),
        "others": ("audio.silence",),
    }
    return Incident(**(told | more))


def news(event=IncidentEvent.OPENED, number=1, at=1010.0, **more):
    return IncidentNews(event, incident(number, **more), at)


def test_what_is_opened_is_kept_and_what_is_closed_is_no_longer_open(ledger):
    ledger.record([news(number=2), news(number=1)], [], 1010.0)
    assert ledger.open_incidents() == [incident(1), incident(2)]
    assert ledger.open_incidents("other") == []
    ledger.record([news(IncidentEvent.CLOSED, 1, 1020.0, closed_at=1015.5)], [], 1020.0)
    assert ledger.open_incidents("news") == [incident(2)]
    assert [(event, one.id, one.closed_at) for _, event, one in ledger.history()] == [
        ("opened", "i2", None), ("opened", "i1", None), ("closed", "i1", 1015.5),
    ]  # fmt: skip
    assert len(list(ledger.history(after=next(ledger.history())[0]))) == 2


def test_what_is_recorded_again_changes_nothing(ledger):
    first, last = news(), news(IncidentEvent.RAISED, severity=Severity.CRITICAL)
    ledger.record([first, last], ["hook"], 1010.0)
    ledger.record([first, last], ["hook"], 1011.0)
    assert ledger.open_incidents() == [incident(severity=Severity.CRITICAL)]
    assert len(list(ledger.history())) == 2
    assert [one.event for one in ledger.claim(1012.0, LEASE)] == ["opened", "raised"]


def test_what_is_due_is_given_out_once_until_the_lease_is_over(ledger):
    ledger.record([news()], ["hook", "mail"], 1010.0)
    assert ledger.claim(1009.0, LEASE) == []
    claimed = ledger.claim(1010.0, LEASE)
    assert [(one.sink, one.event, one.attempts, one.incident) for one in claimed] == [
        ("hook", "opened", 0, incident()), ("mail", "opened", 0, incident()),
    ]  # fmt: skip
    assert {one.id for one in claimed} == {news().id}
    assert ledger.claim(1010.0 + LEASE - 1.0, LEASE) == []
    ledger.sent(claimed[0])
    assert [one.sink for one in ledger.claim(1010.0 + LEASE, LEASE)] == ["mail"]


def test_what_fails_is_tried_again_and_is_a_dead_letter_in_the_end(ledger):
    ledger.record([news()], ["hook"], 1010.0)
    [first] = ledger.claim(1010.0, LEASE)
    ledger.failed(first, "HTTP 503", 1015.0)
    assert ledger.claim(1014.0, LEASE) == []
    [second] = ledger.claim(1015.0, LEASE)
    assert (second.attempts, second.id) == (1, first.id)
    ledger.failed(second, "HTTP 410", None)
    assert ledger.claim(9999.0, LEASE) == []
    assert ledger.dead_letters() == [(first.id, "hook", "HTTP 410")]


def test_as_many_as_are_asked_for(ledger):
    ledger.record([news(number=number) for number in range(5)], ["hook"], 1010.0)
    assert [len(ledger.claim(1010.0, LEASE, most=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_the_migrations_make_the_tables_as_they_are_written_down(ledger, url):
    engine = open_database(url)  # once more: there is nothing left to do
    found = inspect(engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        assert {index["name"] for index in found.get_indexes(table.name)} >= {index.name for index in table.indexes}
    engine.dispose()


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


def test_ids_differ_where_anything_differs():
    told = [
        news(),
        news(number=2),
        news(IncidentEvent.CLOSED),
        replace(news(), incident=incident(acknowledged_by="ann")),
    ]
    assert len({one.id for one in told}) == 4
