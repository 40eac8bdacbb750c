"""Whom incidents are told to: the contract of a sink, what is sent, and what keeps it until it has arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from watchglass.model.errors import WatchglassError
from watchglass.model.incident import Incident, IncidentNews


@dataclass(frozen=True, slots=True)
class Due:
    """That a sink is to be told."""

    sink: str
    group: str = ""
    """What belongs together for those who read it; empty: nothing else."""
    is_sequel: bool = False
    """Of use only to whom was told of the incident before."""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A piece of news, and whom to tell."""

    news: IncidentNews
    dues: tuple[Due, ...]
    followers: tuple[str, ...] = ()
    """Sinks that are told, too, if they were told of the incident before."""
    held_until: float = 0.0
    """UTC in seconds since 1970 before which nobody shall hear of it."""


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
    """As it was then; or as it was when it was no longer held back."""
    attempts: int = 0
    """So many failed before."""
    group: str = ""
    """What belongs together for those who read it; empty: nothing else."""
    since: float = 0.0
    """Since when it could be told: UTC in seconds since 1970."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is called wherever it is kept: news and sink."""
        return self.id, self.sink


class Sink(Protocol):
    """Tells somebody. May be called again with what it has told already."""

    def send(self, news: Sequence[Notification]) -> None:
        """Deliver, and return when all of it has arrived. Several are a digest.

        Args:
            news: One or more, the oldest first.

        Raises:
            SinkError: It has not, or not all of it.
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
    """What is still to be told, kept somewhere (``store/ledger.py``, ``store/scribe.py``). Times are UTC.

    Any of its methods may raise ``StoreError``.
    """

    def claim(self, now: float, lease: float, sink: str, most: int = 100) -> list[Notification]:
        """What is due for a sink, the oldest first; nobody else gets it for ``lease`` seconds."""
        ...

    def sent(self, news: Sequence[Notification]) -> None:
        """They have arrived."""
        ...

    def failed(self, news: Sequence[Notification], why: str, again_at: float | None) -> None:
        """They have not; None if there shall be no other attempt."""
        ...

    def later(self, news: Sequence[Notification], at: float) -> None:
        """They were not tried, and are due then."""
        ...
