"""What people want to see of the database: incidents, and what has not been told yet."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from watchglass.model.incident import Incident
from watchglass.store.database import reading
from watchglass.store.rows import incident_of_row
from watchglass.store.tables import INCIDENTS, NEWS, OUTBOX


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is still to be told to one sink."""

    sink: str
    count: int
    held: int
    """Of these, what maintenance holds back."""
    since: float
    """Since when the oldest could be told: UTC in seconds since 1970."""
    attempts: int
    """Of what was tried most often."""
    error: str
    """Why it was not told the last time, as far as anybody knows."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A piece of news that was given up."""

    news: str
    sink: str
    error: str
    event: str
    incident: str
    stream: str
    detector: str
    at: float
    """When it was known: UTC in seconds since 1970."""


class Overview:
    """Looks, and changes nothing.

    All methods raise ``StoreError`` where the database cannot be read.

    Args:
        engine: As ``join_database`` gave it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def incidents(self, stream: str | None = None, *, most: int | None = None) -> list[Incident]:
        """Those that go on, or the last ``most`` that began; the oldest first."""
        wanted = select(INCIDENTS).order_by(INCIDENTS.c.opened_at.desc(), INCIDENTS.c.id)
        wanted = wanted.where(INCIDENTS.c.closed_at.is_(None)) if most is None else wanted.limit(most)
        if stream is not None:
            wanted = wanted.where(INCIDENTS.c.stream == stream)
        with reading(self._engine) as connection:
            return [incident_of_row(row) for row in connection.execute(wanted)][::-1]

    def waiting(self) -> list[Waiting]:
        """By sink, what is still to be told."""
        return list(self._waiting())

    def _waiting(self) -> Iterator[Waiting]:
        is_waiting = OUTBOX.c.state.in_(("pending", "held"))
        is_held = OUTBOX.c.state == "held"
        counts = (
            select(
                OUTBOX.c.sink,
                func.count().label("waiting"),
                func.count().filter(is_held).label("held"),
                func.min(OUTBOX.c.since).label("since"),
                func.max(OUTBOX.c.attempts).label("attempts"),
                func.max(OUTBOX.c.number).filter(OUTBOX.c.error != "").label("last"),
            )
            .where(is_waiting)
            .group_by(OUTBOX.c.sink)
            .subquery()
        )
        wanted = select(counts, OUTBOX.c.error).outerjoin(OUTBOX, OUTBOX.c.number == counts.c.last)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.order_by(counts.c.sink)).all()
        for row in rows:
            yield Waiting(row.sink, row.waiting, row.held, row.since, row.attempts, row.error or "")

    def dead_letters(self, most: int = 1_000) -> list[DeadLetter]:
        """What was given up, the oldest first."""
        wanted = (
            select(OUTBOX.c.news, OUTBOX.c.sink, OUTBOX.c.error, NEWS.c.event, NEWS.c.at, OUTBOX.c.incident)
            .add_columns(INCIDENTS.c.stream, INCIDENTS.c.detector)
            .join(NEWS, NEWS.c.id == OUTBOX.c.news)
            .join(INCIDENTS, INCIDENTS.c.id == OUTBOX.c.incident)
            .where(OUTBOX.c.state == "dead")
            .order_by(OUTBOX.c.number)
            .limit(most)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return [
            DeadLetter(row.news, row.sink, row.error, row.event, row.incident, row.stream, row.detector, row.at)
            for row in rows
        ]
