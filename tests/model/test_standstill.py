import pytest

from watchglass.model.finding import Reading
from watchglass.model.standstill import Seen, Shimmer, Standstill

STEP = 0.04


def stand(changes, *, start=0.0, shares=None, drifts=None):
    """A standstill after these changes, a frame each."""
    run = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0)
    for number, change in enumerate(changes):
        reading = Reading("test", "video:0", "change", start + number * STEP, STEP, change, "code values")
        seen = Seen(reading.end, change, 0.0, 0.5 if shares is None else shares[number])
        if not run.update(change <= 0.6, seen, 0.0 if drifts is None else drifts[number], reading):
            run.learn(seen)
    return run


@pytest.mark.parametrize("start", [0.0, 3600.0])
@pytest.mark.parametrize(
    ("changes", "how"),
    [
        pytest.param([0.0] * 10, "start", id="from the first frame"),
        pytest.param([8.0] * 50 + [0.0] * 10, "motion_stopped", id="at once"),
        pytest.param([8.0] * 50 + [2.0, 1.0, 0.7] + [0.0] * 10, "motion_stopped", id="an encoder settles"),
        pytest.param(
            [8.0] * 50 + [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] + [0.0] * 10, "came_to_rest", id="slower and slower"
        ),
        pytest.param([0.0] * 50 + [8.0] * 40 + [0.0] * 10, "came_to_rest", id="rest again"),
        pytest.param(([0.0] * 10 + [8.0] * 10) * 4 + [0.0] * 10, "came_to_rest", id="it rests time and again"),
        pytest.param([8.0] * 50 + [0.0] * 60 + [8.0] * 25 + [0.0] * 10, "motion_stopped", id="it stopped before"),
    ],
)
def test_how_it_began(changes, how, start):
    run = stand(changes, start=start)
    assert run.stands
    assert run.how == how


def test_a_cut_is_a_great_change_everywhere():
    run = stand([4.0] * 50 + [60.0] + [0.0] * 10, shares=[0.3] * 50 + [1.0] + [0.0] * 10)
    assert run.how == "cut"


@pytest.mark.parametrize(
    ("change", "share", "how"),
    [
        pytest.param(120.0, 0.95, "cut", id="some times the usual, and where nothing had moved"),
        pytest.param(120.0, 0.6, "motion_stopped", id="a great leap where it moved anyhow"),
        pytest.param(60.0, 0.95, "motion_stopped", id="no more than a leap"),
    ],
)
def test_a_cut_out_of_a_dark_scene_that_moves_much(change, share, how):
    assert stand([40.0] * 50 + [change] + [0.0] * 10, shares=[0.55] * 50 + [share] + [0.0] * 10).how == how


def test_it_is_dated_back_to_the_last_frame_that_moved():
    assert stand([8.0] * 50 + [2.0, 1.0, 0.7] + [0.0] * 10).since == pytest.approx(49 * STEP)


def test_what_drifts_does_not_stand():
    run = stand([8.0] * 50 + [0.3] * 50, drifts=[0.0] * 50 + [9.0] * 50)
    assert run.since > 2.0 + 1.0  # it began anew


def test_only_shimmer_after_motion_is_steady():
    past = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0).past
    past.append(Seen(-0.1, 8.0, 0.0, 0.5))
    shimmer = Shimmer()

    def is_steady(pts, change, drift):
        reading = Reading("test", None, "change", pts, STEP, change, "code values")
        shimmer.remember(reading)
        return shimmer.is_steady(reading, drift, past)

    steady = [is_steady(n * STEP, 1.0 + 0.2 * (n % 2), drift=1.2) for n in range(40)]
    assert not any(steady[:20])
    assert all(steady[25:])
    assert not is_steady(1.6, 1.0, drift=6.0)
