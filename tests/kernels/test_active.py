import cv2
import numpy as np
import pytest

from looking import scene
from watchglass.kernels import active
from watchglass.kernels.active import NO_BORDERS, Borders, borders, change

CEILING = 27.0


def placed(picture, top=0, bottom=0, left=0, right=0, black=16):
    """Squeezed into what is left between so many lines of black."""
    height, width = picture.shape
    made = np.full_like(picture, black)
    inside = cv2.resize(picture, (width - left - right, height - top - bottom), interpolation=cv2.INTER_AREA)
    made[top : height - bottom, left : width - right] = inside
    return made


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((0, 0, 0, 0), id="none"),
        pytest.param((9, 9, 0, 0), id="letterbox"),
        pytest.param((0, 0, 20, 20), id="pillarbox"),
        pytest.param((9, 9, 16, 16), id="window"),
        pytest.param((0, 30, 0, 60), id="in a corner"),
    ],
)
def test_how_wide_they_are(lines):
    picture = placed(np.maximum(scene(), 40), *lines)
    height, width = picture.shape
    expected = [share / side for share, side in zip(lines, (height, height, width, width), strict=True)]
    assert borders(picture, CEILING) == pytest.approx(expected, abs=0.012)


def test_a_logo_or_a_ticker_in_them_does_not_count():
    picture = placed(np.maximum(scene(), 40), 9, 9, 20, 20)
    picture[4:8, 130:145] = 235
    assert borders(picture, CEILING) == pytest.approx((0.1, 0.1, 0.125, 0.125), abs=0.012)


def test_black_has_no_picture_in_it():
    assert borders(np.full((90, 160), 16, np.uint8), CEILING).area == 1.0
    assert borders(np.full((4, 4), 16, np.uint8), CEILING) == NO_BORDERS


def how(now, before):
    return change(now, borders(now, CEILING), before, borders(before, CEILING), CEILING)


def test_what_was_squeezed_is_the_same():
    picture = np.maximum(scene(), 40)
    told = how(placed(picture, 9, 9), picture)
    assert told.likeness > 0.95
    assert told.straight > 0.9
    assert how(placed(np.maximum(scene(2), 40), 9, 9), picture).likeness < 0.5


def test_what_was_covered_is_the_same():
    picture = np.maximum(scene(), 40)
    covered = picture.copy()
    covered[:9] = covered[-9:] = 16
    assert how(covered, picture).likeness > 0.95


def test_what_was_squeezed_into_a_corner_is_the_same_and_not_straight():
    picture = np.maximum(scene(), 40)
    told = how(placed(picture, 0, 30, 0, 50), picture)
    assert told.likeness > 0.9
    assert told.straight == 0.0


def test_a_shadow_at_the_edges_is_no_border():
    """The picture goes on where it was, and had been dark there already."""
    picture = scene().astype(np.float32)
    shade = np.clip(np.minimum(np.arange(160), np.arange(160)[::-1]) / 50.0, 0.0, 1.0)
    before, now = (np.clip(16 + (picture - 16) * shade**power, 16, 235).astype(np.uint8) for power in (1.8, 2.6))
    assert borders(now, CEILING).left > borders(before, CEILING).left > 0.0
    assert how(now, before).likeness < 0.85


def test_one_colour_cannot_be_compared():
    flat = np.full((90, 160), 120, np.uint8)
    assert how(placed(flat, 9, 9), flat).likeness == 0.0


def test_areas():
    assert NO_BORDERS.area == 0.0
    assert Borders(0.1, 0.1, 0.25, 0.25).area == pytest.approx(0.6)
    assert Borders(0.1, 0.1).beyond(Borders(0.0, 0.05)) == pytest.approx(0.1)
    assert active._thumbnail(flat := np.zeros((4, 90), np.uint8)) is None
    assert active._likeness(None, None) == 0.0
    assert flat.sum() == 0
