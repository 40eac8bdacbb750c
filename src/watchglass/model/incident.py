"""What people handle: one fault of one stream, from when it is told until it is over, however many findings tell of it.

Findings are exact and many; an incident is slow and one. What has a cause belongs to the incident of that cause. What
comes back soon is the same incident, and what keeps coming and going is told as that, once. Times are UTC in seconds
since 1970; nobody here reads a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2s

from watchglass.model.finding import Severity


class IncidentEvent(StrEnum):
    """What is told about an incident."""

    OPENED = "opened"
    RAISED = "raised"
    """It became graver."""
    FLAPPING = "flapping"
    """It comes and goes; from now on it is told again only when it has stayed away."""
    ACKNOWLEDGED = "acknowledged"
    MERGED = "merged"
    """It turned out to be part of another one."""
    REMINDED = "reminded"
    """It goes on, and nobody has it in hand."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A fault, as it is now."""

    id: str
    """Made of what it began with, so that whoever works it out again comes to the same one."""
    stream: str
    detector: str
    """Of the finding that it began with."""
    severity: Severity
    """The gravest so far."""
    message: str
    """Of its gravest finding."""
    opened_at: float
    """Where it began."""
    closed_at: float | None = None
    """Where it was over; None while it goes on."""
    is_flapping: bool = False
    acknowledged_by: str | None = None
    merged_into: str | None = None
    """The incident that it is part of."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What was known about the stream, such as its site, when it began."""
    findings: tuple[str, ...] = field(default=())
    """Ids, the first ones of many."""
    others: tuple[str, ...] = field(default=())
    """Detectors that found effects of it."""

    @property
    def is_open(self) -> bool:
        """True while it goes on, as far as anybody knows."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class IncidentNews:
    """Something happened to an incident."""

    event: IncidentEvent
    incident: Incident
    at: float
    """When it was known."""
    number: int = 0
    """Which one, of reminders."""

    @property
    def id(self) -> str:
        """The same for the same news, however often they are worked out: receivers may leave out what they have."""
        text = f"{self.incident.id}|{self.event}|{self.incident.severity}|{self.incident.acknowledged_by}"
        if self.number:
            text += f"|{self.number}"
        return blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def incident_id(stream: str, finding: str, number: int = 0) -> str:
    """The id of an incident that begins with a finding, after as many that were merged."""
    return blake2s(f"incident|{stream}|{finding}|{number}".encode(), digest_size=8).hexdigest()
