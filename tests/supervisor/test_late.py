"""How far watching falls behind."""

import random

import pytest

from watchglass.supervisor.late import Lateness


@pytest.mark.parametrize("segment", [0.04, 2.0, 6.0])
def test_bursts_are_no_lateness(segment):
    lateness, now, most = Lateness(), 0.0, 0.0
    for number in range(200):
        now = (number + 1) * segment + 0.1
        for part in range(10):
            now += 0.005 * segment
            most = max(most, lateness.reached((number + (part + 1) / 10) * segment, now))
    assert most < 0.15 * segment + 0.05


def test_who_watches_at_nine_tenths_of_the_rate_falls_behind():
    lateness, behind = Lateness(), 0.0
    for number in range(3000):
        behind = lateness.reached(number * 0.04 * 0.9, number * 0.04)
    assert behind == pytest.approx(0.1 * 0.04 * 3000 - 0.1 * 15.0, abs=0.2)


def test_what_the_source_costs_is_not_counted():
    lateness = Lateness()
    for number in range(500):
        lateness.reached(number * 0.04, number * 0.04)
    lateness.stood_still()
    for number in range(500):
        assert lateness.reached(20.0 + number * 0.04, 40.0 + number * 0.04) == pytest.approx(0.0, abs=1e-6)


def test_jitter_is_no_lateness():
    rng, lateness = random.Random(1), Lateness()
    assert max(lateness.reached(n * 0.04, n * 0.04 + rng.uniform(0.0, 0.5)) for n in range(5000)) < 0.1


def test_who_catches_up_is_behind_no_more():
    lateness = Lateness()
    lateness.reached(0.0, 0.0)
    for number in range(1000):
        behind = lateness.reached(number * 0.02, number * 0.04)
    assert behind > 4.0
    for number in range(1000):
        behind = lateness.reached(20.0 + number * 0.06, 40.0 + number * 0.04)
    assert behind == pytest.approx(0.0, abs=0.1)
