import numpy as np
import pytest

from watchglass.model.exhibit import Trace
from watchglass.model.finding import Event, Finding, Reading
from watchglass.model.limits import Limit
from watchglass.monitor.traces import KEPT, Follower, RecentReadings, telling


def reading(n, value, name="level", seconds=0.05):
    return Reading("a.b", "audio:0", name, n * seconds, seconds, value, "dBFS")


def trace(name, values, step=1.0):
    values = np.array(values, np.float32)
    return Trace(name, "1", np.arange(len(values)) + 0.5, step, values, values, values)


def finding(begin, end, *names):
    readings = tuple(Reading("a.b", None, name, begin, 1.0, 1.0, "1") for name in names)
    return Finding(
        event=Event.CLOSED, detector="a.b", track=None, opened_at=begin, closed_at=end, told_at=end, readings=readings
    )


def test_values_are_kept_one_by_one_as_long_as_they_are_few():
    follower = Follower(reading(0, 0.0))
    for n in range(300):
        follower.add(reading(n, float(n)))
    told = follower.trace()
    assert list(told.mean) == list(range(300))
    assert told.low is told.high
    assert told.pts[7] == pytest.approx(0.375)


def test_many_values_are_joined_and_none_is_lost():
    follower = Follower(reading(0, 0.0))
    for n in range(100_000):
        follower.add(reading(n, 1.0 if n == 54_321 else 0.0))
    told = follower.trace()
    assert told.pts.size <= 400
    assert told.high.max() == 1.0
    assert told.pts[told.high.argmax()] == pytest.approx(54_321 * 0.05, abs=told.step)


def test_what_is_not_a_number_is_a_gap():
    follower = Follower(reading(0, 0.0))
    for n in range(10):
        follower.add(reading(n, float("nan") if n == 4 else 1.0))
    assert follower.trace().pts.size == 9


def test_the_past_is_bounded():
    recent = RecentReadings()
    for n in range(10 * KEPT):
        recent.keep(reading(n, 0.0))
        recent.keep(reading(n, 0.0, name="peak"))
    assert len(recent.since(("a.b", "audio:0"), 0.0)) == 2 * KEPT
    assert len(recent.since(("a.b", "audio:0"), 10 * KEPT * 0.05 - 1.01)) == 42
    assert recent.since(("a.b", "audio:1"), 0.0) == []


def test_a_reading_beyond_its_threshold_tells_most():
    """As of a frozen picture under a ticker: its greatest change goes on, all but a strip of it rests."""
    limits = {"change": (Limit(0.6, "below", "still_at"),), "rest": (Limit(0.4, "below", "rest_still_at"),)}
    traces = [trace("change", [9.0] * 10), trace("rest", [9, 9, 9, 0, 0, 0, 9, 9, 9, 9]), trace("floor", [0.0] * 10)]
    assert [t.name for t in telling(traces, finding(3.0, 6.0, "change"), limits)] == ["rest"]


def test_else_what_was_decided_on():
    traces = [trace("floor", [0.0] * 10), trace("level", [1.0] * 10)]
    assert [t.name for t in telling(traces, finding(3.0, 6.0, "level"), {})] == ["level"]


def test_else_what_changed_most():
    traces = [
        trace("steady", [5.0, 5.1, 4.9, 5.0, 5.1, 5.0]),
        trace("jumps", [1.0, 1.1, 0.9, 8.0, 8.0, 1.0]),
        trace("noisy", [0, 9, 1, 8, 2, 7]),
    ]
    assert telling(traces, finding(3.0, 5.0, "odds"), {})[0].name == "jumps"


def test_a_threshold_either_way_counts():
    limits = {"difference": (Limit(20.0, "above", "open_at"), Limit(-20.0, "below", "open_at"))}
    traces = [trace("other", [0.0] * 6), trace("difference", [0, 0, -30, -30, 0, 0])]
    assert [t.name for t in telling(traces, finding(2.0, 4.0), limits)] == ["difference"]


def test_nothing_measured_is_nothing_shown():
    assert telling([trace("level", [])], finding(0.0, 1.0, "level"), {}) == ()
