"""From findings to incidents, for one stream: what belongs together, what comes back, what keeps coming and going."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews, incident_id

_MOST_FINDINGS = 100
"""Ids of findings that an incident names."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How slow incidents are."""

    alarm_from: Severity = Severity.WARNING
    """How grave a finding must be to be an incident of its own."""
    keep: float = 30.0
    """Seconds for which all must be well until it is over: what comes back within them is the same incident."""
    flaps: int = 4
    """Changes (begun, over, begun again) within ``flap_window`` that make it one that comes and goes."""
    flap_window: float = 600.0
    """Seconds; also how long all must be well until one that came and went is over."""
    confirm: float = 60.0
    """Seconds of watching anew after which what was open before, and was not found again, is over."""
    repeat: float = 4 * 3_600.0
    """Seconds after which what goes on, and nobody has in hand, is told again, and again; 0: never."""


@dataclass(slots=True)
class _Case:
    """An incident that is open, and what keeps it so."""

    incident: Incident
    own: set[str] = field(default_factory=set)
    """Open findings of its detector."""
    unwatched: set[str] = field(default_factory=set)
    """Of its own findings those that were open when watching ended."""
    well_since: float | None = None
    """When it was told that all is well."""
    over_at: float = 0.0
    """When all was well, by the clock of the media."""
    confirm_at: float | None = None
    """When what is unwatched is over, unless it is found again."""
    reminders: int = 0
    """How many times ``repeat`` it had lasted when somebody was reminded of it."""


