"""What is kept of one watching beside its readings: enough to judge them again as they were judged then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from watchglass.model.detector import Delivery
from watchglass.model.finding import Finding
from watchglass.model.media import ClockAnchor, NotWatched, TimelineBreak, Tracks


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Of what the readings are, and how they were judged."""

    source: str
    """Path or address, secrets removed."""
    run: str
    """Part of each finding's identity."""
    version: str
    """Of the watchglass that measured."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Detectors that measured, with the versions of their packages."""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """All settings of each of them."""
    delivery: Delivery | None = None
    start: float = 0.0
    """Seconds: from where it was to be watched."""
    stop: float | None = None
    """Seconds: to where; None for the end."""


@dataclass(frozen=True, slots=True)
class End:
    """Why there is no more."""

    pts: float
    """Media time up to which was watched, in seconds."""
    how: Literal["ended", "unwatched", "failed"]
    """The media ended; watching ended and the media went on; the source could not be read further."""
    error: str | None = None
    duration: float | None = None
    """Seconds of media that were there to be watched, where that is known."""


Happening = Tracks | NotWatched | ClockAnchor | TimelineBreak | Finding | End
"""What is kept beside readings; findings as they were told, to compare with."""
