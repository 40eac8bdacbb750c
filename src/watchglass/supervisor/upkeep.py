"""What is seen to in the database and on the disk now and again, by the thread for chores."""

import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Engine

from watchglass.config.serving import ServeTable
from watchglass.model.errors import StoreError
from watchglass.monitor.rollup import MINUTE
from watchglass.store.database import UNOPENED
from watchglass.store.ledger import Ledger
from watchglass.store.rollups import Rollups
from watchglass.supervisor.chores import Chores
from watchglass.supervisor.clock import SteadyUtc
from watchglass.supervisor.minutes import Minutes
from watchglass.supervisor.prover import Keeping
from watchglass.supervisor.words import Minute

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
"""Seconds between two looks for incidents that somebody has taken in hand."""
_WRITE_EVERY = 10.0
"""Seconds between two times at which minutes of readings are written."""
_TIDY_EVERY = 60.0
"""Seconds between two times at which proof that is too old or too much is let go."""
_FORGET_EVERY = 3_600.0
"""Seconds between two times at which what is old is let go."""
_DAY = 86_400.0

Acknowledged = Sequence[tuple[str, str, str]]
"""Stream, id of the incident, and who has it in hand."""


class Upkeep:
    """Sees to the database, and hands what it finds there to the loop.

    Args:
        engine: Of the database; None where it could not be opened yet.
        chores: Who does it.
        utc: Dates it.
        table: How long what is kept.
        on_acknowledged: Hears, in the loop, of all that go on and somebody has in hand.
    """

    def __init__(
        self,
        engine: Engine | None,
        chores: Chores,
        utc: SteadyUtc,
        table: ServeTable,
        on_acknowledged: Callable[[Acknowledged], None],
    ) -> None:
        self.table = table
        self.sinks: Collection[str] = ()
        """All that there are, by name."""
        self.proof: Keeping | None = None
        """Where proof is kept, if anywhere."""
        self._engine = engine
        self._minutes = Minutes(None if engine is None else Rollups(engine))
        self._chores, self._utc = chores, utc
        chores.every(_LOOK_EVERY, "who has what in hand could not be read", self._acknowledged, on_acknowledged)
        chores.every(_WRITE_EVERY, "minutes of readings could not be written", self._write)
        chores.every(_FORGET_EVERY, "what is old could not be let go", self._forget)
        chores.every(_TIDY_EVERY, "proof that is old could not be let go", self._tidy)

    def reopen(self, engine: Engine) -> None:
        """Go on with another database; in the thread for chores."""
        self._engine, self._minutes.rollups = engine, Rollups(engine)

    @property
    def _opened(self) -> Engine:
        if self._engine is None:
            raise StoreError(UNOPENED)
        return self._engine

    def minute(self, stream: str, minute: Minute) -> None:
        """A minute of readings of a stream; returns at once."""
        self._minutes.add(stream, minute.number, minute.body)

    def end(self) -> None:
        """Write what waits."""
        try:
            self._minutes.write()
        except StoreError as error:
            log.warning("the last minutes of readings are lost: %s", error)

    def _acknowledged(self) -> Acknowledged:
        return Ledger(self._opened).acknowledged()

    def _write(self) -> None:
        self._minutes.write()

    def _tidy(self) -> None:
        if self.proof is not None:
            self.proof.open().tidy(self._utc.now())

    def _forget(self) -> None:
        now, table, ledger = self._utc.now(), self.table, Ledger(self._opened)
        ledger.abandon(list(self.sinks), now)
        ledger.expire(now - _DAY * table.keep)
        Rollups(self._opened).expire(int((now - _DAY * table.rollups_keep) // MINUTE))
