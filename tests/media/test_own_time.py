"""Whose time it is, by a clock that a test moves."""

from collections.abc import Iterator

import pytest

from watchglass.media import own_time, presence
from watchglass.media.own_time import Arrears, OwnTime
from watchglass.media.presence import Presence


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time()
    monkeypatch.setattr(own_time, "running_time", moved)
    monkeypatch.setattr(presence, "running_time", moved)
    return moved


@pytest.fixture
def here(time: Time) -> Iterator[Presence]:
    with Presence() as here:
        yield here


def test_a_process_that_did_not_run_is_told_by_whoever_wakes_first(time: Time, here: Presence) -> None:
    assert here.missed() == 0.0
    time.now += 8.25
    assert here.missed() == pytest.approx(8.0)


def test_being_a_little_late_is_nothing(time: Time, here: Presence) -> None:
    time.now += 0.6
    assert here.missed() == 0.0


def test_waiting_for_others_is_not_ours(time: Time) -> None:
    own = OwnTime(Presence())
    time.now += 2.0
    with own.with_others():
        time.now += 5.0
        with own.with_others():
            time.now += 5.0
        assert own.seconds == 2.0
    time.now += 1.0
    assert own.seconds == 3.0


def test_a_stop_is_ours_whatever_was_waited_for(time: Time, here: Presence) -> None:
    own = OwnTime(here)
    with own.with_others():
        time.now += 8.25
        assert own.seconds == pytest.approx(8.0)
    assert own.seconds == pytest.approx(8.0)


@pytest.mark.parametrize(("busy", "is_behind"), [(0.3, False), (0.7, False), (0.9, True)])
def test_whoever_waits_at_times_keeps_up(time: Time, busy: float, is_behind: bool) -> None:
    own = OwnTime(Presence())
    arrears = Arrears(own)
    for _ in range(30):
        time.now += busy
        with own.with_others():
            time.now += 1.0 - busy
        arrears.seconds()
    assert (arrears.seconds() > 0.0) is is_behind


def test_what_was_missed_may_be_gone_for_a_while(time: Time) -> None:
    own = OwnTime(Presence())
    arrears = Arrears(own)
    time.now += 8.0
    assert arrears.seconds() > 8.0
    for expected in (True, False):
        with own.with_others():
            time.now += 10.0
        assert (arrears.seconds() > 8.0) is expected
