import numpy as np
import pytest

from watchglass.kernels import flashes
from watchglass.kernels.flashes import COLUMNS, NOTHING, ONE, ROWS, Areas, Light, Swings


def flat(value, share=1.0, rest=0):
    """Points at a value in the left part of the picture."""
    made = np.full((ROWS, COLUMNS), rest, np.int16)
    made[:, : round(share * COLUMNS)] = value
    return made


def told(swings, *values):
    return [swings.update(flat(value)) for value in values]


def test_each_swing_counts_once():
    assert told(Swings(1000), 0, 5000, 5000, 9000, 0, 0) == [
        NOTHING,
        Areas(1.0, 0.0),
        NOTHING,
        NOTHING,  # goes on in the same way
        Areas(0.0, 1.0),
        NOTHING,
    ]


def test_small_steps_add_up():
    assert told(Swings(1000), 0, 400, 800, 1200)[-1] == Areas(1.0, 0.0)
    assert told(Swings(1000), 0, 999, 0, 999, 0) == [NOTHING] * 5


def test_the_darker_end_must_be_dark():
    assert told(Swings(1000, 8000), 9500, 8100, 9500) == [NOTHING] * 3
    assert told(Swings(1000, 8000), 9500, 7900, 9500) == [NOTHING, Areas(0.0, 1.0), Areas(1.0, 0.0)]


@pytest.mark.parametrize("share", [0.24, 0.26])
@pytest.mark.parametrize(("down", "across"), [(0.0, 1.0), (1.0, 0.0), (0.5, 0.5)], ids=["above", "left", "corner"])
def test_the_share_of_the_picture(share, down, across):
    swings, picture = Swings(1000), np.zeros((270, 480), np.uint8)
    swings.update(flashes.points(picture).astype(np.int16))
    picture[: round(270 * share ** (1.0 - down)), : round(480 * share ** (1.0 - across))] = 1
    lit = float(np.count_nonzero(picture)) / picture.size
    assert lit == pytest.approx(share, abs=0.005)
    assert swings.update(5000 * flashes.points(picture).astype(np.int16)).up == pytest.approx(lit, abs=0.005)


def test_what_moves_within_a_block_cancels_out():
    swings, stripes = Swings(1000), np.tile(np.array([0, 5000], np.int16), (ROWS, COLUMNS // 2))
    swings.update(stripes)
    assert swings.update(stripes[:, ::-1].copy()) == NOTHING


def test_two_lamps_in_turn_are_two():
    swings = Swings(1000)
    swings.update(flat(5000, 0.5))
    assert swings.update(flat(0, 0.5, 5000)) == Areas(0.5, 0.5)


def grid(*values):
    """Luma, and chroma as `luminance` takes it."""
    planes = [np.full((ROWS, COLUMNS), value, np.uint8) for value in values]
    return planes[0], (planes[1], planes[2])


@pytest.mark.parametrize(
    ("ycbcr", "expected", "error"),
    [  # 100 % colours of BT.709: their luminance is their share
        ((235, 128, 128), 1.0, 0.001),
        ((16, 128, 128), 0.0, 0.001),
        ((126, 128, 128), 0.216, 0.005),
        ((63, 102, 240), 0.2126, 0.02),
        ((173, 42, 26), 0.7152, 0.02),
        ((32, 240, 118), 0.0722, 0.02),
        ((219, 16, 138), 0.9278, 0.02),
    ],
)
def test_relative_luminance(ycbcr, expected, error):
    luma, chroma = grid(*ycbcr)
    light = Light(full_range=False, is_hd=True)
    made = flashes.luminance(luma, flashes.linear(luma, *chroma, light), light)
    assert np.ptp(made) == 0
    assert made[0, 0] / ONE == pytest.approx(expected, abs=error)


def test_full_range_and_pq():
    luma, _ = grid(255, 128, 128)
    assert flashes.luminance(luma, None, Light(full_range=True, is_hd=True))[0, 0] == ONE
    bright, _ = grid(133, 128, 128)  # about 203 cd/m2, reference white
    made = flashes.luminance(bright, None, Light(full_range=False, is_hd=True, transfer="pq"))
    assert made[0, 0] / ONE > 0.5


@pytest.mark.parametrize(
    ("ycbcr", "expected"),
    [
        pytest.param((63, 102, 240), 320.0, id="red"),
        pytest.param((126, 128, 128), 0.0, id="grey"),
        pytest.param((130, 110, 148), 0.0, id="a face"),
        pytest.param((32, 240, 118), 0.0, id="blue"),
    ],
)
def test_redness(ycbcr, expected):
    luma, chroma = grid(*ycbcr)
    made = flashes.redness(flashes.linear(luma, *chroma, Light(full_range=False, is_hd=True)))
    assert flashes.FULL_RED * made[0, 0] / ONE == pytest.approx(expected, abs=6.0)
    assert flashes.has_red(chroma[1]) == (ycbcr[2] > 150)


def test_points_of_any_plane():
    assert flashes.points(np.zeros((45, 80), np.uint8)).shape == (ROWS, COLUMNS)
    deep = np.full((540, 960), 512, np.uint16)
    for is_fine in (True, False):
        for plane in flashes.colour((deep, deep), flashes.coarse(deep, 10), 10, is_fine=is_fine):
            assert plane.dtype == np.uint8
            assert plane.shape == (ROWS, COLUMNS)
            assert (plane == 128).all()
