"""What was measured, by the minute, for charts of days and weeks."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from watchglass.model.minute import Body, joined, packed, unpacked
from watchglass.store.database import reading, writing
from watchglass.store.tables import ROLLUPS


class Rollups:
    """Keeps them; safe to share between threads.

    All methods raise ``StoreError`` where the database cannot do it.

    Args:
        engine: As ``open_database`` gave it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, stream: str, minute: int, body: Body) -> None:
        """Keep a minute, or another part of it.

        Args:
            stream: Its name.
            minute: UTC, in minutes since 1970.
            body: What was measured.
        """
        self.add_all([(stream, minute, body)])

    def add_all(self, several: Sequence[tuple[str, int, Body]]) -> None:
        """Keep many at once: stream, minute and what was measured."""
        parts: dict[tuple[str, int], Body] = {}
        for stream, minute, body in several:
            parts[stream, minute] = joined(parts.get((stream, minute), {}), body)
        if not parts:
            return
        streams, minutes = ({key[number] for key in parts} for number in (0, 1))
        about = select(ROLLUPS).where(ROLLUPS.c.stream.in_(streams), ROLLUPS.c.minute.in_(minutes))
        dialect = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        made = dialect.insert(ROLLUPS)
        made = made.on_conflict_do_update(index_elements=["stream", "minute"], set_={"body": made.excluded.body})
        with writing(self._engine) as connection:
            for row in connection.execute(about):
                part = parts.get((row.stream, row.minute))
                if part is not None:
                    parts[row.stream, row.minute] = joined(unpacked(row.body), part)
            rows = [
                {"stream": stream, "minute": minute, "body": packed(body)} for (stream, minute), body in parts.items()
            ]
            connection.execute(made, rows)

    def read(self, stream: str, begin: int, end: int) -> Iterator[tuple[int, dict[str, list[float]]]]:
        """Minutes of a stream, in order.

        Args:
            stream: Its name.
            begin: The first one, in minutes since 1970.
            end: The one after the last.
        """
        wanted = select(ROLLUPS.c.minute, ROLLUPS.c.body).order_by(ROLLUPS.c.minute)
        wanted = wanted.where(ROLLUPS.c.stream == stream, ROLLUPS.c.minute >= begin, ROLLUPS.c.minute < end)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        for row in rows:
            yield row.minute, unpacked(row.body)

    def expire(self, before: int, most: int = 1_000) -> int:
        """Forget minutes before that one.

        Args:
            before: In minutes since 1970.
            most: Rows in one transaction, so that nobody waits for long.

        Returns:
            How many are forgotten.
        """
        count = 0
        oldest = select(ROLLUPS.c.minute).where(ROLLUPS.c.minute < before).order_by(ROLLUPS.c.minute).limit(most)
        while True:
            with writing(self._engine) as connection:
                minutes = list(connection.execute(oldest).scalars())
                if minutes:  # of one minute there may be a row for each stream: all of them go, or none
                    gone = delete(ROLLUPS).where(ROLLUPS.c.minute <= minutes[-1], ROLLUPS.c.minute < before)
                    count += connection.execute(gone).rowcount
            if len(minutes) < most:
                return count
