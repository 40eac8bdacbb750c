"""An incident as a row, and as the text of a column."""

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident

_LISTS = ("findings", "others")
_AS_JSON = (*_LISTS, "labels")
"""What in a column is JSON."""
_WORDS = ("message", "acknowledged_by")
"""What was written by who knows whom."""


def row_of_incident(incident: Incident) -> dict[str, Any]:
    """Its columns."""
    values = _values(incident)
    words = {name: _storable(values[name]) for name in _WORDS if values[name] is not None}
    return values | words | {name: json.dumps(values[name]) for name in _AS_JSON}


def incident_of_row(row: Row[Any]) -> Incident:
    """Back from its columns."""
    values = dict(row._mapping)
    return _made(values | {name: json.loads(values[name]) for name in _AS_JSON})


def text_of_incident(incident: Incident) -> str:
    """All of it in one column."""
    return json.dumps(_values(incident))


def incident_of_text(text: str) -> Incident:
    """Back from that column."""
    return _made(json.loads(text))


def _values(incident: Incident) -> dict[str, Any]:
    return {**asdict(incident), "severity": int(incident.severity)}


def _made(values: dict[str, Any]) -> Incident:
    lists = {name: tuple(values[name]) for name in _LISTS}
    return Incident(**{**values, **lists, "severity": Severity(values["severity"])})


def _storable(text: str) -> str:
    """Without what PostgreSQL takes from nobody: one odd message must not keep all others from being recorded."""
    return text.encode("utf-8", "replace").decode().replace("\0", "�")
