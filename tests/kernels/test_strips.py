import numpy as np
import pytest

from watchglass.kernels import strips
from watchglass.kernels.picture import TILE_COLUMNS, TILE_ROWS


def tiles(**busy):
    """Tiles that change by 1, and by more where it says so: ``r0c15=9.0``."""
    made = np.ones((TILE_ROWS, TILE_COLUMNS), np.float32)
    for place, value in busy.items():
        row, column = place[1:].split("c")
        made[int(row), int(column)] = value
    return made


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        pytest.param({}, 1.0, id="even"),
        pytest.param({"r8c2": 9.0, "r7c14": 8.0}, 1.0, id="a strip at the bottom"),
        pytest.param({"r0c2": 9.0, "r1c14": 8.0}, 1.0, id="a strip at the top"),
        pytest.param({"r1c14": 9.0}, 1.0, id="a corner"),
        pytest.param({"r8c2": 9.0, "r7c14": 8.0, "r1c14": 7.0}, 1.0, id="the bottom and a corner"),
        pytest.param({"r4c8": 9.0}, 9.0, id="the middle"),
        pytest.param({"r4c8": 3.0, "r8c8": 9.0}, 3.0, id="the bottom, and the middle a little"),
    ],
)
def test_the_busiest_outside(busy, expected):
    assert strips.busiest_outside(tiles(**busy)) == expected
    rest = strips.rest(tiles(**busy))
    assert rest.busiest == expected
    assert rest.tiles.max() == expected


def test_nothing_is_left_out_of_a_tiny_picture():
    tiny = np.array([[1.0, 7.0]], np.float32)
    assert strips.rest(tiny).busiest == strips.busiest_outside(tiny) == 7.0
    assert strips.rest(tiny).tiles.tolist() == [1.0, 7.0]


def test_black_at_the_sides_is_no_picture_but_a_logo_does_not_make_it_one():
    means = np.full((TILE_ROWS, TILE_COLUMNS), 16.0, np.float32)
    assert not strips.inside(means).any()
    means[2:7, 3:12] = 90.0
    means[4, 5] = 16.0  # black in it
    means[0, 15] = 200.0
    expected = np.zeros_like(means, bool)
    expected[2:7, 3:12] = True
    assert np.array_equal(strips.inside(means).reshape(means.shape), expected)


@pytest.mark.parametrize(
    ("before", "lately", "expected"),
    [
        pytest.param({"r8c2": 9.0, "r8c3": 9.0}, {"r8c2": 9.0, "r8c3": 9.0, "r8c4": 9.0}, 0.0, id="a ticker"),
        pytest.param({"r1c14": 9.0}, {"r1c14": 6.0}, 0.0, id="a clock"),
        pytest.param({"r1c14": 9.0}, {"r2c13": 9.0}, 1.0, id="a pointer"),
        pytest.param({"r1c14": 9.0}, {"r1c14": 3.0, "r2c13": 9.0}, 2.0 / 3.0, id="a pointer that begins where it was"),
        pytest.param({}, {"r2c13": 9.0}, 0.0, id="nothing moved before"),
    ],
)
def test_a_pointer_wanders(before, lately, expected):
    assert strips.wandered(tiles(**before), tiles(**lately), 1.0) == pytest.approx(expected)
