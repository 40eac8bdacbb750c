"""Incidents and what is to be told of them, in one transaction: what is known is told, and what is told is known.

Whoever is killed between two steps has either recorded both or neither. What was told and not yet noted as told is told
again, under the same id: at least once, and receivers know it again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from watchglass.model.errors import UsageError
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Notification
from watchglass.store import outbox
from watchglass.store.database import reading, writing
from watchglass.store.outbox import Key, Standing
from watchglass.store.rows import incident_of_row, incident_of_text, row_of_incident, text_of_incident
from watchglass.store.tables import INCIDENTS, NEWS, OUTBOX

_ABANDONED = 86_400.0
"""Seconds for which what is meant for a sink that is not there any more is kept for it."""


class Ledger:
    """Keeps incidents and the outbox; safe to share between threads. Times are UTC.

    All methods raise ``StoreError`` where the database cannot do it.

    Args:
        engine: As ``open_database`` gave it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self, bulletins: Sequence[Bulletin], now: float, standings: Mapping[Key, Standing] | None = None
    ) -> set[Key]:
        """Note what happened, and whom to tell; what is known already is left as it is.

        Args:
            bulletins: What happened, in order.
            now: UTC.
            standings: Of what was told, or tried, before it could be recorded.

        Returns:
            What was noted to be told.
        """
        with writing(self._engine) as connection:
            known = set(_known(connection, [each.news.id for each in bulletins]))
            fresh = [each for each in {each.news.id: each for each in bulletins}.values() if each.news.id not in known]
            if not fresh:
                return set()
            _upsert(connection, list({each.news.incident.id: each.news.incident for each in fresh}.values()))
            return _note(connection, fresh, now, standings or {})

    def acknowledge(self, incident: str, by: str, now: float, address: Callable[[IncidentNews], Bulletin]) -> Incident:
        """Somebody has an incident in hand; whoever keeps incidents in memory sees it here.

        Args:
            incident: Its id.
            by: Who.
            now: UTC.
            address: Says whom to tell.

        Returns:
            The incident as it is now.

        Raises:
            UsageError: There is none, it is over, or somebody else has it in hand.
        """
        # Locked, so that it cannot end between our look and our note.
        wanted = select(INCIDENTS).where(INCIDENTS.c.id == incident).with_for_update()
        with writing(self._engine) as connection:
            row = connection.execute(wanted).first()
            known = incident_of_row(row) if row is not None else None
            if known is None:
                raise UsageError(f"{incident}: there is no such incident")
            if not known.is_open:
                raise UsageError(f"{incident}: is over; only what goes on can be acknowledged")
            if known.acknowledged_by is not None:
                raise UsageError(f"{incident}: {known.acknowledged_by} has it in hand already")
            known = replace(known, acknowledged_by=by)
            _upsert(connection, [known])
            _note(connection, [address(IncidentNews(IncidentEvent.ACKNOWLEDGED, known, now))], now, {})
        return known

    def acknowledged(self) -> list[tuple[str, str, str]]:
        """Of what goes on and somebody has in hand: stream, id of the incident, and who."""
        columns = INCIDENTS.c.stream, INCIDENTS.c.id, INCIDENTS.c.acknowledged_by
        wanted = select(*columns).where(INCIDENTS.c.closed_at.is_(None), INCIDENTS.c.acknowledged_by.is_not(None))
        with reading(self._engine) as connection:
            return [(stream, incident, by) for stream, incident, by in connection.execute(wanted)]

    def open_incidents(self, stream: str | None = None) -> list[Incident]:
        """Those that go on, the oldest first."""
        wanted = select(INCIDENTS).where(INCIDENTS.c.closed_at.is_(None)).order_by(INCIDENTS.c.opened_at)
        if stream is not None:
            wanted = wanted.where(INCIDENTS.c.stream == stream)
        with reading(self._engine) as connection:
            return [incident_of_row(row) for row in connection.execute(wanted)]

    def history(self, after: int = 0, most: int = 1000) -> Iterator[tuple[int, str, Incident]]:
        """What happened: number, event, and the incident as it was then."""
        wanted = select(NEWS).where(NEWS.c.number > after).order_by(NEWS.c.number).limit(most)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        for row in rows:
            yield row.number, row.event, incident_of_text(row.body)

    def claim(self, now: float, lease: float, sink: str, most: int = 100) -> list[Notification]:
        """What is due for a sink, the oldest first; nobody else gets it until the lease is over.

        The news of one incident come in their order, later ones not before the earlier ones are due.

        Args:
            now: UTC.
            lease: Seconds; what has been neither sent nor failed by then is due again.
            sink: Its name.
            most: How many.
        """
        with reading(self._engine) as connection:  # who only looks waits for nobody
            if not outbox.is_anything_due(connection, now, sink):
                return []
        with writing(self._engine) as connection:
            return outbox.claim(connection, now, lease, sink, most)

    def sent(self, news: Sequence[Notification]) -> None:
        """They have arrived."""
        with writing(self._engine) as connection:
            outbox.settle(connection, [one.key for one in news], state="sent", error="")

    def failed(self, news: Sequence[Notification], why: str, again_at: float | None) -> None:
        """They have not.

        Args:
            news: What.
            why: In words, secrets removed.
            again_at: UTC of the next attempt; None if there shall be none: they are dead letters.
        """
        state = "dead" if again_at is None else "pending"
        changed = {"state": state, "due_at": again_at or 0.0, "attempts": OUTBOX.c.attempts + 1, "error": why}
        with writing(self._engine) as connection:
            outbox.settle(connection, [one.key for one in news], **changed)

    def later(self, news: Sequence[Notification], at: float) -> None:
        """They were not tried, and are due then (UTC)."""
        with writing(self._engine) as connection:
            outbox.settle(connection, [one.key for one in news], due_at=at)

    def hurry(self, now: float) -> None:
        """What is pending is due now: nobody is left who holds a lease, and pauses are begun anew."""
        with writing(self._engine) as connection:
            waits = (OUTBOX.c.state == "pending", OUTBOX.c.due_at > now)
            connection.execute(update(OUTBOX).where(*waits).values(due_at=now))

    def settle(self, standings: Mapping[Key, Standing]) -> None:
        """What became of them while nothing could be noted."""
        with writing(self._engine) as connection:
            for key, each in standings.items():
                changed = {"state": each.state, "due_at": each.due_at, "attempts": each.attempts, "error": each.error}
                outbox.settle(connection, [key], **changed)

    def release(self, streams: Collection[str], now: float) -> None:
        """Maintenance of these streams is over; or, with another time, lasts until then.

        Args:
            streams: Their names.
            now: UTC from which what was held is told, if it still goes on.
        """
        of_these = select(INCIDENTS.c.id).where(INCIDENTS.c.stream.in_(streams))
        held = update(OUTBOX).where(OUTBOX.c.state == "held", OUTBOX.c.incident.in_(of_these))
        with writing(self._engine) as connection:
            connection.execute(held.values(due_at=now))

    def dead_letters(self) -> list[tuple[str, str, str]]:
        """Id of the news, sink, and why it never arrived."""
        wanted = select(OUTBOX.c.news, OUTBOX.c.sink, OUTBOX.c.error).where(OUTBOX.c.state == "dead")
        with reading(self._engine) as connection:
            return [(row.news, row.sink, row.error) for row in connection.execute(wanted.order_by(OUTBOX.c.number))]

    def revive(self, now: float) -> int:
        """Try all dead letters again, as if they were new; how many there were.

        What was overtaken by later news of its incident stays untold: a receiver would take it for the latest.
        """
        later = OUTBOX.alias()
        overtaken = exists().where(
            later.c.incident == OUTBOX.c.incident,
            later.c.sink == OUTBOX.c.sink,
            later.c.number > OUTBOX.c.number,
            later.c.state == "sent",
        )
        dead = update(OUTBOX).where(OUTBOX.c.state == "dead")
        with writing(self._engine) as connection:
            connection.execute(dead.where(overtaken).values(state="moot"))
            return connection.execute(dead.values(state="pending", since=now, due_at=now, attempts=0)).rowcount

    def abandon(self, sinks: Collection[str], now: float) -> int:
        """Give up what is a day old and meant for none of these sinks; how many there were.

        Args:
            sinks: All that there are, by name.
            now: UTC.
        """
        lost = (OUTBOX.c.state == "pending", OUTBOX.c.sink.not_in(sinks), OUTBOX.c.since <= now - _ABANDONED)
        with writing(self._engine) as connection:
            given_up = update(OUTBOX).where(*lost).values(state="dead", error="there is no such sink any more")
            return connection.execute(given_up).rowcount

    def expire(self, before: float, most: int = 200) -> int:
        """Forget incidents that were over before then, unless something of them is still to be told.

        Args:
            before: UTC.
            most: Incidents in one transaction, so that nobody waits for long.

        Returns:
            How many are forgotten.
        """
        waits = exists().where(OUTBOX.c.incident == INCIDENTS.c.id, OUTBOX.c.state.in_(("pending", "held")))
        old = select(INCIDENTS.c.id).where(INCIDENTS.c.closed_at < before, ~waits).limit(most)
        count = 0
        while True:
            with writing(self._engine) as connection:
                ids = list(connection.execute(old).scalars())
                for column in (OUTBOX.c.incident, NEWS.c.incident, INCIDENTS.c.id):
                    connection.execute(delete(column.table).where(column.in_(ids)))
            count += len(ids)
            if len(ids) < most:
                return count


