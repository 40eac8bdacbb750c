"""The tables of the database: what people handle, what happened to it, and what is still to be told.

A change of them is a new file in ``migrations/``; these are what all migrations together make.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("stream", Text, nullable=False),
    Column("detector", String(200), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("opened_at", Float(53), nullable=False),
    Column("closed_at", Float(53)),
    Column("is_flapping", Boolean, nullable=False),
    Column("acknowledged_by", Text),
    Column("merged_into", String(32)),
    Column("labels", Text, nullable=False, server_default="{}"),
    Column("findings", Text, nullable=False),
    Column("others", Text, nullable=False),
    Index("incidents_by_state", "closed_at", "stream"),
)
"""One row each, as it is now; ``labels``, ``findings`` and ``others`` are JSON."""

NEWS = Table(
    "news",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("incident", String(32), ForeignKey("incidents.id"), nullable=False),
    Column("event", String(20), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("body", Text, nullable=False),
    Index("news_by_incident", "incident"),
)
"""All that happened to incidents, in order; ``body`` is the incident as it was then, in JSON."""

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("news", String(32), ForeignKey("news.id"), nullable=False),
    Column("incident", String(32), nullable=False, server_default=""),
    Column("sink", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", Float(53), nullable=False, server_default="0"),
    Column("due_at", Float(53), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("together", Text, nullable=False, server_default=""),
    Column("body", Text),
    Index("outbox_once", "news", "sink", unique=True),
    Index("outbox_by_time", "sink", "state", "due_at"),
    Index("outbox_by_incident", "incident", "sink", "number"),
)
"""What is to be told to whom.

``state`` is ``held`` (maintenance; until ``due_at``), ``pending`` (from ``due_at`` on), ``sent``, ``dead`` (given up)
or ``moot`` (nobody need hear of it any more). ``since`` is when it could first be told; ``together`` names what it is
grouped with; ``body`` is what to tell where that is not what the news say.
"""

ROLLUPS = Table(
    "rollups",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Index("rollups_by_minute", "minute"),
)
"""A row for each stream and minute (UTC, minutes since 1970); ``body`` is JSON, compressed by zlib (``rollups.py``)."""
