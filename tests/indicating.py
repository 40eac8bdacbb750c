"""What detectors of transport streams are told, what they say, and what holds for all of a kind."""

import pytest

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import Tracks
from watchglass.model.transport import TransportCheck
from watchglass.monitor.watch import watch

EVERY = 0.5
"""Seconds of a check."""
WELL = [0] * 8


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


class Counts:
    """A detector of what must not be; its test says which ``detector``, of what ``name``, and what it says of five."""

    severity = Severity.WARNING

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            pytest.param(WELL, [], id="none"),
            pytest.param([*WELL, 1, *WELL], [(4.0, 4.5)], id="one"),
            pytest.param([*WELL, 1, 0, 0, 0, 1, *WELL], [(4.0, 6.5)], id="again before it is over"),
            pytest.param([*WELL, 1, 0, 0, 0, 0, 1, *WELL], [(4.0, 4.5), (6.5, 7.0)], id="again after it is over"),
            pytest.param([1], [(0.0, 0.5)], id="to the end"),
        ],
    )
    def test_it_lasts_from_the_first_to_the_last(self, values, expected):
        assert spans(self.detector, self.name, values) == expected

    def test_what_is_said(self):
        [finding] = found(self.detector, checks(self.name, [2, 0, 3, *WELL]))
        assert finding.message == self.message
        assert finding.severity is self.severity


class MayBeMore:
    """And more of it may be tolerated."""

    def test_more_may_be_tolerated(self):
        limits = self.detector.settings_type(open_at=3)
        assert spans(self.detector, self.name, [2, *WELL, 3, *WELL], limits) == [(4.5, 5.0)]


class Repeats:
    """A detector of what must come again and again, within ``limit`` seconds; and what it says of 0.4 s more."""

    def test_just_often_enough(self):
        assert spans(self.detector, self.name, [self.limit] * 8) == []

    @pytest.mark.parametrize(
        ("late", "after", "expected"),
        [
            pytest.param([0.01], 8, [(4.0, 4.5)], id="just not"),
            pytest.param([0.01, 0.5, 1.0], 0, [(4.0, 5.5)], id="no more"),
        ],
    )
    def test_it_must_come_often_enough(self, late, after, expected):
        values = [self.limit] * 8 + [self.limit + each for each in late] + [self.limit] * after
        assert spans(self.detector, self.name, values) == expected

    def test_what_is_said(self):
        well = [self.limit] * 8
        [finding] = found(self.detector, checks(self.name, [*well, self.limit, self.limit + 0.4, *well]))
        assert finding.message == self.message
        assert finding.severity is Severity.WARNING

    @pytest.mark.parametrize(
        ("before", "is_live", "severity"),
        [
            pytest.param([], False, Severity.INFO, id="a file that never kept to it"),
            pytest.param([9.0, None, None, None, 9.0], False, Severity.INFO, id="nor for long"),
            pytest.param([None] * 4, False, Severity.WARNING, id="a file that did"),
            pytest.param([], True, Severity.WARNING, id="a stream that somebody tunes in to"),
        ],
    )
    def test_a_file_is_held_to_what_it_kept_to(self, before, is_live, severity):
        values = [self.limit if each is None else each for each in [*before, 9.0, *[None] * 8]]
        told = found(self.detector, checks(self.name, values, is_live=is_live))
        assert told[-1].severity is severity
