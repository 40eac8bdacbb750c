"""SQLite, and a PostgreSQL server of the tests' own."""

import pytest

import postgres
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.tables import METADATA


@pytest.fixture(scope="session")
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
def engine(url):
    """Of a database that is empty again afterwards."""
    made = open_database(url)
    yield made
    with made.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    made.dispose()


@pytest.fixture
def ledger(engine):
    return Ledger(engine)
