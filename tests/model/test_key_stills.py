from itertools import pairwise

import pytest

from watchglass.model.key_stills import CodedSizes, Compared, KeyStills
from watchglass.model.standstill import Standstill

MOVES, CUTS, RESTS, NEARLY = (40.0, 0.5, 0.9), (150.0, 1.0, 0.1), (0.2, 0.0, 1.0), (1.5, 0.3, 1.0)
"""Change, share of the tiles, and likeness."""


def judged(kinds, *, apart=2.0, coded=None):
    run = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0)
    keys = KeyStills(still_at=0.6, shimmer=2.5)
    for number, (before, now) in enumerate(pairwise(range(len(kinds) + 1))):
        change, share, alike = kinds[number]
        keys.see(run, Compared(now * apart, before * apart, change, share, alike, coded))
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


def test_sizes_are_compared_with_what_is_usual():
    sizes = CodedSizes()
    assert sizes.share() is None
    for _ in range(5):
        for size in (1_000, 2_000, 9_000):
            sizes.add(size)
        assert sizes.share() == 1.0
    sizes.add(100)
    assert sizes.share() == 0.05
