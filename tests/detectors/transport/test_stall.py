import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.detectors.transport.stall import NothingArrives, StallSettings
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import Progress, Stall, Tracks
from watchglass.monitor.watch import watch


def arrive(begin, end):
    """Media come: progress is told four times a second."""
    return [Progress(begin + n / 4) for n in range(1, round((end - begin) * 4) + 1)]


def nothing(begin, seconds, buffer, reason=""):
    """Nothing comes: told once a second, while a player empties the ``buffer`` (s) that it had."""
    return [
        Stall(pts=begin + n, waited=float(n), buffer=float(buffer - n), reason=reason) for n in range(1, seconds + 1)
    ]


def observe(items, *, limits=None):
    seen = watch([Tracks(0.0, ()), *items], lambda track: [] if track else [NothingArrives(limits)])
    return [told for told in seen if isinstance(told, Reading | Finding)]


def spans(told):
    closed = [each for each in told if isinstance(each, Finding) and each.event is Event.CLOSED]
    return [(each.opened_at, each.closed_at) for each in closed]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(arrive(0, 20), [], id="all arrives"),
        pytest.param(arrive(0, 20) + nothing(20, 8, buffer=18) + arrive(20, 30), [], id="the buffer lasts"),
        pytest.param(
            arrive(0, 20) + nothing(20, 7, buffer=6) + arrive(20, 30), [], id="empty, but not for long enough"
        ),
        pytest.param(
            arrive(0, 20) + nothing(20, 12, buffer=6) + arrive(20, 30), [(26.0, 32.0)], id="dated to when it ran dry"
        ),
        pytest.param(arrive(0, 20) + nothing(20, 12, buffer=6), [(26.0, 32.0)], id="ends with the stream"),
        pytest.param(nothing(0, 5, buffer=0), [(0.0, 5.0)], id="never anything"),
        pytest.param(
            arrive(0, 9) + nothing(9, 4, buffer=0) + arrive(9, 15) + nothing(15, 4, buffer=0) + arrive(15, 20),
            [(9.0, 13.0), (15.0, 19.0)],
            id="twice",
        ),
    ],
)
def test_spans(items, expected):
    assert spans(observe(items)) == [pytest.approx(span, abs=0.01) for span in expected]


def test_it_is_critical_and_told_when_a_player_has_been_dry_for_long_enough():
    told = observe(arrive(0, 20) + nothing(20, 30, buffer=6))
    [opened] = [each for each in told if isinstance(each, Finding) and each.event is Event.OPENED]
    assert opened.severity is Severity.CRITICAL
    assert opened.opened_at == pytest.approx(26.0)
    assert opened.told_at == pytest.approx(28.0)


def test_the_reason_that_the_source_met_is_told():
    told = observe(arrive(0, 9) + nothing(9, 5, buffer=0, reason="HTTP 404"))
    assert "HTTP 404" in next(each for each in told if isinstance(each, Finding)).message


def test_an_arrival_is_told_once():
    told = observe(nothing(0, 3, buffer=0) + arrive(0, 5))
    assert [each.name for each in told if isinstance(each, Reading)] == ["waited", "buffer"] * 3 + ["arrived"]


def test_another_patience():
    items = arrive(0, 20) + nothing(20, 12, buffer=6) + arrive(20, 30)
    assert spans(observe(items, limits=StallSettings(open_after=10.0))) == []


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 10**6), buffer=st.integers(0, 20))
def test_neither_start_nor_buffer_move_the_end(start, buffer):
    items = arrive(start, start + 9) + nothing(start + 9, 30, buffer=buffer) + arrive(start + 9, start + 20)
    [(opened, closed)] = spans(observe(items))
    assert opened - start == pytest.approx(9 + buffer)
    assert closed - start == pytest.approx(39)
