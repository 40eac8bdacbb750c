"""How everything is, in a file that others may read while we serve: ``status.json`` in the folder of what is kept."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from watchglass.model.errors import SourceError
from watchglass.model.phrases import utc_time
from watchglass.supervisor.stream import StreamStatus

NAME = "status.json"
SCHEMA = "watchglass.status/1"


def write(
    folder: Path,
    streams: Sequence[StreamStatus],
    *,
    now: float,
    busy: float,
    trouble: str,
    open_: int,
    shares: Mapping[str, float],
) -> None:
    """Write it whole; who reads sees the one before or this one.

    Args:
        folder: Where.
        streams: How each stream is.
        now: UTC in seconds since 1970.
        busy: Share of the processors in use.
        trouble: What is wrong with the database; empty if nothing is.
        open_: Incidents that go on.
        shares: By stream, how much of one processor it uses.
    """
    facts = {
        "schema": SCHEMA,
        "utc": utc_time(now),
        "pid": os.getpid(),
        "busy": round(busy, 3),
        "open_incidents": open_,
        "trouble": trouble,
        "streams": [_facts(each, shares.get(each.name)) for each in streams],
    }
    path = folder / f"{NAME}.new"
    path.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    path.replace(folder / NAME)


def _facts(status: StreamStatus, share: float | None) -> dict[str, Any]:
    facts = asdict(status) | {"share": None if share is None else round(share, 3)}
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in facts.items()}


def read(folder: Path) -> dict[str, Any]:
    """What was written last.

    Raises:
        SourceError: Nobody has served from there, or it cannot be read.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
    except OSError as error:
        raise SourceError(f"{folder}: nobody serves from this folder ({error.strerror})") from None
    except ValueError:
        raise SourceError(f"{folder / NAME}: cannot be read") from None
    return facts
