import cv2
import numpy as np
import pytest

from looking import scene
from spoiling import angular, blocky, blurred, grainy, stepped
from watchglass.kernels.fidelity import Fidelity, flattening, loss


def test_contours_lose_when_blurred_and_gain_when_sharpened():
    sharp, soft = Fidelity(angular()).detail, Fidelity(blurred(angular())).detail
    assert loss(soft, sharp).middle > 4.0
    assert loss(soft, sharp).most > 2.0
    assert loss(sharp, soft).middle < -4.0
    assert loss(sharp, sharp) == (0.0, 0.0)


def test_all_that_is_mush_has_lost_its_contours_and_text_that_went_away_has_not():
    sharp = angular()
    mush = cv2.GaussianBlur(sharp, (0, 0), 12.0)
    assert loss(Fidelity(mush).detail, Fidelity(sharp).detail).middle > 4.0
    plain = np.full_like(sharp, 90)
    text = plain.copy()
    text[60:80, 10:150:4] = 200
    assert loss(Fidelity(plain).detail, Fidelity(text).detail) == (0.0, 0.0)


def test_texture_is_flatter_when_blurred():
    sharp, soft = Fidelity(scene(9)).detail, Fidelity(blurred(scene(9))).detail
    assert flattening(soft, sharp) > 2.0
    assert flattening(sharp, sharp) == 0.0
    assert flattening(None, sharp) == 0.0


@pytest.mark.parametrize("sigma", [3.0, 8.0, 20.0])
def test_grain_is_the_sigma_of_noise(sigma):
    assert Fidelity(grainy(np.full((360, 640), 120, np.uint8), sigma)).grain == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("size", [8, 16])
def test_the_grid_of_blocks(size):
    assert Fidelity(scene(9)).grid < 2.0
    assert Fidelity(blocky(scene(9), size)).grid > 5.0


def test_a_frame_that_was_drawn_is_no_grid():
    drawn = scene(9)
    drawn[:, ::64] = 235
    assert Fidelity(drawn).grid < 2.3


def test_steps_of_levels():
    assert Fidelity(scene(9)).steps < 0.2
    assert Fidelity(stepped(scene(9))).steps > 0.7


def test_more_bits_are_brought_to_eight():
    assert Fidelity(angular().astype(np.uint16) << 2, 10).grid == Fidelity(angular()).grid


def test_a_picture_too_small_for_anything():
    tiny = Fidelity(np.zeros((8, 8), np.uint8))
    assert (tiny.detail, tiny.grain, tiny.grid, tiny.steps) == (None, 0.0, 1.0, 0.0)
    assert loss(tiny.detail, tiny.detail) == (0.0, 0.0)
