"""What people see of the database."""

import pytest

from telling import NOW, bulletin, news
from watchglass.model.errors import StoreError
from watchglass.model.incident import IncidentEvent
from watchglass.store.database import join_database, open_database
from watchglass.store.overview import Overview, Waiting

CLOSED = IncidentEvent.CLOSED


@pytest.fixture
def overview(engine):
    return Overview(engine)


def record(ledger, *several, sinks=("hook",), **more):
    ledger.record([bulletin(one, *sinks, **more) for one in several], NOW)


def test_what_goes_on_and_the_last_of_all(ledger, overview):
    record(ledger, *(news(number=number, opened_at=NOW + number) for number in range(5)))
    record(ledger, news(number=9, stream="other", opened_at=NOW))
    record(ledger, news(CLOSED, 3, opened_at=NOW + 3, closed_at=NOW + 4))
    assert [one.id for one in overview.incidents("news")] == ["i0", "i1", "i2", "i4"]
    assert [one.id for one in overview.incidents(most=2)] == ["i3", "i4"]
    assert [one.id for one in overview.incidents("other", most=2)] == ["i9"]


def test_what_waits_by_sink(ledger, overview):
    record(ledger, news(number=1), news(number=2), sinks=("hook", "mail"))
    record(ledger, news(number=3), held_until=NOW + 60.0)
    [first, second] = ledger.claim(NOW, 30.0, "mail")
    ledger.sent([first])
    ledger.failed([second], "HTTP 503", NOW + 5.0)
    assert overview.waiting() == [Waiting("hook", 3, 1, NOW, 0, ""), Waiting("mail", 1, 0, NOW, 1, "HTTP 503")]


def test_what_was_given_up(ledger, overview):
    record(ledger, news())
    ledger.failed(ledger.claim(NOW, 30.0, "hook"), "HTTP 410", None)
    [dead] = overview.dead_letters()
    assert (dead.news, dead.sink, dead.error) == ledger.dead_letters()[0]
    assert (dead.event, dead.incident, dead.stream, dead.at) == ("opened", "i1", "news", NOW)
    assert overview.waiting() == []


def test_who_joins_a_database_makes_none(url, tmp_path):
    if url.startswith("sqlite"):
        with pytest.raises(StoreError, match="there is no database"):
            join_database(url)
        assert list(tmp_path.iterdir()) == []
    open_database(url).dispose()
    engine = join_database(url)
    assert Overview(engine).incidents() == []
    engine.dispose()


def test_a_database_of_another_version_is_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    engine.dispose()
    with pytest.raises(StoreError, match="another version"):
        join_database(url)
