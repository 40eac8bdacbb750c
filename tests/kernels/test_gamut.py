import numpy as np
import pytest

from watchglass.kernels.gamut import illegal


def plain(luma, blue=128, red=128, *, half=(1, 2), size=(90, 160), depth=8):
    """One colour, with chroma of (rows, columns) times fewer values."""
    kind, scale = (np.uint8, 1) if depth == 8 else (np.uint16, 1 << (depth - 8))
    planes = [np.full((size[0] // half[0], size[1] // half[1]), value * scale, kind) for value in (blue, red)]
    return np.full(size, luma * scale, kind), planes


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize(
    ("colour", "luma", "either"),
    [
        pytest.param((128,), 0.0, 0.0, id="grey"),
        pytest.param((4,), 1.0, 1.0, id="too dark"),
        pytest.param((5,), 0.0, 0.0, id="as dark as may be"),
        pytest.param((246,), 0.0, 0.0, id="as light as may be"),
        pytest.param((247,), 1.0, 1.0, id="too light"),
        pytest.param((81, 90, 240), 0.0, 0.0, id="red of BT.601"),
        pytest.param((140, 90, 240), 0.0, 1.0, id="more red than there is"),
        pytest.param((60, 60, 60), 0.0, 1.0, id="less red and blue than none"),
    ],
)
def test_what_is_out(colour, luma, either, depth):
    assert illegal(*plain(*colour, depth=depth), depth) == (luma, either)


@pytest.mark.parametrize("half", [(1, 1), (1, 2), (2, 2)])
def test_colours_of_any_size(half):
    assert illegal(*plain(140, 90, 240, half=half)) == (0.0, 1.0)


def test_fine_pictures_have_other_colours():
    assert illegal(*plain(63, 102, 240, size=(720, 1280), half=(2, 2))) == (0.0, 0.0)  # red of BT.709


def test_a_part_of_the_picture():
    luma, chroma = plain(128)
    luma[:30] = 255
    assert illegal(luma, chroma) == pytest.approx((1 / 3, 1 / 3), abs=0.02)
    assert illegal(luma, None) == illegal(luma, chroma)
