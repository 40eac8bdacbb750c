import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.faults.defects import DETECTOR, Kind
from watchglass.faults.pictures import DARK, FADE, LOOP_SECONDS, SLIDE
from watchglass.faults.plan import AFTERMATH, CLEAN, WARM_UP, plan
from watchglass.model.errors import UsageError

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.floats(60, 400))
def test_faults_leave_clean_channel_around_them(seed, seconds):
    faults = plan(seconds, seed)
    assert faults[0].start >= WARM_UP
    assert faults[-1].end <= seconds - AFTERMATH
    assert all(b.start - a.end >= CLEAN - 0.05 for a, b in itertools.pairwise(faults))


@given(SEEDS)
def test_the_fade_the_slide_and_the_night_stay_clean(seed):
    for fault in plan(200, seed):
        if fault.kind is not Kind.STALL:
            start = fault.start % LOOP_SECONDS
            for first, last in (FADE, SLIDE, DARK):
                assert not (start < last and first < start + fault.seconds)


@given(SEEDS)
def test_a_minute_holds_three_to_six_faults_of_different_families(seed):
    faults = plan(60, seed)
    assert 3 <= len(faults) <= 6
    assert len({DETECTOR[fault.kind].split(".")[0] for fault in faults}) >= 2


def test_the_same_seed_draws_the_same_faults_and_another_seed_others():
    assert plan(60, 7) == plan(60, 7)
    assert len({str(plan(60, seed)) for seed in range(30)}) == 30
    assert {fault.kind for seed in range(30) for fault in plan(60, seed)} == set(Kind)


def test_too_short_for_a_fault():
    with pytest.raises(UsageError, match="at least"):
        plan(9, 0)
