import numpy as np
import pytest

from watchglass.kernels import picture


@pytest.mark.parametrize("corner", [(0, 0), (0, 140), (70, 0), (70, 140)])
def test_mean_and_spread_outside_the_corner_that_holds_a_logo(corner):
    plane = np.random.default_rng(2).integers(16, 20, (90, 160)).astype(np.uint8)
    plain = plane.std()
    row, column = corner
    plane[row : row + 20, column : column + 20] = 230
    assert plane.std() > 30.0
    assert picture.outside_corner(plane) == pytest.approx((17.5, plain), rel=0.05)


def test_what_is_in_the_middle_is_not_left_out():
    plane = np.full((90, 160), 16, np.uint8)
    plane[40:50, 70:90] = 230
    assert picture.outside_corner(plane)[1] >= 0.9 * plane.std()
    assert picture.outside_corner(plane[:1, :1]) == (16.0, 0.0)
