"""A notification as an event that others know how to read (CloudEvents 1.0, structured JSON)."""

from typing import Any

from watchglass.model.incident import Incident
from watchglass.model.phrases import utc_time
from watchglass.model.sink import Notification

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
"""Of a JSON array of them."""


def cloud_event(notification: Notification) -> dict[str, Any]:
    """As plain data.

    ``id`` is the same at each attempt; ``subject`` is the incident, which several events are about.
    """
    incident = notification.incident
    return {
        "specversion": "1.0",
        "id": notification.id,
        "source": f"/watchglass/streams/{incident.stream}",
        "type": f"watchglass.incident.{notification.event}",
        "subject": incident.id,
        "time": utc_time(notification.at),
        "datacontenttype": "application/json",
        "data": {"incident": incident.id, "event": notification.event, "group": notification.group, **facts(incident)},
    }


def facts(incident: Incident) -> dict[str, Any]:
    """What there is to know about an incident, as plain data; its id goes before."""
    return {
        "stream": incident.stream,
        "labels": dict(incident.labels),
        "detector": incident.detector,
        "severity": str(incident.severity),
        "message": incident.message,
        "opened": utc_time(incident.opened_at),
        "closed": None if incident.closed_at is None else utc_time(incident.closed_at),
        "flapping": incident.is_flapping,
        "acknowledged_by": incident.acknowledged_by,
        "merged_into": incident.merged_into,
        "findings": list(incident.findings),
        "effects": list(incident.others),
    }
