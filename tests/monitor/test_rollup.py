"""Readings by the minute."""

import math
import random
from collections import defaultdict

import pytest

from watchglass.model.finding import Reading
from watchglass.monitor.rollup import Rollup

BEGIN = 28_000_000 * 60.0


def reading(value, name="share", track="video:0", detector="video.black"):
    return Reading(detector, track, name, 0.0, 0.04, value, "1")


def test_a_minute_is_told_once_it_is_over():
    rollup = Rollup()
    for at, value in [(0.0, 2.0), (30.0, 1.0), (59.9, 6.0)]:
        rollup.add(reading(value), BEGIN + at)
    rollup.add(reading(-1.0, track=None), BEGIN + 59.9)
    assert list(rollup.finished()) == []
    rollup.add(reading(9.0), BEGIN + 60.0)
    rollup.add(reading(5.0), BEGIN + 59.0)  # late, as what measures three seconds is
    assert list(rollup.finished()) == []
    rollup.add(reading(9.0), BEGIN + 70.0)
    expected = {"video.black|share|video:0": [4, 1.0, 3.5, 6.0], "video.black|share|": [1, -1.0, -1.0, -1.0]}
    assert list(rollup.finished()) == [(28_000_000, expected)]
    assert list(rollup.finished()) == []
    assert list(rollup.close()) == [(28_000_001, {"video.black|share|video:0": [2, 9.0, 9.0, 9.0]})]
    assert list(rollup.close()) == []


def test_what_is_no_number_is_left_out():
    rollup = Rollup()
    for value in (math.nan, math.inf, -math.inf, 1.0):
        rollup.add(reading(value), BEGIN)
    assert list(rollup.close()) == [(28_000_000, {"video.black|share|video:0": [1, 1.0, 1.0, 1.0]})]


def test_memory_has_an_end():
    rollup = Rollup()
    for number in range(3_000):
        rollup.add(reading(1.0, f"n{number}"), BEGIN)
    for minute in range(1_000):
        rollup.add(reading(1.0), BEGIN + 60.0 * minute)
    finished = list(rollup.close())
    assert len(finished) == 120
    assert max(len(body) for _, body in finished) <= 1_000
    assert rollup.left_out > 2_000


@pytest.mark.parametrize("seed", range(20))
def test_in_whatever_order_they_come_the_parts_make_the_whole(seed):
    rng = random.Random(seed)
    rollup, expected, now = Rollup(), defaultdict(list), BEGIN
    parts = defaultdict(list)
    for _ in range(2_000):
        now += rng.expovariate(5.0)
        utc, value = now - rng.choice([0.0, 0.0, 8.0]), rng.gauss(0.0, 1.0)
        expected[int(utc // 60)].append(value)
        rollup.add(reading(value), utc)
        for minute, body in rollup.finished():
            parts[minute].append(body["video.black|share|video:0"])
    for minute, body in rollup.close():
        parts[minute].append(body["video.black|share|video:0"])
    assert parts.keys() == expected.keys()
    assert all(len(of_it) == 1 for of_it in parts.values())
    for minute, values in expected.items():
        of_it = parts[minute]
        assert sum(count for count, *_ in of_it) == len(values)
        assert min(low for _, low, _, _ in of_it) == min(values)
        assert max(high for *_, high in of_it) == max(values)
        assert sum(count * mean for count, _, mean, _ in of_it) == pytest.approx(sum(values))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_clock_does_nothing_is_lost(seed):
    rng, rollup, now, counted = random.Random(seed), Rollup(), BEGIN, defaultdict(int)
    added = defaultdict(int)
    for _ in range(2_000):
        now += rng.choice([0.1, 0.1, 1.0, 30.0, 70.0, -40.0, -300.0, 400.0])
        added[int(now // 60)] += 1
        rollup.add(reading(1.0), now)
        for minute, body in rollup.finished():
            counted[minute] += body["video.black|share|video:0"][0]
    for minute, body in rollup.close():
        counted[minute] += body["video.black|share|video:0"][0]
    assert counted == added