class Incidents:
    """The incidents of one stream.

    Args:
        stream: Its name.
        patience: How slow they are.
        labels: What is known about the stream.
    """

    def __init__(self, stream: str, patience: Patience | None = None, labels: Mapping[str, str] | None = None) -> None:
        self.labels: Mapping[str, str] = labels or {}
        """Go with each incident that begins from now on."""
        self._stream = stream
        self._patience = patience or Patience()
        self._cases: dict[str, _Case] = {}
        """Open ones, by detector."""
        self._begun: dict[str, int] = {}
        """By finding, how many incidents it began that are over: it may begin another one."""
        self._changes: dict[str, deque[float]] = {}
        """By detector, when its fault began and was over, the latest last."""

    @property
    def open(self) -> list[Incident]:
        """Those that go on."""
        return [case.incident for case in self._cases.values()]

    def take(
        self, finding: Finding, *, run: str, began: float, now: float, over: float | None = None
    ) -> Iterator[IncidentNews]:
        """Something was told about a finding.

        Args:
            finding: As context told it.
            run: What this stretch of watching is called.
            began: UTC at which the finding began.
            now: UTC.
            over: UTC at which it was over, where it was told that it is; ``now`` where nobody knows.
        """
        yield from self.tick(now)
        told = finding.identity(self._stream, run)
        if finding.event is Event.CLOSED:
            self._closed(told, now, now if over is None else over)
        elif finding.event is Event.UNWATCHED:
            self._unwatched(told)
        elif finding.explained_by is not None:
            yield from self._explained(finding, told, now)
        elif finding.severity >= self._patience.alarm_from or self._shows_again(finding):
            yield from self._alarm(finding, told, began, now)

    def resume(self, known: Iterable[Incident]) -> None:
        """Go on with those that were open when whoever kept them ended; as if all of it were unwatched since."""
        for incident in known:
            own = set(incident.findings)
            self._cases[incident.detector] = _Case(incident, own=own, unwatched=set(own))
            self._changed(incident.detector, incident.opened_at)

    def begins(self, now: float) -> None:
        """Watching begins anew: what was open shows itself again, or is over."""
        for case in self._cases.values():
            if case.unwatched:
                case.confirm_at = now + self._patience.confirm

    def tick(self, now: float) -> Iterator[IncidentNews]:
        """Time goes by."""
        for case in list(self._cases.values()):
            if case.confirm_at is not None and now >= case.confirm_at:
                began_anew = case.confirm_at - self._patience.confirm
                case.own -= case.unwatched
                case.unwatched, case.confirm_at = set(), None
                self._rests(case, began_anew, began_anew)
            if case.well_since is not None and now - case.well_since >= self._keep(case):
                self._end(case)
                over = replace(case.incident, closed_at=case.over_at)
                yield IncidentNews(IncidentEvent.CLOSED, over, now)
            elif case.well_since is None and case.incident.acknowledged_by is None:
                yield from self._remind(case, now)

    def acknowledge(self, incident: str, by: str, now: float) -> Iterator[IncidentNews]:
        """Somebody has it in hand."""
        for case in self._cases.values():
            if case.incident.id == incident and case.incident.acknowledged_by is None:
                yield self._news(case, IncidentEvent.ACKNOWLEDGED, now, acknowledged_by=by)

    def acknowledged(self, incident: str, by: str) -> bool:
        """It was noted and told elsewhere that somebody has it in hand; True if that is new to us."""
        for case in self._cases.values():
            if case.incident.id == incident and case.incident.acknowledged_by is None:
                case.incident = replace(case.incident, acknowledged_by=by)
                return True
        return False

    def end(self, now: float) -> Iterator[IncidentNews]:
        """Nobody watches this stream any more, and nobody will: what is open is told as over."""
        for case in list(self._cases.values()):
            self._end(case)
            over = case.over_at if case.well_since is not None else now
            yield IncidentNews(IncidentEvent.CLOSED, replace(case.incident, closed_at=over), now)

    def _alarm(self, finding: Finding, told: str, began: float, now: float) -> Iterator[IncidentNews]:
        case = self._cases.get(finding.detector)
        if case is None:
            incident = Incident(
                id=incident_id(self._stream, told, self._begun.get(told, 0)),
                stream=self._stream,
                detector=finding.detector,
                severity=finding.severity,
                message=finding.message,
                opened_at=began,
                labels=dict(self.labels),
                findings=(told,),
            )
            case = self._cases[finding.detector] = _Case(incident, own={told})
            self._changed(finding.detector, began)
            yield self._news(case, IncidentEvent.OPENED, now, is_flapping=self._flaps(finding.detector, now))
            return
        if not case.own:
            self._changed(finding.detector, began)
        case.own.add(told)
        case.own -= case.unwatched  # found again, under another name
        case.unwatched, case.well_since, case.confirm_at = set(), None, None
        case.incident = _with(case.incident, told)
        if finding.severity > case.incident.severity:
            yield self._news(case, IncidentEvent.RAISED, now, severity=finding.severity, message=finding.message)
        if not case.incident.is_flapping and self._flaps(finding.detector, now):
            yield self._news(case, IncidentEvent.FLAPPING, now, is_flapping=True)

    def _shows_again(self, finding: Finding) -> bool:
        """True for a lesser finding of what was an incident when watching ended: nobody saw it begin this time."""
        case = self._cases.get(finding.detector)
        return case is not None and case.confirm_at is not None

    def _explained(self, finding: Finding, told: str, now: float) -> Iterator[IncidentNews]:
        """An effect belongs to its cause; where it was an incident of its own before, that is merged."""
        cause = self._cause(finding.explained_by or "")
        before = self._cases.get(finding.detector)
        if before is not None and before is not cause and told in before.own:
            before.own.discard(told)
            if not before.own and cause is not None:
                self._end(before)
                merged = replace(before.incident, merged_into=cause.incident.id, closed_at=now)
                yield IncidentNews(IncidentEvent.MERGED, merged, now)
            else:
                self._rests(before, now, now)
        if cause is not None:
            others = cause.incident.others
            if finding.detector not in others:
                cause.incident = replace(cause.incident, others=(*others, finding.detector))
            cause.incident = _with(cause.incident, told)

    def _cause(self, detector: str) -> _Case | None:
        """The open incident of a detector, or the one that has an effect of that detector among its own."""
        if detector in self._cases:
            return self._cases[detector]
        return next((case for case in self._cases.values() if detector in case.incident.others), None)

    def _closed(self, told: str, now: float, over: float) -> None:
        for case in self._cases.values():
            if told in case.own:
                case.own.discard(told)
                case.unwatched.discard(told)
                self._rests(case, now, over)

    def _unwatched(self, told: str) -> None:
        for case in self._cases.values():
            if told in case.own:
                case.unwatched.add(told)

    def _rests(self, case: _Case, now: float, over: float) -> None:
        if not case.own and case.well_since is None:
            case.well_since, case.over_at = now, max(over, case.incident.opened_at)
            self._changed(case.incident.detector, now)

    def _remind(self, case: _Case, now: float) -> Iterator[IncidentNews]:
        """Numbered by the time it has lasted: who begins anew reminds of nothing that was known before."""
        repeat = self._patience.repeat
        number = int((now - case.incident.opened_at) / repeat) if repeat > 0.0 else 0
        if number > case.reminders:
            case.reminders = number
            yield IncidentNews(IncidentEvent.REMINDED, case.incident, now, number)

    def _end(self, case: _Case) -> None:
        first = case.incident.findings[0]
        del self._cases[case.incident.detector]
        self._begun[first] = self._begun.pop(first, 0) + 1
        if len(self._begun) > _MOST_FINDINGS:
            del self._begun[next(iter(self._begun))]

    def _changed(self, detector: str, at: float) -> None:
        self._changes.setdefault(detector, deque(maxlen=self._patience.flaps)).append(at)

    def _flaps(self, detector: str, now: float) -> bool:
        changes = self._changes[detector]
        return len(changes) == self._patience.flaps and now - changes[0] <= self._patience.flap_window

    def _keep(self, case: _Case) -> float:
        return self._patience.flap_window if case.incident.is_flapping else self._patience.keep

    def _news(self, case: _Case, event: IncidentEvent, now: float, **changed: Any) -> IncidentNews:
        case.incident = replace(case.incident, **changed)
        return IncidentNews(event, case.incident, now)


def _with(incident: Incident, told: str) -> Incident:
    if told in incident.findings or len(incident.findings) >= _MOST_FINDINGS:
        return incident
    return replace(incident, findings=(*incident.findings, told))
