"""What outlives the process: readings as they were judged, in Parquet; incidents and what is to be told, in a database.

What keeps readings may not be imported before ``require`` has found pyarrow, which is optional.
"""

import os
from importlib.util import find_spec

from watchglass.model.errors import UsageError


def require() -> None:
    """Make sure that pyarrow is there, without importing it: it begins threads when it is.

    Raises:
        UsageError: It is not, and how to get it.
    """
    if find_spec("pyarrow") is None:
        raise UsageError("stored readings need pyarrow: pip install 'watchglass[archive]'")


def require_database() -> None:
    """Make sure that what talks to databases is there, without importing it.

    Raises:
        UsageError: It is not, and how to get it.
    """
    if find_spec("sqlalchemy") is None or find_spec("alembic") is None:
        raise UsageError("a database needs SQLAlchemy and Alembic: pip install 'watchglass[serve]'")


def reason(exc: OSError) -> str:
    """Why the disk refused, in the words of the system; pyarrow has longer ones."""
    return os.strerror(exc.errno) if exc.errno else str(exc)
