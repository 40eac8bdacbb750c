"""News in a few words for people: what is sent where a reader and not a program is at the end."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.phrases import plural, utc_time
from watchglass.model.sink import Notification

_MOST_LINES = 20
_LONGEST = 300
"""Characters of one name or message: a stranger may have written it."""
_CALL = re.compile(r"(?<![\w.])@(?=[\w&!])|<(?=[!@#])|\](?=\()")
"""Where a chat would call somebody, or show a link under another name."""
_APART = "\N{ZERO WIDTH SPACE}"
_BEGINNINGS = {
    IncidentEvent.RAISED: "now ",
    IncidentEvent.REMINDED: "still ",
    IncidentEvent.FLAPPING: "comes and goes, ",
    IncidentEvent.ACKNOWLEDGED: "acknowledged, ",
    IncidentEvent.MERGED: "part of another, ",
    IncidentEvent.CLOSED: "over, ",
}
_CALM = frozenset({IncidentEvent.ACKNOWLEDGED, IncidentEvent.MERGED, IncidentEvent.CLOSED})


@dataclass(frozen=True, slots=True)
class Words:
    """What is sent: plain text, in which nothing is markup and nobody is called by name."""

    title: str
    """One line."""
    body: str
    severity: Severity
    """The gravest of what goes on."""
    is_over: bool
    """True if all of it is over."""


def in_words(news: Sequence[Notification]) -> Words:
    """One message for one piece of news or several."""
    severity = max((one.incident.severity for one in news if one.event not in _CALM), default=Severity.INFO)
    is_over = all(one.event == IncidentEvent.CLOSED for one in news)
    if len(news) == 1:
        return Words(_title(news[0]), "\n".join(_lines(news[0])), severity, is_over)
    count = Counter(one.incident.severity for one in news)
    shares = ", ".join(f"{count[one]} {one}" for one in sorted(count, reverse=True))
    lines = [f"{utc_time(one.at)} {_title(one)}" for one in news[:_MOST_LINES]]
    if len(news) > _MOST_LINES:
        lines.append(f"and {len(news) - _MOST_LINES} more")
    return Words(f"{plural(len(news), 'piece')} of news: {shares}", "\n".join(lines), severity, is_over)


def plain(text: str) -> str:
    """What others have written, in one line, without what is not seen, calling nobody and hiding no link."""
    seen = "".join(char if char.isprintable() else " " for char in text)
    return _CALL.sub(rf"\g<0>{_APART}", " ".join(seen.split())[:_LONGEST])


def _title(notification: Notification) -> str:
    incident = notification.incident
    beginning = next((text for event, text in _BEGINNINGS.items() if event == notification.event), "")
    return f"{beginning}{incident.severity}: {plain(incident.stream)}: {plain(incident.message)}"


def _lines(notification: Notification) -> list[str]:
    incident = notification.incident
    lines = [
        plain(incident.message),
        "",
        f"Stream: {plain(incident.stream)}",
        f"Severity: {incident.severity}",
        f"Event: {plain(str(notification.event))}",
        f"Since: {utc_time(incident.opened_at)}",
    ]
    lines += [f"{plain(name).capitalize()}: {plain(text)}" for name, text in sorted(incident.labels.items())]
    if incident.closed_at is not None:
        lines.append(f"Until: {utc_time(incident.closed_at)}")
    if incident.acknowledged_by is not None:
        lines.append(f"Acknowledged by: {plain(incident.acknowledged_by)}")
    if incident.others:
        lines.append(f"Effects: {plain(', '.join(incident.others))}")
    return [*lines, f"Found by: {plain(incident.detector)}", f"Incident: {incident.id}"]
