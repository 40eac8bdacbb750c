"""The database: SQLite in a file unless a URL names another one, brought up to date when it is opened."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.command import upgrade
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from watchglass.model.errors import AwayStoreError, DamagedStoreError, StoreError

UNOPENED = "the database has not been opened"
"""What is said where one is wanted that could not be opened yet."""
_MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE = 10.0
"""Seconds for which somebody else may hold the file."""
_SIDE_FILES = ("", "-wal", "-shm")
"""What a database of SQLite consists of."""


def open_database(url: str, patience: float = _PATIENCE) -> Engine:
    """Open a database, make what is not there yet, and bring what is there up to date; in one thread at a time.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
        patience: Seconds for which a database that is locked, or does not answer, is waited for.

    Raises:
        DamagedStoreError: The file is one of ours no more; ``set_aside`` makes room for another one.
        AwayStoreError: It is locked, full, or cannot be reached.
        StoreError: It is none of ours.
    """
    place = _place(url)
    engine = _engine(place, patience)
    name = place.render_as_string(hide_password=True)
    try:
        if place.get_backend_name() == "sqlite":
            _check(engine)
        with engine.begin() as connection:
            _up_to_date(connection)
    except (DBAPIError, StoreError) as error:
        engine.dispose()
        told = _translated(error) if isinstance(error, DBAPIError) else error
        if isinstance(told, DamagedStoreError):
            raise _damaged(str(place.database), str(told)) from error
        if isinstance(told, AwayStoreError):
            raise AwayStoreError(f"{name}: {told}") from error
        raise
    return engine


def join_database(url: str, patience: float = _PATIENCE) -> Engine:
    """Open a database that is there, beside whoever works with it: nothing is made, examined or brought up to date.

    Args:
        url: As for ``open_database``.
        patience: As for ``open_database``.

    Raises:
        DamagedStoreError: Its file is broken.
        StoreError: There is none, it cannot be reached, or another version of watchglass made it.
    """
    place = _place(url)
    name = place.render_as_string(hide_password=True)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        raise StoreError(f"{place.database}: there is no database; `watchglass serve` makes one")
    engine = _engine(place, patience)
    try:
        with reading(engine) as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found != ScriptDirectory(str(_MIGRATIONS)).get_current_head():
            raise StoreError("was made by another version of watchglass; `watchglass serve` of this one updates it")
    except DamagedStoreError:
        engine.dispose()
        raise
    except StoreError as error:
        engine.dispose()
        raise StoreError(f"{name}: {error}") from error
    return engine


def set_aside(url: str) -> str:
    """Give the file of a database another name, so that a new one may begin; nobody may have it open.

    Args:
        url: ``sqlite:///FILE``.

    Returns:
        The new name.

    Raises:
        StoreError: It is no file, or cannot be renamed.
    """
    place = _place(url)
    if place.get_backend_name() != "sqlite" or not place.database:
        raise StoreError("only the file of a database of SQLite can be set aside")
    aside = f"{place.database}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    try:
        for side in _SIDE_FILES:
            file = Path(place.database + side)
            if file.exists():
                file.rename(aside + side)
    except OSError as error:
        raise StoreError(f"{place.database} cannot be set aside: {error.strerror}") from error
    return aside


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction: all of it, or nothing.

    Raises:
        DamagedStoreError: Nothing, as the file is broken.
        StoreError: Nothing.
    """
    try:
        with engine.get_execution_options().get("turns", nullcontext()), engine.begin() as connection:
            yield connection
    except (DBAPIError, PoolTimeoutError) as error:
        raise _translated(error) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only looks, and waits for nobody.

    Raises:
        DamagedStoreError: The file is broken.
        StoreError: There is nothing to be seen.
    """
    try:
        with engine.connect().execution_options(only_reads=True) as connection, connection.begin():
            yield connection
    except (DBAPIError, PoolTimeoutError) as error:
        raise _translated(error) from error


class _Turns:
    """Threads that write the same file queue up: SQLite would let each of them try again after longer and longer naps.

    Args:
        patience: Seconds for which one waits.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._patience):
            raise StoreError("database is locked (by a thread of our own)")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _engine(place: URL, patience: float) -> Engine:
    options = {"turns": _Turns(patience)} if place.get_backend_name() == "sqlite" else {}
    engine = create_engine(place, pool_pre_ping=True, connect_args=_limits(place, patience), execution_options=options)
    if place.get_backend_name() == "sqlite":
        event.listen(engine, "connect", lambda connection, _: _careful(connection, patience))
        event.listen(engine, "begin", _begin)
    return engine


def _place(url: str) -> URL:
    try:
        place = make_url(url)
        if place.get_backend_name() == "postgresql":
            return place.set(drivername="postgresql+psycopg")
        if place.get_backend_name() != "sqlite":
            raise StoreError(f"{place.get_backend_name()}: a database is sqlite or postgresql")
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("the address of the database is not of the form sqlite:///FILE or postgresql://...") from error
    return place


def _limits(place: URL, patience: float) -> dict[str, Any]:
    """How long a server may keep us waiting; PostgreSQL counts whole seconds to connect, and two at least."""
    if place.get_backend_name() == "sqlite":
        return {}
    milliseconds = round(1000 * patience)
    return {
        "connect_timeout": max(2, round(patience)),
        "tcp_user_timeout": milliseconds,
        "options": f"-c lock_timeout={milliseconds}",
    }


def _check(engine: Engine) -> None:
    with reading(engine) as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise DamagedStoreError(str(found))


def _damaged(file: str, what: str) -> DamagedStoreError:
    return DamagedStoreError(
        f"{file} is damaged ({' '.join(what.split())[:200]}): give it another name, with {file}-wal and {file}-shm,"
        " and a new one is begun"
    )


def _translated(error: Exception) -> StoreError:
    said = _sentence(error)
    is_broken = any(words in said for words in ("malformed", "not a database"))
    return DamagedStoreError(said) if is_broken else AwayStoreError(said)


def _sentence(error: Exception) -> str:
    """The first line of what the database has to say; the statement and its values are nobody's business."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def _up_to_date(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite lets nobody else write anyway
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('watchglass.migrations'))")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    upgrade(config, "head")


def _careful(connection: Any, patience: float) -> None:
    """What is committed survives a loss of power, and readers do not wait for who writes."""
    connection.isolation_level = None  # who begins a transaction is SQLAlchemy
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={round(1000 * patience)}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Who begins may write, unless it only reads: two that have both begun to read could not both go on to write."""
    is_reading = connection.get_execution_options().get("only_reads", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
