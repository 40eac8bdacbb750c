import cv2
import numpy as np
import pytest

from looking import scene
from watchglass.kernels.fills import fill

LUMA = scene(2, width=320, height=180)
HALF = (90, 160)


def painted(where, luma, blue, red, behind=128):
    """A picture without colour, or of the one that is ``behind``, with something painted over a part of it."""
    shown, chroma = LUMA.copy(), [np.full(HALF, behind, np.uint8) for _ in range(2)]
    rows, columns = where
    shown[rows, columns] = luma
    for plane, value in zip(chroma, (blue, red), strict=True):
        plane[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2] = value
    return shown, tuple(chroma)


ROW = slice(64, 80), slice(80, 320)
SHARE = 16 * 240 / LUMA.size


def test_the_green_of_zeros():
    assert fill(*painted(ROW, 0, 0, 0), LUMA).green == pytest.approx(SHARE, rel=0.05)
    assert fill(*painted(ROW, 145, 54, 34), LUMA).green == 0.0  # the green of a designer


@pytest.mark.parametrize("luma", [126, 128])
@pytest.mark.parametrize("behind", [110, 128])
def test_grey_is_told_when_it_is_new(luma, behind):
    shown, chroma = painted(ROW, luma, 128, 128, behind)
    found = fill(shown, chroma, LUMA)
    assert 0.7 * SHARE < found.new_grey <= 1.01 * SHARE
    assert fill(shown, chroma, shown).new_grey == 0.0


@pytest.mark.parametrize(
    ("luma", "blue"), [pytest.param(90, 128, id="another grey"), pytest.param(128, 120, id="a colour")]
)
def test_what_is_not_the_middle_is_no_fill(luma, blue):
    assert fill(*painted(ROW, luma, blue, 128), LUMA).new_grey == 0.0


def test_noise_is_not_even():
    noise = np.random.default_rng(1).normal(128.0, 12.0, (16, 240))
    assert fill(*painted(ROW, noise, 128, 128), LUMA).new_grey < 0.1 * SHARE


def test_colours_may_come_as_large_as_the_picture():
    shown, chroma = painted(ROW, 128, 128, 128, behind=110)
    large = tuple(cv2.resize(plane, LUMA.shape[::-1], interpolation=cv2.INTER_NEAREST) for plane in chroma)
    assert fill(shown, large, LUMA) == pytest.approx(fill(shown, chroma, LUMA), abs=0.005)


def test_grey_among_much_that_is_nearly_grey_is_the_picture():
    shown, chroma = painted(ROW, 128, 128, 128, behind=110)
    paler = slice(96, 144), ROW[1]
    shown[paler] = 130
    for plane in chroma:
        plane[48:72, 40:160] = 131
    assert fill(shown, chroma, LUMA).new_grey == 0.0
