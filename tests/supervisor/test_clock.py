"""UTC that does not jump."""

import pytest

from watchglass.supervisor.clock import SteadyUtc


class Hands:
    """A machine's clock and its uptime, both moved by hand."""

    def __init__(self) -> None:
        self.wall, self.up = 1_800_000_000.0, 5_000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds


@pytest.fixture
def hands():
    return Hands()


@pytest.fixture
def steady(hands):
    return SteadyUtc(lambda: hands.wall, lambda: hands.up)


def test_it_goes_on_with_the_machine(hands, steady):
    hands.pass_by(10.0)
    assert steady.now() == hands.wall
    assert steady.offset == 0.0


@pytest.mark.parametrize("step", [3600.0, -3600.0, 1.0, -1.0])
def test_a_clock_that_is_set_changes_no_duration(hands, steady, step):
    began = steady.now()
    hands.pass_by(4.0)
    hands.wall += step
    hands.pass_by(6.0)
    assert steady.now() - began == 10.0
    assert steady.offset == step


def test_it_is_followed_when_it_has_been_off_for_a_minute(hands, steady):
    hands.wall += 3600.0
    assert not steady.follow()
    hands.pass_by(59.0)
    assert not steady.follow()
    hands.pass_by(1.0)
    assert steady.follow()
    assert steady.now() == hands.wall


def test_one_that_was_set_back_at_once_is_not_followed(hands, steady):
    hands.wall += 3600.0
    steady.follow()
    hands.pass_by(30.0)
    hands.wall -= 3600.0
    assert not steady.follow()
    hands.wall += 3600.0
    hands.pass_by(40.0)
    assert not steady.follow()


def test_what_is_suspended_goes_on_later(hands, steady):
    began = steady.now()
    hands.pass_by(8 * 3600.0)  # its uptime counts that
    assert steady.now() - began == 8 * 3600.0
