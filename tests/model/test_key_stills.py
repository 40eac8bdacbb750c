from itertools import pairwise

import pytest

from watchglass.model.key_stills import CodedSizes, Compared, KeyStills
from watchglass.model.standstill import Standstill

MOVES, CUTS, RESTS, NEARLY = (40.0, 0.5, 0.9), (150.0, 1.0, 0.1), (0.2, 0.0, 1.0), (1.5, 0.3, 1.0)
SWEEPS = (60.0, 1.0, 0.2)
"""Change, share of the tiles, and likeness."""


def judged(kinds, *, apart=2.0, coded=None, stopped=None, hands_over=False):
    run = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0)
    keys = KeyStills(still_at=0.6, shimmer=2.5)
    last = max((number for number, kind in enumerate(kinds) if kind[0] > 2.5), default=None)
    for number, (before, now) in enumerate(pairwise(range(len(kinds) + 1))):
        change, share, alike = kinds[number]
        seen = Compared(now * apart, before * apart, change, share, alike, coded, stopped if number == last else None)
        keys.see(run, seen)
    if hands_over:
        keys.hand_over(run)
    return run


@pytest.mark.parametrize(
    ("kinds", "coded", "expected"),
    [
        pytest.param([MOVES] * 5, 1.0, None, id="motion"),
        pytest.param([MOVES] * 5 + [RESTS], 0.05, ("motion_stopped", 10.0), id="stopped"),
        pytest.param([MOVES] * 5 + [RESTS], 1.0, None, id="alike by chance: much was coded between them"),
        pytest.param([MOVES] * 5 + [RESTS], None, None, id="alike by chance, perhaps"),
        pytest.param([MOVES] * 5 + [RESTS] * 2, None, ("motion_stopped", 10.0), id="alike twice"),
        pytest.param([MOVES] * 4 + [CUTS, RESTS], 0.05, ("cut", 10.0), id="another picture"),
        pytest.param([MOVES] * 2 + [RESTS], 0.05, ("came_to_rest", 4.0), id="it has not moved for long"),
        pytest.param([RESTS] * 2, 0.05, ("start", 0.0), id="from the beginning"),
        pytest.param([MOVES] * 5 + [NEARLY, RESTS], 0.05, ("motion_stopped", 10.0), id="an encoder settles first"),
        pytest.param([MOVES] * 5 + [RESTS] * 3 + [NEARLY], 0.05, ("motion_stopped", 10.0), id="and later"),
        pytest.param([MOVES] * 5 + [RESTS] * 3 + [MOVES], 0.05, None, id="it moves again"),
        pytest.param([(40.0, 0.1, 0.9)] * 5 + [RESTS], 0.05, ("came_to_rest", 10.0), id="little moved, as on a screen"),
    ],
)
def test_how_it_came_to_stand(kinds, coded, expected):
    run = judged(kinds, coded=coded)
    assert run.stands == (expected is not None)
    assert expected is None or (run.how, run.since) == expected


def test_key_frames_of_one_picture_may_differ_where_nothing_was_coded_between_them():
    assert not judged([MOVES] * 5 + [NEARLY], coded=0.3).stands
    assert judged([MOVES] * 5 + [NEARLY], coded=0.02).since == 10.0


@pytest.mark.parametrize(
    ("kinds", "stopped", "expected"),
    [
        pytest.param([SWEEPS] * 5, 1.5, ("motion_stopped", 8.5), id="a camera that sweeps"),
        pytest.param([SWEEPS] * 5, None, ("cut", 10.0), id="a camera that sweeps, or a cut"),
        pytest.param([MOVES] * 4 + [SWEEPS], 1.5, ("cut", 8.5), id="a dissolve from a camera that rests"),
        pytest.param([SWEEPS] * 3, 1.5, ("cut", 4.5), id="nobody knows yet whether it sweeps"),
        pytest.param([MOVES] * 5, 1.5, ("motion_stopped", 8.5), id="the same shot"),
        pytest.param([MOVES] * 4 + [CUTS, MOVES], None, ("came_to_rest", 12.0), id="a dissolve may have ended"),
        pytest.param([MOVES] * 4 + [CUTS, MOVES], 0.5, ("motion_stopped", 11.5), id="a shot that began a while ago"),
    ],
)
def test_a_picture_unlike_the_last_may_be_where_the_camera_was_going(kinds, stopped, expected):
    run = judged([*kinds, RESTS], coded=0.02, stopped=stopped)
    assert (run.how, run.since) == expected


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param([MOVES] * 5 + [NEARLY], ("motion_stopped", 10.0), id="the last two may have been one"),
        pytest.param([MOVES] * 5, None, id="they moved"),
        pytest.param([MOVES] * 5 + [RESTS] * 2, ("motion_stopped", 10.0), id="it was known"),
    ],
)
def test_what_was_not_sure_is_where_every_picture_stands_still(kinds, expected):
    run = judged(kinds, hands_over=True)
    assert run.stands == (expected is not None)
    assert expected is None or (run.how, run.since) == expected


def sizes_of(*groups):
    """What is told at each key frame, two seconds apart, of pictures of these sizes between them."""
    sizes, told = CodedSizes(), []
    for number, group in enumerate(groups):
        for place, size in enumerate(group):
            sizes.add(number * 2.0 + (place + 1) * 2.0 / (len(group) + 1), size)
        told.append(sizes.until(number * 2.0 + 2.0))
    return told


def test_sizes_are_compared_with_what_is_usual():
    assert sizes_of([]) == [None]
    *usual, little = sizes_of(*[[1_000, 2_000, 9_000]] * 5, [100])
    assert [each.share for each in usual] == [1.0] * 5
    assert little.share == 0.05


MOVING = [9_000, 1_000, 2_000, 1_000] * 12 + [1_000]
NOTHING = [80, 90, 80, 2_000]  # x264 goes on refining a still picture now and then


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        pytest.param(MOVING[:9] + NOTHING * 10, 1.64, id="at once"),
        pytest.param(MOVING[:8] + [60_000] + NOTHING * 10, None, id="after a cut"),
        pytest.param(MOVING, None, id="not at all"),
        pytest.param(NOTHING * 12, None, id="long ago"),
        pytest.param(MOVING[:-2] + NOTHING[:2], None, id="for two pictures"),
    ],
)
def test_when_pictures_became_next_to_nothing(group, expected):
    *_, told = sizes_of(*[MOVING] * 4, group)
    assert told.stopped == (expected if expected is None else pytest.approx(expected, abs=0.06))
