import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import pytest

from watchglass.media.hls_rhythm import Rhythm
from watchglass.media.playlist import MediaPlaylist, Segment


@dataclass
class Followed:
    """What came of loading a playlist as the rhythm has it."""

    loads: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """For each segment that was listed after the first load: from its listing to the end of the load that showed it."""


def follow(
    target: float,
    listed: Sequence[float],
    begin: float,
    *,
    durations: Sequence[float] | None = None,
    took: float = 0.01,
    busy: float = 0.0,
) -> Followed:
    """Load a playlist whose segments are listed at these times; ``busy`` is how long the first ones keep us."""
    rhythm, now, known, found = Rhythm(), begin, -1, Followed()
    durations = durations or [target] * len(listed)
    while now < listed[-1]:
        newest = bisect_right(listed, now) - 1
        window = range(max(0, newest - 5), newest + 1)
        if known >= 0:
            found.late += [now + took - listed[number] for number in range(known + 1, newest + 1)]
        found.loads.append(now)
        segments = tuple(Segment(f"{number}.ts", number, durations[number], 0) for number in window)
        rhythm.loaded(MediaPlaylist(target, segments, False), now, now + took)
        known, now = newest, max(rhythm.due, now + took + busy) + 0.001  # nobody wakes in time to the millisecond
        busy = 0.0
    return found


def regular(target: float, count: int = 120) -> list[float]:
    return [number * target for number in range(count)]


def share(late: Sequence[float], above: float) -> float:
    return sum(one > above for one in late) / len(late)


PHASES = [number / 40 + 0.001 for number in range(40)]


@pytest.mark.parametrize("target", [1.0, 2.0, 6.0])
def test_already_the_first_segments_are_seen_within_half_a_target_duration(target: float) -> None:
    first = [
        late / target for phase in PHASES for late in follow(target, regular(target), (6 + phase) * target).late[:8]
    ]
    assert max(first) <= 0.5 + 0.02 / target
    assert share(first, 0.45) < 0.06
    assert sorted(first)[len(first) // 2] < 0.25


@pytest.mark.parametrize("target", [1.0, 2.0, 6.0])
def test_from_the_fourth_segment_on_hardly_any_is_seen_late(target: float) -> None:
    later = [
        late / target for phase in PHASES for late in follow(target, regular(target), (6 + phase) * target).late[3:]
    ]
    assert share(later, 0.31) < 0.01


def test_who_is_busy_at_first_learns_the_rhythm_all_the_same() -> None:
    for phase in PHASES:
        late = follow(2.0, regular(2.0), 12.0 + 2.0 * phase, busy=3.7).late
        assert share(late[6:], 0.7) < 0.02


@pytest.mark.parametrize("seed", range(30))
def test_no_two_loads_are_closer_than_half_a_target_duration(seed: int) -> None:
    rng = random.Random(seed)
    target, jitter = rng.choice([2.0, 4.0, 6.0]), rng.choice([0.0, 0.1, 0.8])
    listed = [max(0.0, number * target * rng.choice([1.0, 0.98]) + rng.uniform(0, jitter)) for number in range(200)]
    loads = follow(target, sorted(listed), rng.uniform(6, 8) * target).loads
    assert min(after - before for before, after in pairwise(loads)) >= target / 2 - 1e-9


def test_a_regular_origin_is_spared() -> None:
    loads = follow(4.0, regular(4.0), 24.7).loads
    assert len(loads) < 1.35 * 114


@pytest.mark.parametrize(
    ("jitter", "drift", "limit"),
    [
        pytest.param(0.1, 0.0, 0.40, id="a little jitter"),
        pytest.param(0.3, 0.0, 0.50, id="jitter"),
        pytest.param(0.8, 0.0, 0.55, id="chance"),
        pytest.param(0.0, 0.001, 0.45, id="clocks apart"),
        pytest.param(0.0, -0.001, 0.45, id="clocks apart, the other way"),
        pytest.param(0.0, 0.02, 0.51, id="segments longer than declared"),
        pytest.param(0.0, -0.01, 0.51, id="segments shorter than declared"),
        pytest.param(0.0, -0.04, 0.60, id="segments much shorter than declared"),
    ],
)
def test_origins_that_are_not_regular(jitter: float, drift: float, limit: float) -> None:
    late = list[float]()
    for seed in range(20):
        rng = random.Random(seed)
        listed = sorted(4.0 * (number * (1.0 + drift) + rng.uniform(0.0, jitter)) for number in range(160))
        late += [one / 4.0 for one in follow(4.0, listed, 30.0 + rng.uniform(0.0, 4.0)).late]
    assert sorted(late)[len(late) * 95 // 100] <= limit
    assert max(late) < 0.8


def test_segments_of_uneven_length() -> None:
    late = list[float]()
    for seed in range(20):
        rng = random.Random(seed)
        durations = [rng.uniform(3.6, 6.0) for _ in range(160)]
        late += follow(6.0, list(accumulate(durations)), 50.0 + rng.uniform(0.0, 6.0), durations=durations).late
    assert sorted(late)[len(late) * 95 // 100] < 3.0
    assert max(late) < 4.8


def test_a_playlist_without_segments_is_looked_at_every_half_target_duration() -> None:
    rhythm = Rhythm()
    rhythm.loaded(MediaPlaylist(4.0, (), False), 10.0, 10.1)
    assert rhythm.due == 12.0


def copy(first: int, last: int) -> MediaPlaylist:
    return MediaPlaylist(4.0, tuple(Segment(f"{n}.ts", n, 4.0, 0) for n in range(first, last + 1)), False)


def test_numbers_that_begin_anew_are_learnt_anew() -> None:
    rhythm = Rhythm()
    for first, now in ((100, 10.0), (101, 14.0), (0, 18.0), (1, 22.5)):
        rhythm.loaded(copy(first, first + 2), now, now)
        assert now + 2.0 <= rhythm.due <= now + 4.1


def test_an_old_copy_does_not_undo_what_is_known() -> None:
    due = []
    for copies in ([copy(5, 8)], [copy(4, 7), copy(5, 8)]):
        rhythm = Rhythm()
        for number in range(1, 5):  # listed at 4, 8, 12, 16
            rhythm.loaded(copy(number, number + 3), 4.0 * number + 0.1, 4.0 * number + 0.1)
        for late, one in enumerate(copies):
            rhythm.loaded(one, 20.1 + 0.01 * late, 20.1 + 0.01 * late)
        due.append(rhythm.due)
    assert due[0] == pytest.approx(due[1], abs=0.05)
