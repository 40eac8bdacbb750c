import numpy as np
import pytest

from looking import scene
from watchglass.kernels.block_scores import LOOKS, Blocks, amount, box

WIDE = scene(1, width=640, height=256)
ROWS, COLUMNS = 16, 20


def pan(number):
    """A picture of a camera that pans."""
    return np.roll(WIDE, -2 * number, axis=1)[:, : 16 * COLUMNS].copy()


def damaged(picture, places, seed=7):
    """Some of its blocks come from elsewhere."""
    shown, rng = picture.copy(), np.random.default_rng(seed)
    for row, column in places:
        y, x = rng.integers(0, ROWS - 1), rng.integers(0, COLUMNS - 1)
        shown[16 * row : 16 * row + 16, 16 * column : 16 * column + 16] = picture[
            16 * y : 16 * y + 16, 16 * x : 16 * x + 16
        ]
    return shown


PLACES = [(row, column) for row in (4, 6, 8) for column in range(5, 15)]


def test_a_pan_has_no_score():
    watched = Blocks()
    assert all(watched.look(pan(n + 1), pan(n), 16) is None for n in range(0, 60, 3))


def test_blocks_from_elsewhere_have_one_where_they_are():
    watched = Blocks()
    scores = watched.look(damaged(pan(1), PLACES), pan(0), 16)
    assert scores.shape == (ROWS, COLUMNS)
    assert 0.0 <= scores.min() < scores.max() <= 1.0
    where = box(scores)
    assert (where.left, where.top) == pytest.approx((5 / COLUMNS, 4 / ROWS), abs=1.1 / ROWS)
    assert (where.width, where.height) == pytest.approx((10 / COLUMNS, 5 / ROWS), abs=2.1 / ROWS)
    assert amount(scores) > 10.0


def test_it_is_remembered_for_half_a_second_unless_forgotten():
    watched = Blocks()
    assert watched.look(damaged(pan(1), PLACES), pan(0), 16) is not None
    assert not watched.is_echo
    assert watched.look(pan(5), pan(4), 16) is not None
    assert watched.is_echo
    watched.forget()
    assert watched.look(pan(9), pan(8), 16) is None
    assert watched.look(damaged(pan(11), PLACES), pan(10), 16) is not None
    assert [watched.look(pan(n + 1), pan(n), 16) is None for n in range(12, 12 + LOOKS)][-1]


def test_a_window_that_opens_is_a_thing():
    watched = Blocks()
    opened = [pan(n) for n in range(13)]
    for shown in opened[1:]:
        shown[64:128, 80:240] = 30
    assert all(watched.look(opened[n], opened[n - 1], 16) is None for n in (1, 4, 7, 10))


def test_another_model_may_score():
    seen = []

    def model(features):
        seen.append(features)
        return np.full((ROWS, COLUMNS), 0.5, np.float32)

    scores = Blocks(model).look(damaged(pan(1), PLACES), pan(0), 16)
    assert scores.mean() == 0.5
    assert seen[0].picture.across.shape == (4, ROWS - 1, COLUMNS)


def test_another_size_begins_again():
    watched = Blocks()
    assert watched.look(damaged(pan(1), PLACES), pan(0), 16) is not None
    now, before = damaged(pan(5), PLACES), pan(4)
    assert watched.look(now[:192], before[:192], 16).shape == (12, COLUMNS)


def test_a_tiny_picture_has_no_blocks():
    assert Blocks().look(pan(1)[:20], pan(0)[:20], 16) is None


def test_large_pictures_are_counted_as_if_they_were_not():
    assert amount(np.full((10, 10), 0.1, np.float32)) == pytest.approx(10.0)
    assert amount(np.full((64, 125), 0.1, np.float32)) == pytest.approx(800.0 / 8.0**0.5)
