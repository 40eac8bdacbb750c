import numpy as np
import pytest

from looking import frames, moving, plain, scene, still
from watchglass.model.looks import Levels, Looks


def likenesses(clip):
    looks = Looks()
    return [each for each in map(looks.likeness, frames(clip)) if each is not None]


def levels(values, goes_on=(), after=2):
    taken = Levels(4, 2, after)
    for n, value in enumerate(values):
        taken.add(0.25 * n, value, goes_on=n not in goes_on)
    return taken


def test_the_same_scene_goes_on():
    first, *others = likenesses(still(2.0, noise=3.0))
    assert first == 0.0
    assert min(others) > 0.99


def test_a_cut_is_another_scene_for_a_second():
    alike = likenesses(still(2.0, scene(1)) + still(2.0, scene(2)))
    assert [each < 0.5 for each in alike].count(True) == 1 + 4


def test_nothing_goes_on_in_black_and_out_of_it():
    assert (
        max(
            likenesses(
                plain(1.0, 16)
                + [(60 + each // 8 * n // 25).astype(np.uint8) for n, each in enumerate(moving(0.5, speed=0))]
            )
        )
        < 0.5
    )


def test_a_leap_lies_between_two_looks():
    leap = levels([1.0, 1.2, 1.1, 4.0, 5.0]).leap()
    assert leap is not None
    assert (leap.at, leap.before, leap.after, leap.usual, leap.now) == pytest.approx((0.625, 1.2, 4.0, 1.1, 4.5))


@pytest.mark.parametrize("broken", [2, 3])
def test_there_is_none_in_a_scene_that_is_new(broken):
    assert levels([1.0, 1.2, 1.1, 4.0, 5.0], goes_on=(broken,)).leap() is None


def test_too_few_looks_and_a_pause():
    assert levels([1.0, 4.0, 5.0]).leap() is None
    taken = levels([1.0, 1.0, 1.0])
    taken.add(9.0, 4.0, goes_on=True)
    assert taken.values == [4.0]
