import cv2
import numpy as np
import pytest

from watchglass.kernels import thumbnail

SIZE = (90, 160)


def flat(y, cb, cr, size=SIZE):
    chroma = tuple(np.full((size[0] // 2, size[1] // 2), value, np.uint8) for value in (cb, cr))
    return np.full(size, y, np.uint8), chroma


def shown(luma, chroma, **how):
    """Mean (R, G, B) of the decoded JPEG, and its (width, height)."""
    data, width, height = thumbnail.jpeg(luma, chroma, **how)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[:2] == (height, width)
    return picture[..., ::-1].mean(axis=(0, 1)), (width, height)


@pytest.mark.parametrize(
    ("planes", "matrix", "full_range", "rgb"),
    [
        pytest.param((16, 128, 128), "bt709", False, (0, 0, 0), id="black"),
        pytest.param((235, 128, 128), "bt709", False, (255, 255, 255), id="white"),
        pytest.param((128, 128, 128), "bt709", True, (128, 128, 128), id="grey, full range"),
        pytest.param((63, 102, 240), "bt709", False, (255, 0, 0), id="red, BT.709"),
        pytest.param((173, 42, 26), "bt709", False, (0, 255, 0), id="green, BT.709"),
        pytest.param((32, 240, 118), "bt709", False, (0, 0, 255), id="blue, BT.709"),
        pytest.param((81, 90, 240), "bt601", False, (255, 0, 0), id="red, BT.601"),
        pytest.param((145, 54, 34), "bt601", False, (0, 255, 0), id="green, BT.601"),
        pytest.param((76, 85, 255), "bt601", True, (254, 0, 0), id="red, JPEG"),
        pytest.param((0, 0, 0), "bt709", False, (0, 77, 0), id="the green of an empty decoder buffer"),
    ],
)
def test_colours_are_right(planes, matrix, full_range, rgb):
    mean, _ = shown(*flat(*planes), matrix=matrix, full_range=full_range)
    np.testing.assert_allclose(mean, rgb, atol=4)


@pytest.mark.parametrize(
    ("size", "turns", "result"),
    [
        ((1080, 1920), 0, (320, 180)),
        ((360, 640), 1, (180, 320)),
        ((90, 160), 0, (160, 90)),
        ((2, 2), 0, (2, 2)),
        ((4, 4000), 0, (320, 1)),
        ((33, 17), 3, (33, 17)),
    ],
)
def test_sizes(size, turns, result):
    luma = np.zeros(size, np.uint8)
    assert shown(luma, None, quarter_turns=turns)[1] == result


def test_a_turn_goes_counter_clockwise():
    luma = np.full((64, 96), 16, np.uint8)
    luma[:, 64:] = 235  # bright on the right, so at the top afterwards
    data, width, height = thumbnail.jpeg(luma, None, quarter_turns=1)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (width, height) == (64, 96)
    assert picture[:24].mean() > 245
    assert picture[40:].mean() < 10


def test_without_colour_it_is_grey():
    mean, _ = shown(np.full(SIZE, 126, np.uint8), None)
    np.testing.assert_allclose(mean, (128, 128, 128), atol=3)


@pytest.mark.parametrize(("transfer", "white"), [("pq", 148), ("hlg", 180)])
def test_high_dynamic_range_is_brought_to_a_screen(transfer, white):
    """Reference white (58 % of the PQ signal, 75 % of HLG) is bright, black is black, more light is brighter."""
    levels = [
        shown(*flat(y, 128, 128), matrix="bt2020", transfer=transfer)[0].mean() for y in (16, 90, white, 210, 235)
    ]
    assert levels[0] < 3
    assert levels == sorted(levels)
    assert 140 < levels[2] < 230
