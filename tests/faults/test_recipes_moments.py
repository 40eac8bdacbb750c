import numpy as np
import pytest

from material import copied, pictures
from watchglass.faults.level import Level
from watchglass.faults.recipe import Order
from watchglass.faults.recipes import RECIPES

START, SECONDS = 0.4, 4.0


@pytest.fixture(scope="module")
def clean():
    return pictures(125)


def spoilt(name, clean, level):
    recipe = RECIPES[name]
    return list(recipe.apply(copied(clean), recipe.order(level, START)))


def moments(clean, after):
    """Which clean picture each one shows."""
    lumas = np.stack([picture.planes[0] for picture in clean])
    return [int(np.flatnonzero((lumas == picture.planes[0]).all(axis=(1, 2)))[0]) for picture in after]


@pytest.mark.parametrize("level", Level)
def test_dropped_pictures_are_held_and_the_motion_leaps(clean, level):
    lost = RECIPES["video.stutter:dropped"].order(level, 0.0).strength
    shown = moments(clean, spoilt("video.stutter:dropped", clean, level))
    held = [n for n, which in enumerate(shown) if which != n]
    assert len(held) == lost
    assert held[0] == 10
    assert all(shown[n] == shown[n - 1] for n in held)
    assert held[-1] > 10 + 0.4 * SECONDS * 25, "all over the defect"


@pytest.mark.parametrize("level", Level)
def test_missing_pictures_leave_holes_in_time(clean, level):
    after = spoilt("video.stutter:missing", clean, level)
    assert len(clean) - len(after) == RECIPES["video.stutter:missing"].order(level, 0.0).strength
    steps = np.diff([picture.pts for picture in after])
    assert 0.05 < steps.max() < 0.21 + 0.17


@pytest.mark.parametrize("level", Level)
def test_a_repeated_picture_makes_a_few_late_and_then_one_is_left_out(clean, level):
    times = RECIPES["video.stutter:repeated"].order(level, 0.0).strength
    shown = moments(clean, spoilt("video.stutter:repeated", clean, level))
    steps = np.diff(shown)
    assert (steps == 0).sum() == (steps == 2).sum() == times
    assert set(steps) == {0, 1, 2}


def test_below_the_tear_the_picture_is_older_and_the_line_moves(clean):
    after, lines = spoilt("video.tearing", clean, Level.NOTICEABLE), []
    for number in range(10, 85):
        new = (after[number].planes[0] == clean[number].planes[0]).all(axis=1)
        old = (after[number].planes[0] == clean[number - 3].planes[0]).all(axis=1)
        line = int(new.argmin())
        assert new[:line].all()
        assert old[line:].all()
        lines.append(line)
    assert 0.08 * 96 <= min(lines) < max(lines) <= 0.92 * 96
    assert len(set(lines)) > 20


def test_two_moments_are_woven_by_lines(clean):
    after = spoilt("video.combing", clean, Level.NOTICEABLE)[20]
    for woven, now, then in zip(after.planes, clean[20].planes, clean[18].planes, strict=True):
        assert (woven[0::2] == now[0::2]).all()
        assert (woven[1::2] == then[1::2]).all()


@pytest.mark.parametrize("colour", ["general", "red"])
@pytest.mark.parametrize("level", Level)
def test_it_flashes_more_than_three_times_a_second(clean, level, colour):
    recipe = RECIPES[f"video.flash:{colour}"]
    order = recipe.order(level, START, 1.0)
    after = list(recipe.apply(copied(clean), Order(order.start, order.end, order.strength)))[10:35]
    plane = 2 if colour == "red" else 0
    mean = np.array([picture.planes[plane].mean() for picture in after])
    is_high = mean > (mean.max() + mean.min()) / 2
    assert np.count_nonzero(np.diff(is_high)) >= 2 * 3 + 1
    assert mean.max() - mean.min() > 50


def test_the_dark_state_is_dark_enough_to_harm():
    """Relative luminance of the darker state below 0.80, and at least 0.10 between the two."""
    white = pictures(30, size=(32, 32))
    for picture in white:
        picture.planes[0][:] = 235
        picture.planes[1][:] = picture.planes[2][:] = 128
    recipe = RECIPES["video.flash:general"]
    after = list(recipe.apply(copied(white), recipe.order(Level.SUBTLE, 0.0, 1.0)))
    light = [((p.planes[0].mean() - 16) / 219) ** 2.4 for p in after[:25]]
    assert min(light) < 0.8
    assert max(light) - min(light) > 0.1
