"""Where findings of all streams become incidents, and what the supervisor itself has to tell becomes some, too."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.incident import Incident, IncidentNews
from watchglass.monitor.incidents import Incidents, Patience
from watchglass.supervisor.words import Told

BLIND = "monitor.blind"
"""Id of the finding that a stream is not watched."""
ARCHIVE = "monitor.archive"
"""Id of the finding that what is measured is not kept."""
_RUN = "supervisor"
"""What the run of our own findings is called."""


class Desk:
    """Keeps the incidents of all streams.

    Args:
        tell: Takes the name of a stream and what happened there, in order.
        patience: How slow incidents are.
    """

    def __init__(self, tell: Callable[[str, Sequence[IncidentNews]], None], patience: Patience | None = None) -> None:
        self._tell = tell
        self._patience = patience
        self._incidents: dict[str, Incidents] = {}
        self._open: dict[str, dict[object, Told]] = {}
        """By stream, what its process has told and not taken back."""
        self._own: dict[tuple[str, str], Finding] = {}
        """What we ourselves have told and not taken back, by stream and id."""

    def add(self, stream: str, known: Iterable[Incident] = (), labels: Mapping[str, str] | None = None) -> None:
        """A stream is to be watched.

        Args:
            stream: Its name; where it is watched already only its labels change.
            known: Incidents that were open when it was watched last.
            labels: What is known about it.
        """
        if stream not in self._incidents:
            incidents = self._incidents[stream] = Incidents(stream, self._patience)
            incidents.resume(known)
            self._open[stream] = {}
        if labels is not None:
            self._incidents[stream].labels = labels

    def remove(self, stream: str, now: float) -> None:
        """It is to be watched no more."""
        incidents = self._incidents.pop(stream, None)
        self._open.pop(stream, None)
        for key in [key for key in self._own if key[0] == stream]:
            del self._own[key]
        if incidents is not None:
            self._out(stream, incidents.end(now))

    def told(self, stream: str, word: Told, now: float) -> None:
        """Its process has told something about a finding."""
        if stream not in self._incidents:  # it is to be watched no more, and its process does not know yet
            return
        key = (word.run, word.finding.key)
        if word.finding.event in (Event.CLOSED, Event.UNWATCHED):
            self._open[stream].pop(key, None)
        else:
            self._open[stream][key] = word
        self._take(stream, word, now)

    def died(self, stream: str, runs: Collection[str], now: float) -> None:
        """A process of these runs is gone without a word: what was open may go on, and nobody sees it."""
        known = self._open.get(stream, {})
        for key, word in list(known.items()):
            if word.run in runs:
                del known[key]
                self._take(stream, replace(word, finding=replace(word.finding, event=Event.UNWATCHED)), now)

    def begins(self, stream: str, now: float) -> None:
        """It is watched anew."""
        if stream in self._incidents:
            self._incidents[stream].begins(now)

    def say(self, stream: str, name: str, message: str, now: float, severity: Severity = Severity.CRITICAL) -> None:
        """Something is wrong with how it is watched, until ``unsay``; said again it may only become graver."""
        known = self._own.get((stream, name))
        if stream not in self._incidents or (known is not None and severity <= known.severity):
            return
        finding = Finding(
            event=Event.OPENED if known is None else Event.CHANGED,
            detector=name,
            track=None,
            opened_at=now if known is None else known.opened_at,
            told_at=now,
            severity=severity,
            message=message,
        )
        self._own[stream, name] = finding
        self._take(stream, Told(_RUN, finding, finding.opened_at, None), now)

    def unsay(self, stream: str, name: str, now: float) -> None:
        """It is well again."""
        known = self._own.pop((stream, name), None)
        if known is not None:
            over = replace(known, event=Event.CLOSED, closed_at=now, told_at=now)
            self._take(stream, Told(_RUN, over, known.opened_at, now), now)

    def tick(self, now: float) -> None:
        """Time goes by."""
        for stream, incidents in self._incidents.items():
            self._out(stream, incidents.tick(now))

    def acknowledge(self, stream: str, incident: str, by: str, now: float) -> None:
        """Somebody has it in hand."""
        if stream in self._incidents:
            self._out(stream, self._incidents[stream].acknowledge(incident, by, now))

    def acknowledged(self, stream: str, incident: str, by: str) -> bool:
        """Somebody has it in hand, and all who need to hear of it do; True if that is new to us."""
        return stream in self._incidents and self._incidents[stream].acknowledged(incident, by)

    @property
    def open(self) -> list[Incident]:
        """All that go on."""
        return [incident for incidents in self._incidents.values() for incident in incidents.open]

    def _take(self, stream: str, word: Told, now: float) -> None:
        incidents = self._incidents[stream]
        self._out(stream, incidents.take(word.finding, run=word.run, began=word.began, now=now, over=word.over))

    def _out(self, stream: str, news: Iterable[IncidentNews]) -> None:
        told = list(news)
        if told:
            self._tell(stream, told)
