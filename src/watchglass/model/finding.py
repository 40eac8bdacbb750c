"""What is measured, and what is concluded from it."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2s
from typing import NamedTuple


class Severity(IntEnum):
    """How bad a finding is; ordered, so that ``severity >= Severity.WARNING`` reads as it is meant."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2

    def __str__(self) -> str:
        return self.name.lower()


class Event(StrEnum):
    """What is told about a finding."""

    OPENED = "opened"
    CHANGED = "changed"
    CLOSED = "closed"
    UNWATCHED = "unwatched"
    """We stopped watching while it was open: whether it is over is not known."""


class Reading(NamedTuple):
    """One measured value.

    ``pts`` is when what was measured began and ``duration`` how long it lasted, both in seconds.
    """

    detector: str
    track: str | None
    name: str
    pts: float
    duration: float
    value: float
    unit: str
    note: str = ""
    """What the number cannot say and a message is to repeat, such as an HTTP status; secrets removed."""

    @property
    def end(self) -> float:
        """The media time at which the measured stretch ends, in seconds."""
        return self.pts + self.duration


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, as fractions of the coded picture; ``x`` and ``y`` are the upper left corner."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A defect on one track, with a beginning and, once it is over, an end.

    It is told several times (``event``) under one identity: (stream, run, detector, track, ``opened_at``).
    """

    event: Event
    detector: str
    track: str | None
    opened_at: float
    """Media time at which the defect began, in seconds (not when it was noticed)."""
    closed_at: float | None = None
    """Media time at which it was over, in seconds; None while it goes on."""
    told_at: float
    """Media time up to which had been watched when this was told, in seconds."""
    severity: Severity = Severity.WARNING
    confidence: float = 1.0
    message: str = ""
    reason: str = ""
    """A word that context can decide on, such as ``fade`` or ``cut``; each detector's page lists its own."""
    explained_by: str | None = None
    """Detector id of the finding that is the cause of this one."""
    region: Region | None = None
    readings: tuple[Reading, ...] = field(default=())

    @property
    def key(self) -> tuple[str, str | None, float]:
        """What stays the same from opening to closing."""
        return (self.detector, self.track, self.opened_at)

    def identity(self, stream: str, run: str) -> str:
        """A short stable id; the same finding told again, or found again in the same run, has the same one."""
        text = f"{stream}|{run}|{self.detector}|{self.track}|{round(self.opened_at * 1e6)}"
        return blake2s(text.encode(errors="replace"), digest_size=8).hexdigest()
