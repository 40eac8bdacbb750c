"""Of which findings there is to be a clip, of which seconds, and when it can be cut: by media time, without a clock."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from watchglass.model.finding import Event, Finding, Severity

_MINUTE = 60.0
_PATIENCE = 2.0
"""Seconds of media, or of waiting for them, by which the end of a clip may be late."""
_REMEMBERED = 10_000
"""Incidents of which it is known that there is a clip."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How much is shown of what."""

    before: float = 10.0
    """Seconds before the opening."""
    after: float = 5.0
    """Seconds after it was told."""
    longest: float = 20.0
    """Seconds of a clip: what is kept reaches no farther back. The opening counts for more than what came after."""
    alarm_from: Severity = Severity.WARNING
    """How grave a finding must be."""
    most_per_minute: int = 4
    """Clips of a stream: in a flood the first ones tell enough."""


@dataclass(frozen=True, slots=True)
class Job:
    """A clip to be cut."""

    incident: str
    finding: Finding
    """As it was told when it became grave enough."""
    start: float
    """Seconds of media time, as is ``stop``."""
    stop: float

    @property
    def moment(self) -> float:
        """What must be seen: the opening, in seconds of media time."""
        return self.finding.opened_at


@dataclass(slots=True)
class _Waiting:
    job: Job
    findings: set[tuple[str, str | None, float]] = field(default_factory=set)
    """Those that ask for it: without any there is no reason left."""


class Proof:
    """Which clips of one stream are to be cut.

    Args:
        framing: How much is shown of what.
    """

    def __init__(self, framing: Framing | None = None) -> None:
        self._framing = framing or Framing()
        self._waiting: dict[str, _Waiting] = {}
        self._known: dict[str, None] = {}
        """Incidents of which there is a clip or of which there will be none, the latest last."""
        self._asked: deque[float] = deque()
        self.left_out = 0
        """Incidents of which there is no clip because there were so many."""

    def take(self, finding: Finding, incident: str) -> None:
        """Something was told about a finding that belongs to an incident."""
        waiting = self._waiting.get(incident)
        if finding.event not in (Event.OPENED, Event.CHANGED):
            return
        if finding.explained_by is not None or finding.severity < self._framing.alarm_from:
            if waiting is not None:
                waiting.findings.discard(finding.key)
                if not waiting.findings:  # it may still turn out to be grave
                    del self._waiting[incident]
        elif waiting is not None:
            waiting.findings.add(finding.key)
        elif incident not in self._known:
            self._ask(finding, incident)

    def due(self, position: float, waited: float = 0.0) -> list[Job]:
        """The clips that can be cut now, each of them once.

        Args:
            position: How far has been watched, in seconds of media time.
            waited: Seconds for which nothing has come since then.
        """
        return [*self._cut(lambda stop: position >= stop or position + waited >= stop + _PATIENCE)]

    def finish(self) -> list[Job]:
        """The clips that are left when nothing more will come."""
        return [*self._cut(lambda _: True)]

    def _ask(self, finding: Finding, incident: str) -> None:
        told, framing = max(finding.told_at, finding.opened_at), self._framing
        while self._asked and self._asked[0] <= told - _MINUTE:
            self._asked.popleft()
        if len(self._asked) >= framing.most_per_minute:
            self.left_out += 1
            self._know(incident)
            return
        self._asked.append(told)
        start = finding.opened_at - framing.before
        stop = max(told, min(told + framing.after, start + framing.longest))
        self._waiting[incident] = _Waiting(Job(incident, finding, max(0.0, start), stop), {finding.key})

    def _cut(self, is_due: Callable[[float], bool]) -> Iterator[Job]:
        for incident, waiting in list(self._waiting.items()):
            if is_due(waiting.job.stop):
                del self._waiting[incident]
                self._know(incident)
                yield waiting.job

    def _know(self, incident: str) -> None:
        self._known[incident] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
