import random
from bisect import bisect_right
from itertools import pairwise

import pytest

from watchglass.media.hls_rhythm import Rhythm
from watchglass.media.playlist import MediaPlaylist, Segment

Loads = list[tuple[float, bool, float]]
"""When a load began, whether it brought something new, and how late the oldest news in it was."""


def follow(target: float, listed: list[float], begin: float, seconds: float, *, took: float = 0.01) -> Loads:
    """Load a playlist whose segments are listed at these times, as the rhythm has it."""
    rhythm, now, known, loads = Rhythm(), begin, -1, Loads()
    while now < begin + seconds:
        newest = bisect_right(listed, now) - 1
        durations = [b - a for a, b in pairwise(listed)]
        window = range(max(0, newest - 5), newest + 1)
        segments = tuple(Segment(f"{n}.ts", n, round(durations[n - 1], 3) if n else target, 0) for n in window)
        loads.append((now, newest > known, now - listed[known + 1] if 0 <= known < newest else 0.0))
        rhythm.loaded(MediaPlaylist(target, segments, False), now, now + took, is_changed=newest > known)
        known = newest
        now = max(rhythm.due, now + took) + 0.001  # nobody wakes in time to the millisecond
    return loads


def regular(target: float, count: int = 400) -> list[float]:
    return [number * target for number in range(count)]


@pytest.mark.parametrize("target", [1.0, 2.0, 6.0])
@pytest.mark.parametrize("phase", [0.01, 0.1, 0.26, 0.49, 0.51, 0.74, 0.9, 0.99])
def test_segments_are_seen_soon_after_they_are_listed(target: float, phase: float) -> None:
    loads = follow(target, regular(target), (6 + phase) * target, 60 * target)
    late = [late / target for began, is_new, late in loads if is_new and began > (14 + phase) * target]
    assert sorted(late)[-2] <= 0.3  # one longer wait a minute may be needed


@pytest.mark.parametrize("seed", range(20))
def test_a_load_never_comes_sooner_than_the_rules_allow(seed: int) -> None:
    rng = random.Random(seed)
    target, jitter = rng.choice([2.0, 4.0, 6.0]), rng.choice([0.0, 0.1, 0.8])
    listed = [max(0.0, number * target * rng.choice([1.0, 0.98]) + rng.uniform(0, jitter)) for number in range(400)]
    loads = follow(target, sorted(listed), rng.uniform(6, 8) * target, 100 * target)
    for (began, is_new, _), (after, _, _) in pairwise(loads):
        assert after - began >= (target if is_new else target / 2) - 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_irregular_listings_are_seen_no_later_than_by_who_only_waits(seed: int) -> None:
    rng = random.Random(seed)
    listed = sorted(number * 4.0 + rng.uniform(0.0, 2.5) for number in range(400))
    loads = follow(4.0, listed, 30.0 + 0.3 * seed, 800.0)
    late = [late for began, is_new, late in loads if is_new and began > 60.0]
    assert sum(late) / len(late) < 3.2
    assert sorted(late)[len(late) * 95 // 100] < 5.0


def test_a_playlist_without_segments_is_loaded_as_the_rules_say() -> None:
    rhythm = Rhythm()
    rhythm.loaded(MediaPlaylist(4.0, (), False), 10.0, 10.1, is_changed=True)
    assert rhythm.due == 14.0
    rhythm.loaded(MediaPlaylist(4.0, (), False), 14.0, 14.1, is_changed=False)
    assert rhythm.due == 16.0


def test_numbers_that_begin_anew_are_learnt_anew() -> None:
    rhythm = Rhythm()
    for first, now in ((100, 10.0), (101, 14.0), (0, 18.0), (1, 22.5)):
        segments = tuple(Segment(f"{n}.ts", n, 4.0, 0) for n in range(first, first + 3))
        rhythm.loaded(MediaPlaylist(4.0, segments, False), now, now, is_changed=True)
        assert now + 4.0 <= rhythm.due <= now + 8.0
