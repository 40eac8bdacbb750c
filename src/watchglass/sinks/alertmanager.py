"""Prometheus Alertmanager: an incident is an alert that fires until it is resolved (API v2, ``POST /api/v2/alerts``).

Alertmanager forgets alerts that nobody repeats, unless they say themselves when they end: an open one ends in a year.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.phrases import utc_time
from watchglass.model.sink import Notification
from watchglass.net.guard import Network
from watchglass.sinks.posting import Poster

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""Of a label, as Prometheus takes it."""
_FOR_NOW = 365 * 86_400.0
"""Seconds after which an alert ends that nobody has resolved."""
_NOTHING_NEW = (IncidentEvent.ACKNOWLEDGED, IncidentEvent.FLAPPING)
"""What Alertmanager has no place for: silences and groups are its own affair."""


class Alertmanager:
    """Tells one Alertmanager.

    Args:
        url: Its address, without the path of the API.
        allow_private: Private networks that it may be in.

    Raises:
        SourceError: The address is none.
    """

    def __init__(self, url: str, *, allow_private: Sequence[Network] = ()) -> None:
        self._poster = Poster(url.rstrip("/") + "/api/v2/alerts", allow_private)

    def send(self, news: Sequence[Notification]) -> None:
        """Post it: of each incident only how it is in the end.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
        latest = {one.incident.id: one for one in news if one.event not in _NOTHING_NEW}
        if not latest:
            return
        body = json.dumps([alert for one in latest.values() for alert in alerts(one)], ensure_ascii=False).encode()
        self._poster.post(body, {"Content-Type": "application/json"})

    def close(self) -> None:
        """Let go of the connection."""
        self._poster.close()


def alerts(notification: Notification) -> Iterator[dict[str, Any]]:
    """The alert of an incident; and, as its severity is part of its name, an end of those that were less grave."""
    incident = notification.incident
    for severity in Severity:
        is_present = severity is incident.severity
        if severity > incident.severity or (not is_present and notification.event == IncidentEvent.OPENED):
            continue
        ends = incident.closed_at if incident.closed_at is not None else notification.at
        if is_present and incident.closed_at is None:
            ends = notification.at + _FOR_NOW
        yield {
            "labels": {
                **{name: text for name, text in incident.labels.items() if _NAME.fullmatch(name)},
                "alertname": incident.detector,
                "stream": incident.stream,
                "severity": str(severity),
                "incident": incident.id,
            },
            "annotations": {"summary": f"{incident.stream}: {incident.message}", "effects": ", ".join(incident.others)},
            "startsAt": utc_time(incident.opened_at),
            "endsAt": utc_time(max(ends, incident.opened_at)),
        }
