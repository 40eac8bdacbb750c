"""What outlives the process: readings as they were judged, in Parquet."""

import os

MISSING = "stored readings need pyarrow: pip install 'watchglass[archive]'"
"""What is told where the optional extra is not there."""


def reason(exc: OSError) -> str:
    """Why the disk refused, in the words of the system; pyarrow has longer ones."""
    return os.strerror(exc.errno) if exc.errno else str(exc)
