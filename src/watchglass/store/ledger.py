"""Incidents and what is to be told of them, in one transaction: what is known is told, and what is told is known.

Whoever is killed between two steps has either recorded both or neither. What was told and not yet noted as told is told
again, under the same id: at least once, and receivers know it again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentNews
from watchglass.model.sink import Notification
from watchglass.store.tables import INCIDENTS, NEWS, OUTBOX

_LISTS = ("findings", "others")
"""What is a list, and in a column JSON."""


class Ledger:
    """Keeps incidents and the outbox; safe to share between threads.

    Args:
        engine: As ``open_database`` gave it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, news: Sequence[IncidentNews], sinks: Sequence[str], now: float) -> None:
        """Note what happened, and that it is to be told; what is known already is left as it is.

        Args:
            news: What happened, in order.
            sinks: Whom to tell.
            now: UTC.
        """
        with self._engine.begin() as connection:
            for one in news:
                if connection.execute(select(NEWS.c.number).where(NEWS.c.id == one.id)).first() is not None:
                    continue
                _upsert(connection, one.incident)
                body = {"id": one.id, "incident": one.incident.id, "event": str(one.event), "at": one.at}
                connection.execute(insert(NEWS).values(**body, body=_text(one.incident)))
                for sink in sinks:
                    told = {"news": one.id, "sink": sink, "state": "pending", "due_at": now, "attempts": 0, "error": ""}
                    connection.execute(insert(OUTBOX).values(**told))

    def open_incidents(self, stream: str | None = None) -> list[Incident]:
        """Those that go on, the oldest first."""
        wanted = select(INCIDENTS).where(INCIDENTS.c.closed_at.is_(None)).order_by(INCIDENTS.c.opened_at)
        if stream is not None:
            wanted = wanted.where(INCIDENTS.c.stream == stream)
        with self._engine.begin() as connection:
            return [_incident(row) for row in connection.execute(wanted)]

    def claim(self, now: float, lease: float, most: int = 100) -> list[Notification]:
        """What is due, the oldest first; nobody else gets it until the lease is over.

        Args:
            now: UTC.
            lease: Seconds; what has been neither sent nor failed by then is due again.
            most: How many.
        """
        with self._engine.begin() as connection:
            due = (
                select(
                    OUTBOX.c.number, OUTBOX.c.sink, OUTBOX.c.attempts, NEWS.c.id, NEWS.c.event, NEWS.c.at, NEWS.c.body
                )
                .join(NEWS, NEWS.c.id == OUTBOX.c.news)
                .where(OUTBOX.c.state == "pending", OUTBOX.c.due_at <= now)
                .order_by(OUTBOX.c.number)
                .limit(most)
                .with_for_update(of=OUTBOX, skip_locked=True)
            )
            claimed = [
                Notification(row.number, row.id, row.sink, row.event, row.at, _of_text(row.body), row.attempts)
                for row in connection.execute(due)
            ]
            _set(connection, [one.number for one in claimed], due_at=now + lease)
        return claimed

    def sent(self, notification: Notification) -> None:
        """It has arrived."""
        with self._engine.begin() as connection:
            _set(connection, [notification.number], state="sent", error="")

    def failed(self, notification: Notification, why: str, again_at: float | None) -> None:
        """It has not.

        Args:
            notification: What.
            why: In words, secrets removed.
            again_at: UTC of the next attempt; None if there shall be none: it is a dead letter.
        """
        state = "dead" if again_at is None else "pending"
        with self._engine.begin() as connection:
            changed = {"state": state, "due_at": again_at or 0.0, "attempts": notification.attempts + 1, "error": why}
            _set(connection, [notification.number], **changed)

    def dead_letters(self) -> list[tuple[str, str, str]]:
        """Id of the news, sink, and why it never arrived."""
        wanted = select(OUTBOX.c.news, OUTBOX.c.sink, OUTBOX.c.error).where(OUTBOX.c.state == "dead")
        with self._engine.begin() as connection:
            return [(row.news, row.sink, row.error) for row in connection.execute(wanted.order_by(OUTBOX.c.number))]

    def history(self, after: int = 0, most: int = 1000) -> Iterator[tuple[int, str, Incident]]:
        """What happened: number, event, and the incident as it was then."""
        wanted = select(NEWS).where(NEWS.c.number > after).order_by(NEWS.c.number).limit(most)
        with self._engine.begin() as connection:
            rows = connection.execute(wanted).all()
        for row in rows:
            yield row.number, row.event, _of_text(row.body)


def _upsert(connection: Connection, incident: Incident) -> None:
    values = _values(incident)
    values |= {name: json.dumps(values[name]) for name in _LISTS}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = dialect.insert(INCIDENTS).values(**values)
    connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=values))


def _set(connection: Connection, numbers: Sequence[int], **changed: object) -> None:
    if numbers:
        connection.execute(update(OUTBOX).where(OUTBOX.c.number.in_(numbers)).values(**changed))


def _incident(row: Row[Any]) -> Incident:
    values = dict(row._mapping)
    return _made(values | {name: json.loads(values[name]) for name in _LISTS})


def _values(incident: Incident) -> dict[str, Any]:
    return {**asdict(incident), "severity": int(incident.severity)}


def _text(incident: Incident) -> str:
    return json.dumps(_values(incident))


def _of_text(text: str) -> Incident:
    return _made(json.loads(text))


def _made(values: dict[str, Any]) -> Incident:
    lists = {name: tuple(values[name]) for name in _LISTS}
    return Incident(**{**values, **lists, "severity": Severity(values["severity"])})
