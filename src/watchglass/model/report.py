"""What is reported about one input, and about one run over several: pure data.

Times are seconds of media time; UTC is seconds since 1970-01-01T00:00Z.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.model.difference import Differences
from watchglass.model.exhibit import Exhibit
from watchglass.model.finding import Finding, Severity
from watchglass.model.limits import Limit
from watchglass.model.media import ClockAnchor, Track

FindingKey = tuple[str, str | None, float]
"""Detector, track, ``opened_at``: see ``Finding.key``."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A reading over time, reduced to bins of equal width; NaN where nothing was measured."""

    detector: str
    track: str | None
    name: str
    unit: str
    begin: float
    """Where the first bin begins, in seconds."""
    step: float
    """Width of a bin, in seconds."""
    low: NDArray[np.float32]
    """(n,): the smallest value in each bin."""
    high: NDArray[np.float32]
    mean: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """The outline of one channel (or of all together), reduced to bins; 1.0 is full scale, NaN where there was none."""

    track: str
    channel: str
    """Such as ``FL``; ``all`` where there are too many to show apart."""
    begin: float
    step: float
    peak: NDArray[np.float32]
    """(n,): the largest absolute sample of each bin."""
    rms: NDArray[np.float32]
    """(n,): root mean square of each bin."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A detector that was chosen, and what it watched."""

    detector: str
    tracks: tuple[str | None, ...] = ()
    """None for the stream as a whole; nothing where there was no track of its kind."""
    limits: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    """Reading to its thresholds."""
    is_judged: bool = True
    """False where it only measured, for want of a delivery profile."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """What was there and was not watched or not judged, and why; the same reason is told once with its count."""

    reason: str
    track: str | None
    detector: str | None
    start: float
    end: float | None
    """Where it was over; None if it went on to the end."""
    seconds: float
    """Sum of the stretches; 0 where they have no length of their own."""
    count: int = 1
    is_loss: bool = True
    """False for what nobody asked to be watched: a clean report is clean all the same."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was watched and, more important, what was not."""

    start: float = 0.0
    end: float | None = None
    """Media time up to which it was watched; None if nothing was."""
    not_watched: tuple[Unwatched, ...] = ()
    findings_left_out: int = 0
    """Findings beyond the number that a report holds."""

    @property
    def is_complete(self) -> bool:
        """True if everything that was to be watched was watched and is told."""
        return not any(part.is_loss for part in self.not_watched) and not self.findings_left_out


class Utc(NamedTuple):
    """A moment on the wall clock, and where it is known from."""

    seconds: float
    source: Literal["program-date-time", "arrival"]


class WallClock:
    """Translates media time to UTC by the last anchor before it; keeps at most ``limit`` anchors."""

    def __init__(self, limit: int = 4096) -> None:
        self._anchors: list[ClockAnchor] = []
        self._limit = limit

    def set(self, anchor: ClockAnchor) -> None:
        """From ``anchor.pts`` on, this anchor holds."""
        if len(self._anchors) >= self._limit:
            del self._anchors[0]
        self._anchors.append(anchor)
        self._anchors.sort(key=lambda known: known.pts)

    def at(self, pts: float) -> Utc | None:
        """UTC at a media time, or None while no anchor is known."""
        if not self._anchors:
            return None
        holds = self._anchors[0]
        for anchor in self._anchors:
            if anchor.pts > pts:
                break
            holds = anchor
        return Utc(holds.utc + pts - holds.pts, holds.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """Everything that is told about one input."""

    source: str
    """Path or address, secrets removed."""
    error: str | None = None
    """Why it could not be read, as a sentence; what was watched until then still counts."""
    duration: float | None = None
    """Seconds of media that were there to be watched, where that is known."""
    tracks: tuple[Track, ...] = ()
    is_live: bool = False
    coverage: Coverage = Coverage()
    findings: tuple[Finding, ...] = ()
    """The last that was told of each, in the order of their beginning."""
    run: str = ""
    """Part of each finding's identity."""
    clock: WallClock = field(default_factory=WallClock)
    curves: tuple[Curve, ...] = ()
    waveforms: tuple[Waveform, ...] = ()
    exhibits: Mapping[FindingKey, Exhibit] = field(default_factory=dict)
    """What is shown with each finding; nothing where nobody asked for it."""
    duties: tuple[Duty, ...] = ()
    differences: Differences | None = None
    """From what was found before, where stored readings were judged again."""

    @property
    def start_utc(self) -> Utc | None:
        """UTC at which the report's first moment was on air, where that is known."""
        return self.clock.at(self.coverage.start)

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings, or None without any."""
        return max((finding.severity for finding in self.findings), default=None)

    def limits_of(self, detector: str, reading: str) -> tuple[Limit, ...]:
        """The thresholds of a reading; nothing where none is one number."""
        return next((duty.limits.get(reading, ()) for duty in self.duties if duty.detector == detector), ())

    def count(self, severity: Severity) -> int:
        """How many findings are exactly this grave."""
        return sum(finding.severity is severity for finding in self.findings)

    def id_of(self, finding: Finding) -> str:
        """The short stable id of one of its findings."""
        return finding.identity(self.source, self.run)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run of ``watchglass check``."""

    files: tuple[FileReport, ...]
    version: str = ""
    """Of watchglass."""
    made_utc: float | None = None
    """When the report was made."""

    @property
    def worst(self) -> Severity | None:
        """The gravest severity in any file, or None without findings."""
        return max((file.worst for file in self.files if file.worst is not None), default=None)

    @property
    def unreadable(self) -> int:
        """How many inputs could not be read."""
        return sum(file.error is not None for file in self.files)

    def count(self, severity: Severity) -> int:
        """How many findings of all files are exactly this grave."""
        return sum(file.count(severity) for file in self.files)