def _known(connection: Connection, ids: Sequence[str]) -> Iterator[str]:
    """Which of these news are."""
    yield from connection.execute(select(NEWS.c.id).where(NEWS.c.id.in_(ids))).scalars()


def _upsert(connection: Connection, incidents: Sequence[Incident]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = dialect.insert(INCIDENTS)
    every = {column.name: made.excluded[column.name] for column in INCIDENTS.columns if not column.primary_key}
    # Somebody may have taken it in hand since whoever writes this looked.
    every["acknowledged_by"] = func.coalesce(made.excluded.acknowledged_by, INCIDENTS.c.acknowledged_by)
    connection.execute(
        made.on_conflict_do_update(index_elements=["id"], set_=every), [row_of_incident(each) for each in incidents]
    )


def _note(
    connection: Connection, bulletins: Sequence[Bulletin], now: float, standings: Mapping[Key, Standing]
) -> set[Key]:
    """Note news of incidents that are noted, and whom to tell; what is to be told."""
    connection.execute(
        insert(NEWS),
        [
            {
                "id": each.news.id,
                "incident": each.news.incident.id,
                "event": str(each.news.event),
                "at": each.news.at,
                "body": text_of_incident(each.news.incident),
            }
            for each in bulletins
        ],
    )
    return outbox.add(connection, bulletins, now, standings)
