"""What is held back, grouped and told in order for each sink; roll-ups of readings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables of 0001 up to date."""
    op.create_index("news_by_incident", "news", ["incident"])
    op.add_column("incidents", sa.Column("labels", sa.Text, nullable=False, server_default="{}"))
    for column in (
        sa.Column("incident", sa.String(32), nullable=False, server_default=""),
        sa.Column("since", sa.Float(53), nullable=False, server_default="0"),
        sa.Column("together", sa.Text, nullable=False, server_default=""),
        sa.Column("body", sa.Text),
    ):
        op.add_column("outbox", column)
    op.execute(
        "UPDATE outbox SET incident = (SELECT news.incident FROM news WHERE news.id = outbox.news),"
        " since = (SELECT news.at FROM news WHERE news.id = outbox.news)"
    )
    op.drop_index("outbox_by_time", "outbox")
    op.create_index("outbox_by_time", "outbox", ["sink", "state", "due_at"])
    op.create_index("outbox_by_incident", "outbox", ["incident", "sink", "number"])
    op.create_table(
        "rollups",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("minute", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("rollups_by_minute", "rollups", ["minute"])
