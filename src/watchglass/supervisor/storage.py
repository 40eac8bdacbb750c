"""The database of whoever serves: opened as soon as it can be, and anew where its file is damaged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from watchglass.config.streams import MACHINE
from watchglass.model.errors import AwayStoreError, DamagedStoreError, StoreError
from watchglass.model.incident import Incident
from watchglass.store.database import join_database, open_database, set_aside
from watchglass.store.ledger import Ledger

_PATIENCE = 1.0
"""Seconds for which somebody else may hold the database: then sinks are told from memory."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is there."""

    engine: Engine
    ledger: Ledger
    left: Sequence[Incident]
    """Incidents that were open in it when nobody served."""


class Storage:
    """Opens it.

    Args:
        url: Of the database.
        is_ours: Whether nobody else serves from it, so that who held leases on news is dead.
        note: Takes lines for the log: a stream's name, and what there is to say.
        clock: UTC in seconds since 1970.
    """

    def __init__(
        self, url: str, *, is_ours: bool, note: Callable[[str, str], None], clock: Callable[[], float]
    ) -> None:
        self._url, self._is_ours, self._note, self._clock = url, is_ours, note, clock
        self._engine: Engine | None = None

    @property
    def is_open(self) -> bool:
        """False until it could be opened once."""
        return self._engine is not None

    def first(self) -> Opened | None:
        """Open it; None where it is locked, full or cannot be reached: watching does not wait for that.

        Raises:
            StoreError: It is none of ours.
        """
        try:
            return self._opened()
        except AwayStoreError as error:
            self._note(
                MACHINE, f"the database cannot be used ({error}); sinks are told from memory until it can be opened"
            )
            return None

    def looks_broken(self) -> bool:
        """Whether another one could not read it: who has it open may go on for long with what it remembers of it."""
        try:
            join_database(self._url, _PATIENCE).dispose()
        except DamagedStoreError:
            return True
        except StoreError:  # it is locked or gone, which shows when it is written
            pass
        return False

    def renewed(self, *, is_broken: bool) -> Opened | None:
        """The database where it has not been open, or another one where the file of this one is damaged; else None.

        Args:
            is_broken: It is known to be damaged; else it is looked whether it is, whatever its errors say.

        Raises:
            StoreError: It cannot be opened.
        """
        if self._engine is not None:
            if not is_broken:
                try:
                    open_database(self._url, _PATIENCE).dispose()
                except DamagedStoreError:
                    pass
                else:
                    return None  # it is locked, full or gone, and comes back
            self._engine.dispose()
        return self._opened()

    def close(self) -> None:
        """Let go of it."""
        if self._engine is not None:
            self._engine.dispose()

    def _opened(self) -> Opened:
        try:
            return self._read()
        except DamagedStoreError:
            kept = set_aside(self._url)
            self._note(MACHINE, f"the database is damaged; it is kept as {kept}, and a new one is begun")
            return self._read()

    def _read(self) -> Opened:
        engine = open_database(self._url, _PATIENCE)
        ledger = Ledger(engine)
        try:
            left = ledger.open_incidents()
            if self._is_ours:
                ledger.hurry(self._clock())
        except StoreError:
            engine.dispose()
            raise
        self._engine = engine
        return Opened(engine, ledger, left)
