"""Incidents and news of them, as tests need them."""

from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.model.sink import Bulletin, Due

NOW = 1_700_000_000.0


def incident(number=1, **more):
    told = {
        "id": f"i{number}",
        "stream": "news",
        "detector": "video.freeze",
        "severity": Severity.WARNING,
        "message": "Motion stopped; “still” for 3.0 s",
        "opened_at": NOW + number,
    }
    return Incident(**(told | more))


def news(event=IncidentEvent.OPENED, number=1, at=NOW, **more):
    if event in (IncidentEvent.CLOSED, IncidentEvent.MERGED):
        more = {"closed_at": at} | more
    return IncidentNews(event, incident(number, **more), at)


def bulletin(one, *sinks, held_until=0.0, group="", followers=(), sequel=False):
    return Bulletin(one, tuple(Due(sink, group, sequel) for sink in sinks), tuple(followers), held_until)
