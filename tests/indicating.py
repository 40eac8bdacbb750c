"""What detectors of transport streams are told, and what they say."""

from watchglass.model.finding import Event, Finding
from watchglass.model.media import Tracks, TransportCheck
from watchglass.monitor.watch import watch

EVERY = 0.5
"""Seconds of a check."""


def checks(name, values, *, is_live=False):
    """A check for each value of that name."""
    return [
        TransportCheck(n * EVERY, EVERY, {name: value} if value else {}, {name: "PID 7"} if value else {}, is_live)
        for n, value in enumerate(values)
    ]


def found(detector, items, settings=None):
    """What is left of each finding in the end."""
    told = watch([Tracks(0.0, ()), *items], lambda track: [] if track else [detector(settings)])
    return [each for each in told if isinstance(each, Finding) and each.event is Event.CLOSED]


def spans(detector, name, values, settings=None, **more):
    """From when to when something was found (seconds)."""
    return [(each.opened_at, each.closed_at) for each in found(detector, checks(name, values, **more), settings)]
