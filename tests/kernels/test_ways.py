from itertools import pairwise

import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.ways import apart, led, light, straight

BEFORE, AFTER, ALL = scene(3), scene(50), slice(None)


def noisy(pictures, sigma):
    rng = np.random.default_rng(5)
    return [np.clip(each + sigma * rng.standard_normal(each.shape), 0, 255).astype(np.uint8) for each in pictures]


def dissolve():
    return [(1.0 - k) * BEFORE + k * AFTER for k in np.linspace(0.0, 0.9, 10)]


@pytest.mark.parametrize("sigma", [0.0, 3.0])
def test_a_dissolve_is_straight(sigma):
    assert straight(noisy(dissolve(), sigma), AFTER, ALL) > 0.82


def way_of(pictures):
    return sum(apart(after, before, ALL) for before, after in pairwise(pictures))


def test_a_dissolve_leads_on_and_motion_about():
    for (*shown, now), low, high in ((noisy([*dissolve(), AFTER], 1.0), 0.8, 1.0), (moving(1.0)[::2], 0.0, 0.5)):
        assert low < led(shown, now, way_of([*shown, now]), ALL) < high


def test_motion_is_not():
    *shown, now = moving(1.0)[::2]
    assert straight(shown, now, ALL) < 0.82


def test_where_it_is_the_same_picture_there_is_no_way():
    assert straight(noisy([AFTER] * 10, 3.0), AFTER, ALL) == 0.0


def test_few_pictures_are_no_way():
    assert straight(noisy(dissolve()[::3], 0.0), AFTER, ALL) == 0.0


def test_light_is_that_of_the_lightest_tile_above_black():
    picture = np.full((90, 160), 16, np.uint8)
    assert light(picture, ALL) == 0.0
    picture[80:, :10] = 90
    assert light(picture, ALL) == 74.0
    assert light(picture, np.arange(8 * 16)) == 0.0
