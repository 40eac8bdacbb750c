"""What is to be told to whom, as rows: noted with the news, given out in order, held back and let go.

Each of these is a step within somebody else's transaction (``ledger.py``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from watchglass.model.incident import IncidentEvent
from watchglass.model.sink import Bulletin, Notification
from watchglass.store.rows import incident_of_row, incident_of_text, text_of_incident
from watchglass.store.tables import INCIDENTS, NEWS, OUTBOX

Key = tuple[str, str]
"""Id of the news, and sink."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a piece of news for one sink."""

    state: str
    """``pending``, ``sent`` or ``dead``."""
    due_at: float = 0.0
    attempts: int = 0
    error: str = ""


def add(
    connection: Connection, bulletins: Sequence[Bulletin], now: float, standings: Mapping[Key, Standing]
) -> set[Key]:
    """Note whom to tell; what was noted."""
    told = _told(connection, {each.news.incident.id for each in bulletins})
    rows: list[dict[str, Any]] = []
    for each in bulletins:
        known = told[each.news.incident.id]
        wanted = {due.sink: due.group for due in each.dues if not due.is_sequel or due.sink in known}
        wanted |= {sink: known[sink] for sink in each.followers if sink in known}
        known |= wanted
        for sink, group in wanted.items():
            rows.append(_row(each, sink, group, now, standings.get((each.news.id, sink))))
    if rows:
        raised = {each.news.incident.id for each in bulletins if each.news.event is IncidentEvent.RAISED}
        _hurry(connection, raised, now)
        connection.execute(insert(OUTBOX), rows)
    return {(row["news"], row["sink"]) for row in rows}


def _hurry(connection: Connection, incidents: set[str], now: float) -> None:
    """What has become graver does not wait behind what was told of it before: that waits for its digest no longer."""
    if incidents:
        is_waiting = (OUTBOX.c.state == "pending") & (OUTBOX.c.attempts == 0) & (OUTBOX.c.due_at > now)
        connection.execute(update(OUTBOX).where(OUTBOX.c.incident.in_(incidents), is_waiting).values(due_at=now))


def _told(connection: Connection, incidents: set[str]) -> dict[str, dict[str, str]]:
    """By incident, the sinks that are or will be told of it, each with what it is grouped with."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = select(OUTBOX.c.incident, OUTBOX.c.sink, OUTBOX.c.together)
    wanted = wanted.where(OUTBOX.c.incident.in_(incidents), OUTBOX.c.state != "moot")
    for incident, sink, together in connection.execute(wanted):
        told[incident][sink] = together
    return told


def _row(bulletin: Bulletin, sink: str, group: str, now: float, standing: Standing | None) -> dict[str, Any]:
    news = bulletin.news
    is_held = standing is None and bulletin.held_until > 0.0  # also where it is written so late that the window is over
    due_at = bulletin.held_until if is_held else now
    known = standing or Standing("held" if is_held else "pending", due_at)
    return {
        "news": news.id,
        "incident": news.incident.id,
        "sink": sink,
        "state": known.state,
        "since": due_at,
        "due_at": known.due_at,
        "attempts": known.attempts,
        "error": known.error,
        "together": group,
    }


def claim(connection: Connection, now: float, lease: float, sink: str, most: int) -> list[Notification]:
    """What is due; the news of one incident never overtake each other."""
    if connection.dialect.name == "postgresql":  # two that claim at once would each skip what the other has locked
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"watchglass.outbox.{sink}"))))
    let_go(connection, now, sink)
    earlier = OUTBOX.alias()
    is_next = ~exists().where(
        earlier.c.incident == OUTBOX.c.incident,
        earlier.c.sink == OUTBOX.c.sink,
        earlier.c.number < OUTBOX.c.number,
        earlier.c.state.in_(("pending", "held")),
        earlier.c.due_at > now,
    )
    due = (
        select(OUTBOX, NEWS.c.event, NEWS.c.at, NEWS.c.body.label("told"))
        .join(NEWS, NEWS.c.id == OUTBOX.c.news)
        .where(OUTBOX.c.sink == sink, OUTBOX.c.state == "pending", OUTBOX.c.due_at <= now, is_next)
        .order_by(OUTBOX.c.number)
        .limit(most)
    )
    claimed = [
        Notification(
            number=row.number,
            id=row.news,
            sink=row.sink,
            event=row.event,
            at=row.at,
            incident=incident_of_text(row.body or row.told),
            attempts=row.attempts,
            group=row.together,
            since=row.since,
        )
        for row in connection.execute(due)
    ]
    change(connection, [one.number for one in claimed], due_at=now + lease)
    return claimed


def is_anything_due(connection: Connection, now: float, sink: str) -> bool:
    """True if somebody should look closer."""
    states = OUTBOX.c.state.in_(("pending", "held"))
    due = select(OUTBOX.c.number).where(OUTBOX.c.sink == sink, states, OUTBOX.c.due_at <= now)
    return connection.execute(due.limit(1)).first() is not None


def let_go(connection: Connection, now: float, sink: str) -> None:
    """Of what was held until now: what goes on is told as it now is, what is over was nobody's business.

    Who was told of an incident before it was held is told all the rest of it.
    """
    due = select(OUTBOX.c.incident).where(OUTBOX.c.sink == sink, OUTBOX.c.state == "held", OUTBOX.c.due_at <= now)
    incidents = set(connection.execute(due).scalars())
    if not incidents:
        return
    found = connection.execute(select(INCIDENTS).where(INCIDENTS.c.id.in_(incidents)))
    as_now = {row.id: incident_of_row(row) for row in found}
    rows = defaultdict(list)
    wanted = select(OUTBOX.c.number, OUTBOX.c.incident, OUTBOX.c.state, OUTBOX.c.due_at)
    wanted = wanted.where(OUTBOX.c.incident.in_(incidents), OUTBOX.c.sink == sink).order_by(OUTBOX.c.number)
    for row in connection.execute(wanted):
        rows[row.incident].append(row)
    moot: list[int] = []
    freed: list[int] = []
    for incident, of_it in rows.items():
        held = [row for row in of_it if row.state == "held"]
        latest = max(row.due_at for row in held)
        if latest > now:  # a window that was made longer
            change(connection, [row.number for row in held], due_at=latest)
        elif any(row.number < held[0].number and row.state != "moot" for row in of_it):
            freed += [row.number for row in held]
        elif as_now[incident].is_open:
            body = text_of_incident(as_now[incident])
            change(connection, [held[0].number], state="pending", since=now, body=body)
            moot += [row.number for row in held[1:]]
        else:
            moot += [row.number for row in of_it if row.state in ("held", "pending")]
    change(connection, freed, state="pending", since=now)
    change(connection, moot, state="moot")


def change(connection: Connection, numbers: Sequence[int], **changed: object) -> None:
    """Set columns of some rows."""
    if numbers:
        connection.execute(update(OUTBOX).where(OUTBOX.c.number.in_(numbers)).values(**changed))


def settle(connection: Connection, keys: Iterable[Key], **changed: object) -> None:
    """Set columns of what is still to be told, by what it is called."""
    by_sink: dict[str, list[str]] = defaultdict(list)
    for news, sink in keys:
        by_sink[sink].append(news)
    for sink, news_of_it in by_sink.items():
        meant = (OUTBOX.c.sink == sink, OUTBOX.c.news.in_(news_of_it), OUTBOX.c.state == "pending")
        connection.execute(update(OUTBOX).where(*meant).values(**changed))
