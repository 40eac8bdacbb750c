"""The database: SQLite in a file unless a URL names another one, brought up to date when it is opened."""

from pathlib import Path
from typing import Any

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from watchglass.model.errors import StoreError

_MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE = 10.0
"""Seconds for which somebody else may hold the file."""


def open_database(url: str) -> Engine:
    """Open a database, make what is not there yet, and bring what is there up to date.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.

    Raises:
        StoreError: It cannot be reached, or is none of ours.
    """
    try:
        place = make_url(url)
        if place.get_backend_name() == "postgresql":
            place = place.set(drivername="postgresql+psycopg")
        elif place.get_backend_name() != "sqlite":
            raise StoreError(f"{place.get_backend_name()}: a database is sqlite or postgresql")
        engine = create_engine(place, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("the address of the database is not of the form sqlite:///FILE or postgresql://...") from error
    name = place.render_as_string(hide_password=True)
    if place.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _careful)
        event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            _up_to_date(connection)
    except DBAPIError as error:
        raise StoreError(f"{name}: {str(error.orig).strip().splitlines()[0]}") from error
    return engine


def _up_to_date(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    upgrade(config, "head")


def _careful(connection: Any, _: object) -> None:
    """What is committed survives a loss of power, and readers do not wait for who writes."""
    connection.isolation_level = None  # who begins a transaction is SQLAlchemy
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={round(1000 * _PATIENCE)}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Who begins may write: two that have both begun to read could not both go on to write."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
