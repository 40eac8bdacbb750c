"""A drill: known faults on one side, what a watcher said on the other, and how long it took.

Both sides are put on the media time of the channel: a finding's time on the watcher's own timeline becomes UTC by
the programme date-time that the watcher read, and UTC becomes media time by the origin that wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from watchglass.faults.defects import Defect, Kind, Truth
from watchglass.faults.origin import Origin
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import ClockAnchor

EARLY, LATE = 1.0, 2.0
"""Seconds by which a finding may begin before and after the fault that it is about."""
STALL_EARLY = 8.0
"""The same for a stall, which a watcher may date back to the last thing it got."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding at the moment at which it first became an alarm."""

    finding: Finding
    at: float
    """``time.monotonic()`` when the watcher told it."""
    start: float
    """Media time of the channel at which it says the defect began, in seconds."""
    decided: float
    """Media time of the channel that had to be seen for it, in seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault."""

    truth: Truth
    alarm: Alarm | None
    after_served: float | None
    """Seconds from the moment at which the first picture of the fault had been served (for a stall: at which the
    first segment was overdue) to the alarm."""
    after_decided: float | None
    """Seconds from the moment at which the media that decides had been served to the alarm; none for a stall."""

    @property
    def onset_error(self) -> float | None:
        """Seconds by which the alarm dates the fault too late; negative for too early."""
        return None if self.alarm is None else self.alarm.start - self.truth.start


class Drill:
    """Takes down what a watcher says while the origin is on air.

    Args:
        defects: What goes wrong.
        origin: Who broadcasts it.
    """

    def __init__(self, defects: Sequence[Defect], origin: Origin) -> None:
        self.truths = [defect.truth for defect in sorted(defects, key=lambda d: d.start)]
        self._origin = origin
        self._anchors: list[ClockAnchor] = []
        self._rang: set[tuple[str, str | None, float]] = set()
        self.alarms: list[Alarm] = []
        """In the order in which they came."""

    def note(self, observation: object, at: float) -> Alarm | None:
        """Take an observation of the watcher into account.

        Args:
            observation: Whatever ``watch`` yields.
            at: ``time.monotonic()`` when it was told.

        Returns:
            The alarm, if this is one: a warning or worse, not explained by another finding, told for the first time.
        """
        if type(observation) is Reading:  # nearly all of them
            return None
        if isinstance(observation, ClockAnchor):
            self._anchors.append(observation)
        if not isinstance(observation, Finding) or observation.event not in (Event.OPENED, Event.CHANGED):
            return None
        is_alarm = observation.severity >= Severity.WARNING and observation.explained_by is None
        if not is_alarm or observation.key in self._rang:
            return None
        self._rang.add(observation.key)
        start, decided = self.channel_time(observation.opened_at), self.channel_time(observation.told_at)
        self.alarms.append(Alarm(observation, at, start, decided))
        return self.alarms[-1]

    def channel_time(self, pts: float) -> float:
        """Media time of the channel for a time on the watcher's timeline, both in seconds."""
        anchor: ClockAnchor | None = None
        for candidate in self._anchors:
            if anchor is None or candidate.pts <= pts + 1e-6:
                anchor = candidate
        return pts if anchor is None else anchor.utc + (pts - anchor.pts) - self._origin.opened_utc

    def truth_of(self, alarm: Alarm) -> Truth | None:
        """The fault that an alarm is about; None if it is about nothing that was done."""
        detector = alarm.finding.detector
        for truth in self.truths:
            early, late = (STALL_EARLY, STALL_EARLY) if truth.kind is Kind.STALL else (EARLY, LATE)
            if truth.kind is Kind.JUMP:
                late += truth.strength
            is_then = truth.start - early <= alarm.start <= truth.end + late
            if is_then and (detector == truth.detector or detector in truth.also):
                return truth
        return None

    @property
    def false_alarms(self) -> list[Alarm]:
        """Alarms about nothing that was done."""
        return [alarm for alarm in self.alarms if self.truth_of(alarm) is None]

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each fault, in order."""
        return [self._outcome(truth) for truth in self.truths]

    @property
    def is_passed(self) -> bool:
        """True if every fault was reported, and nothing else."""
        return all(outcome.alarm for outcome in self.outcomes) and not self.false_alarms

    def _outcome(self, truth: Truth) -> Outcome:
        alarm = next(
            (a for a in self.alarms if a.finding.detector == truth.detector and self.truth_of(a) is truth), None
        )
        if alarm is None:
            return Outcome(truth, None, None, None)
        if truth.kind is Kind.STALL:
            return Outcome(truth, alarm, alarm.at - self._origin.overdue(truth.start), None)
        served, decided = self._origin.served(truth.start), self._origin.served(max(0.0, alarm.decided - 1e-3))
        return Outcome(
            truth,
            alarm,
            None if served is None else max(0.0, alarm.at - served),
            None if decided is None else max(0.0, alarm.at - decided),
        )
