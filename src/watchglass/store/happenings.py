"""Happenings as lines of JSON, and back; numbers come back as they were, to the last bit."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from watchglass.model.detector import Delivery
from watchglass.model.errors import ArchiveError
from watchglass.model.finding import Event, Finding, Reading, Region, Severity
from watchglass.model.media import ClockAnchor, NotWatched, TimelineBreak, Track, Tracks
from watchglass.model.stored import End, Happening, Header


def line(happening: Happening) -> str:
    """One happening as JSON."""
    data = asdict(happening)
    if isinstance(happening, Finding):
        data["told"] = data.pop("event")
    return _text({"event": type(happening).__name__, **data})


def happening(text: str) -> Happening:
    """And back.

    Raises:
        ArchiveError: It is none.
    """
    try:
        data = json.loads(text)
        return _KINDS[data.pop("event")](data)
    except (ValueError, TypeError, KeyError) as exc:
        raise ArchiveError(f"an event that cannot be understood ({type(exc).__name__}: {exc})") from exc


def headers(text: str) -> dict[int, Header]:
    """The headers that ``text_of`` wrote, by the number of their input.

    Raises:
        ArchiveError: They cannot be understood.
    """
    try:
        return {
            int(number): Header(**{**each, "delivery": Delivery(**each["delivery"]) if each["delivery"] else None})
            for number, each in json.loads(text).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ArchiveError(f"its header cannot be understood ({type(exc).__name__}: {exc})") from exc


def text_of(inputs: Mapping[int, Header]) -> str:
    """Headers as JSON."""
    return _text({number: asdict(each) for number, each in inputs.items()})


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=True, default=lambda number: number.item())  # numpy's own numbers


def _tracks(data: Mapping[str, Any]) -> Tracks:
    return Tracks(**{**data, "tracks": tuple(Track(**each) for each in data["tracks"])})


def _finding(data: Mapping[str, Any]) -> Finding:
    known = {
        "event": Event(data["told"]),
        "severity": Severity(data["severity"]),
        "region": Region(**data["region"]) if data["region"] else None,
        "readings": tuple(Reading(*each) for each in data["readings"]),
    }
    return Finding(**{**{key: value for key, value in data.items() if key != "told"}, **known})


_KINDS: dict[str, Callable[[Mapping[str, Any]], Happening]] = {
    "Tracks": _tracks,
    "NotWatched": lambda data: NotWatched(**data),
    "ClockAnchor": lambda data: ClockAnchor(**data),
    "TimelineBreak": lambda data: TimelineBreak(**data),
    "Finding": _finding,
    "End": lambda data: End(**data),
}
