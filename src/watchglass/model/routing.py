"""Who is told of what: rules from incidents and the labels of their streams to sinks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Due

_SEQUELS = frozenset({IncidentEvent.ACKNOWLEDGED, IncidentEvent.MERGED, IncidentEvent.CLOSED})
"""What means nothing to whom was not told of the incident before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A rule. Everything it asks for must hold."""

    sinks: tuple[str, ...]
    streams: tuple[str, ...] = ("*",)
    """Patterns (``news-*``), one of which must fit."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that the stream must have."""
    detectors: tuple[str, ...] = ("*",)
    """Ids, families (``video``) or patterns (``*.freeze``), one of which must fit."""
    severity: Severity = Severity.WARNING
    """How grave the incident must be at least."""
    events: frozenset[IncidentEvent] = frozenset(IncidentEvent)
    group_by: tuple[str, ...] = ("site",)
    """Labels that, with the detector, say what belongs together for those who read it."""

    def concerns(self, news: IncidentNews, labels: Mapping[str, str]) -> bool:
        """True if it is about such incidents, whatever has happened to this one."""
        incident = news.incident
        return (
            incident.severity >= self.severity
            and fits(incident.stream, self.streams)
            and carries(labels, self.labels)
            and any(
                fnmatchcase(incident.detector, each) or incident.detector.startswith(f"{each}.")
                for each in self.detectors
            )
        )


class Routes:
    """All rules. A sink that several of them name is told once, grouped as the first of them says.

    Without any rule every sink is told of all incidents that are warnings or graver.

    Args:
        routes: In order.
        sinks: All that there are, by name.
    """

    def __init__(self, routes: Sequence[Route], sinks: Sequence[str]) -> None:
        self._routes = tuple(routes) or (Route(sinks=tuple(sinks)),)
        self._sinks = frozenset(sinks)

    def sinks_for(self, news: IncidentNews, labels: Mapping[str, str]) -> tuple[Due, ...]:
        """Whom to tell.

        A severity only rises, so that a sink that was told of an incident is told of its end, too; and one that a
        rule of graver incidents names hears of it when it has become so grave.

        Args:
            news: What happened.
            labels: Of the stream.
        """
        dues: dict[str, Due] = {}
        for route in self._routes:
            if news.event in route.events and route.concerns(news, labels):
                group = _group(route, news, labels)
                # Who does not want to hear of beginnings must not have heard of one.
                is_sequel = news.event in _SEQUELS and IncidentEvent.OPENED in route.events
                for sink in route.sinks:
                    if sink in self._sinks:
                        dues.setdefault(sink, Due(sink, group, is_sequel))
        return tuple(dues.values())

    def bulletin(self, news: IncidentNews, labels: Mapping[str, str], held_until: float = 0.0) -> Bulletin:
        """A piece of news with whom to tell, also where the rules have changed since its incident began.

        Args:
            news: What happened.
            labels: Of the stream.
            held_until: UTC before which nobody shall hear of it (``Maintenance.held_until``).
        """
        dues = self.sinks_for(news, labels)
        wanting = {due.sink for due in dues}
        unwanted = {sink for route in self._routes if route.concerns(news, labels) for sink in route.sinks} - wanting
        return Bulletin(news, dues, tuple(sorted(self._sinks - wanting - unwanted)), held_until)


def fits(text: str, patterns: Sequence[str]) -> bool:
    """True if one of the patterns does."""
    return any(fnmatchcase(text, each) for each in patterns)


def carries(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """True if all that are wanted are there."""
    return all(labels.get(name) == value for name, value in wanted.items())


def _group(route: Route, news: IncidentNews, labels: Mapping[str, str]) -> str:
    """A stream without one of the labels belongs to itself alone."""
    if all(name in labels for name in route.group_by):
        place = [f"{name}={labels[name]}" for name in route.group_by]
    else:
        place = [f"stream={news.incident.stream}"]
    return "|".join([news.incident.detector, *place])
