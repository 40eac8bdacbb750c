"""What is told together, and when."""

import random

import pytest

from telling import NOW, incident
from watchglass.model.finding import Severity
from watchglass.model.sink import Notification
from watchglass.sinks.grouping import Grouping, Pace

INTERVAL = Pace().group_interval


def told(number, group="g", event="opened", severity=Severity.WARNING):
    return Notification(number, f"n{number}", "hook", event, NOW, incident(number, severity=severity), group=group)


class Sink:
    """Is told as it is planned."""

    def __init__(self, **pace):
        self.grouping, self.due, self.messages = Grouping(Pace(**pace)), [], []

    def add(self, *news):
        self.due += news
        return self

    def turn(self, now):
        plan = self.grouping.plan(self.due, now)
        self.due = [one for message, at in plan.later for one in message]
        for message in plan.messages:
            self.grouping.begins(now)
            self.grouping.told(message, now)
            self.messages.append((now - NOW, [one.number for one in message]))
        return plan


def test_the_first_is_told_at_once_and_what_follows_once_the_interval_is_over():
    sink = Sink().add(told(1))
    sink.turn(NOW)
    sink.add(told(2), told(3))
    [(_, at)] = sink.turn(NOW + 1.0).later
    assert at == NOW + INTERVAL
    sink.turn(NOW + INTERVAL)
    sink.add(told(4)).turn(NOW + 2 * INTERVAL - 1.0)
    sink.turn(NOW + 2 * INTERVAL)
    sink.add(told(5)).turn(NOW + 10 * INTERVAL)
    assert sink.messages == [
        (0.0, [1]), (INTERVAL, [2, 3]), (2 * INTERVAL, [4]), (10 * INTERVAL, [5]),
    ]  # fmt: skip


def test_groups_do_not_wait_for_each_other_and_what_belongs_to_nothing_waits_for_nothing():
    sink = Sink().add(told(1, "a"), told(2, "b"), told(3, ""), told(4, ""), told(5, "a"))
    sink.turn(NOW)
    assert sink.messages == [(0.0, [1, 5]), (0.0, [2]), (0.0, [3]), (0.0, [4])]


def test_what_is_graver_than_what_was_told_does_not_wait_and_takes_along_what_does():
    sink = Sink().add(told(1))
    sink.turn(NOW)
    sink.add(told(2)).turn(NOW + 1.0)
    sink.add(told(3, event="raised", severity=Severity.CRITICAL)).turn(NOW + 2.0)
    sink.add(told(4, severity=Severity.CRITICAL), told(5, event="closed", severity=Severity.CRITICAL))
    sink.turn(NOW + 3.0)
    sink.turn(NOW + 2.0 + INTERVAL)
    assert sink.messages == [(0.0, [1]), (2.0, [2, 3]), (2.0 + INTERVAL, [4, 5])]


def test_the_end_of_something_grave_waits_as_all_else():
    sink = Sink().add(told(1))
    sink.turn(NOW)
    sink.add(told(2, event="closed", severity=Severity.CRITICAL)).turn(NOW + 1.0)
    assert sink.messages == [(0.0, [1])]


def test_what_did_not_arrive_does_not_count_for_its_group():
    grouping = Grouping(Pace())
    [message] = grouping.plan([told(1)], NOW).messages
    grouping.begins(NOW)
    assert grouping.plan([told(1)], NOW + 5.0).messages == [message]


def test_beyond_the_burst_all_that_is_due_is_one_digest():
    sink = Sink().add(*(told(number, f"g{number}") for number in range(100)))
    sink.turn(NOW)
    assert [numbers for _, numbers in sink.messages] == [[number] for number in range(9)] + [list(range(9, 100))]
    sink.add(told(100, "h"), told(101, "i"))
    [(waiting, at)] = sink.turn(NOW + 1.0).later
    assert (len(waiting), at) == (2, pytest.approx(NOW + 3.0))
    sink.turn(at)
    assert sink.messages[-1] == (pytest.approx(3.0), [100, 101])


def test_a_machine_is_told_everything_at_once():
    sink = Sink(digests=False)
    for number in range(50):
        sink.add(told(number, "g"), told(100 + number, "h")).turn(NOW)
    assert len(sink.messages) == 50


def test_a_clock_that_is_set_back_keeps_nothing_waiting():
    sink = Sink().add(told(1))
    sink.turn(NOW)
    sink.add(told(2)).turn(NOW - 3_600.0)
    assert [numbers for _, numbers in sink.messages] == [[1], [2]]


@pytest.mark.parametrize("seed", range(50))
def test_whatever_comes_nothing_is_left_out_and_no_limit_is_passed(seed):
    rng = random.Random(seed)
    sink, now, groups = Sink(), NOW, [f"g{number}" for number in range(rng.choice([1, 3, 40]))]
    for number in range(300):
        now += rng.choice([0.0, 0.1, 1.0, 10.0])
        sink.add(told(number, rng.choice(groups)))
        sink.turn(now)
    while sink.due:
        now += 1.0
        sink.turn(now)
    assert sorted(number for _, numbers in sink.messages for number in numbers) == list(range(300))
    at = [at for at, _ in sink.messages]
    assert all(late - early >= Pace().per - 1e-6 for early, late in zip(at, at[2 * Pace().burst :], strict=False))
