import pytest

from watchglass.kernels.cadence import Cadence

STEP = 0.04


def holds(changes, times=None):
    """What it tells of pictures with these mean changes."""
    cadence = Cadence()
    fed = zip(times or [n * STEP for n in range(len(changes))], changes, strict=True)
    return [hold for hold in (cadence.feed(*each) for each in fed) if hold is not None]


def test_a_picture_shown_again():
    [hold] = holds([5.0] * 20 + [0.1, 0.1] + [5.0] * 5)
    assert (hold.pts, hold.pictures, hold.step) == pytest.approx((20 * STEP, 2, STEP))


def test_pictures_that_are_missing():
    times = [n * STEP for n in range(30) if n not in (20, 21, 22)]
    [hold] = holds([5.0] * 27, times)
    assert (hold.pts, hold.pictures) == pytest.approx((20 * STEP, 3))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([5.0] * 40, id="motion"),
        pytest.param([0.2, 0.0] * 20, id="little moves"),
        pytest.param([5.0] * 20 + [0.1] * 40 + [5.0] * 5, id="a rest"),
        pytest.param([5.0] * 20 + [2.0, 0.9, 0.1, 0.1, 0.9, 2.0] + [5.0] * 5, id="slower, and faster again"),
        pytest.param([20.0] * 20 + [5.0] + [20.0] * 5, id="a picture that moved less"),
        pytest.param([5.0] * 5 + [0.1] + [5.0] * 2, id="too early to know"),
    ],
)
def test_nothing_is_held(changes):
    assert holds(changes) == []


def test_how_much_moves_does_not_hang_on_what_is_held():
    cadence = Cadence()
    for n, change in enumerate([6.0, 0.1] * 12):
        cadence.feed(n * STEP, change)
    assert cadence.motion == 6.0


def test_another_scene_ends_no_hold():
    assert holds([5.0] * 20 + [0.1, 0.1] + [60.0] + [5.0] * 5) == []
    cadence = Cadence()
    told = [cadence.feed(n * STEP, change, n == 22) for n, change in enumerate([5.0] * 20 + [0.1, 0.1] + [5.0] * 20)]
    assert set(told) == {None}


def test_a_key_frame_may_change_without_any_motion():
    cadence = Cadence()
    told = [cadence.feed(n * STEP, 0.1 if n in (20, 21) else 5.0, is_motion=n != 22) for n in range(40)]
    assert set(told) == {None}


def test_since_the_last_cut():
    cadence = Cadence()
    told = [cadence.feed(n * STEP, 0.1 if n == 40 else 5.0, n == 15) for n in range(50)]
    [hold] = [each for each in told if each is not None]
    assert (hold.shot, hold.moves) == pytest.approx((25 * STEP, 5.0))


def test_a_clock_that_jumps_back_is_none():
    assert holds([5.0] * 30, [n * STEP for n in range(20)] + [n * STEP for n in range(10)]) == []


def test_what_moves_after_a_hold():
    """One picture late, and then two steps at once; and motion of another kind."""
    [late] = holds([5.0] * 20 + [0.1, 5.0, 9.0] + [5.0] * 5)
    assert (late.leap, late.jump, late.goes_on, late.even) == pytest.approx((1.8, 1.8, 1.0, 1.0))
    [slow] = holds([5.0] * 20 + [0.1, 5.0] + [1.5] * 6)
    assert slow.goes_on == pytest.approx(0.3)


def test_a_cut_is_no_measure_of_what_moves_after_it():
    [hold] = holds([2.0] * 20 + [90.0] + [2.0] * 20 + [0.1, 0.1, 6.0] + [2.0] * 5)
    assert (hold.pictures, hold.moves) == (2, 2.0)


def test_fast_motion_from_the_beginning_is_no_row_of_cuts():
    [hold] = holds([50.0] * 60 + [0.1] + [50.0] * 5)
    assert (hold.pictures, hold.leap) == pytest.approx((1, 1.0))
