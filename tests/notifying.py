"""Notifications, as a dispatcher hands them to sinks."""

from typing import Any

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident
from watchglass.model.sink import Notification

NOW = 1_700_000_000.25
"""2023-11-14T22:13:20.250Z."""


def notification(number: int = 1, event: str = "opened", **more: Any) -> Notification:
    told: dict[str, Any] = {
        "id": f"i{number}",
        "stream": "news",
        "detector": "video.freeze",
        "severity": Severity.CRITICAL,
        "message": "Motion stopped",
        "opened_at": NOW - 2.0,
    }
    return Notification(number, f"n{number}", "sink", event, NOW, Incident(**(told | more)))
