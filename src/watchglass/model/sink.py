"""Whom incidents are told to: the contract of a sink, and what is sent."""

from dataclasses import dataclass
from typing import Protocol

from watchglass.model.errors import WatchglassError
from watchglass.model.incident import Incident


@dataclass(frozen=True, slots=True)
class Notification:
    """One piece of news for one sink."""

    number: int
    """Its place in the outbox."""
    id: str
    """Of the news: the same at each attempt, so that a receiver may know it again."""
    sink: str
    event: str
    """What happened to the incident (``IncidentEvent``)."""
    at: float
    """When that was known: UTC in seconds since 1970."""
    incident: Incident
    """As it was then."""
    attempts: int = 0
    """So many failed before."""


class Sink(Protocol):
    """Tells somebody. May be called again with what it has told already."""

    def send(self, notification: Notification) -> None:
        """Deliver, and return when it has arrived.

        Raises:
            SinkError: It has not.
        """
        ...


class SinkError(WatchglassError):
    """Raised by a sink that could not deliver.

    Args:
        message: Why, for people; secrets removed.
        is_final: True if another attempt would fail, too.
        retry_after: Seconds that the receiver wants to be left alone.
    """

    def __init__(self, message: str, *, is_final: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.retry_after = retry_after


class Outbox(Protocol):
    """What is still to be told, kept somewhere (``store/ledger.py``)."""

    def claim(self, now: float, lease: float, most: int = 100) -> list[Notification]:
        """What is due, the oldest first; nobody else gets it for ``lease`` seconds."""
        ...

    def sent(self, notification: Notification) -> None:
        """It has arrived."""
        ...

    def failed(self, notification: Notification, why: str, again_at: float | None) -> None:
        """It has not; None if there shall be no other attempt."""
        ...
