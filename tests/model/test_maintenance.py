"""When nobody wants to hear of a stream."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from watchglass.model.maintenance import Maintenance, Recurring, Window

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = frozenset({5})


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def told(seconds):
    return f"{datetime.fromtimestamp(seconds, UTC):%d %H:%M}" if seconds else None


def until(windows, at, stream="news", labels=None):
    return told(Maintenance(windows).held_until(stream, labels or {}, utc(at)))


def test_a_window_holds_from_its_beginning_to_its_end():
    window = Window(begins=utc("2026-03-01 10:00"), ends=utc("2026-03-01 11:00"))
    for at, end in [("09:59:59", None), ("10:00", "01 11:00"), ("10:59:59", "01 11:00"), ("11:00", None)]:
        assert until([window], f"2026-03-01 {at}") == end
    assert until([], "2026-03-01 10:30") is None


def test_it_holds_for_its_streams():
    within = {"begins": utc("2026-03-01 10:00"), "ends": utc("2026-03-01 11:00")}
    at = "2026-03-01 10:30"
    assert until([Window(streams=("sport*",), **within)], at) is None
    assert until([Window(streams=("sport*", "ne*"), **within)], at) is not None
    assert until([Window(labels={"site": "oslo"}, **within)], at) is None
    assert until([Window(labels={"site": "oslo"}, **within)], at, labels={"site": "oslo"}) is not None


def test_windows_that_overlap_or_follow_each_other_are_one():
    windows = [
        Window(begins=utc(f"2026-03-01 {begin}"), ends=utc(f"2026-03-01 {end}"))
        for begin, end in [("11:00", "12:00"), ("10:00", "11:00"), ("11:30", "13:00"), ("13:01", "14:00")]
    ]
    assert until(windows, "2026-03-01 10:30") == "01 13:00"


@pytest.mark.parametrize(
    ("at", "end"),
    [
        pytest.param("2026-03-07 20:59", None, id="before"),
        pytest.param("2026-03-07 21:00", "08 03:00", id="22:00 in Berlin"),
        pytest.param("2026-03-08 02:59", "08 03:00", id="after midnight"),
        pytest.param("2026-03-08 03:00", None, id="over"),
        pytest.param("2026-03-08 21:30", None, id="another day"),
        pytest.param("2026-03-28 21:00", "29 02:00", id="the night has an hour less"),
        pytest.param("2026-10-24 20:00", "25 03:00", id="and one more"),
        pytest.param("2026-07-04 20:00", "05 02:00", id="summer"),
    ],
)
def test_a_night_that_comes_again(at, end):
    window = Recurring(days=SATURDAY, begins=time(22), ends=time(4), zone=BERLIN)
    assert until([window], at) == end


@pytest.mark.parametrize(
    ("begins", "ends", "day", "span"),
    [
        pytest.param(time(1), time(2, 30), "2026-03-29", ("29 00:00", "29 01:30"), id="ends while clocks leap"),
        pytest.param(time(2, 15), time(4), "2026-03-29", ("29 01:15", "29 02:00"), id="begins while clocks leap"),
        pytest.param(time(2, 15), time(2, 45), "2026-10-25", ("25 00:15", "25 01:45"), id="comes twice"),
        pytest.param(time(0), time(0), "2026-06-15", ("14 22:00", "15 22:00"), id="a whole day"),
    ],
)
def test_when_clocks_are_changed(begins, ends, day, span):
    weekday = datetime.fromisoformat(day).weekday()
    window = Maintenance([Recurring(days=frozenset({weekday}), begins=begins, ends=ends, zone=BERLIN)])
    first, last = utc(f"{day} 00:00") - 86_400.0, utc(f"{day} 00:00") + 2 * 86_400.0
    held = [at for at in range(int(first), int(last), 60) if window.held_until("news", {}, at)]
    assert (told(held[0]), told(held[-1] + 60)) == span
    assert len(held) == (held[-1] - held[0]) // 60 + 1


def test_every_day_is_for_ever_and_nobody_looks_for_its_end_for_ever():
    window = Recurring(begins=time(0), ends=time(0), zone=BERLIN)
    now = utc("2026-03-01 10:00")
    assert Maintenance([window]).held_until("news", {}, now) > now + 365 * 86_400.0
