import itertools

import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.block_edges import new_block_edges


def damaged(picture, top, left, high=24, wide=40, step=60):
    """The picture with a rectangle that belongs somewhere else."""
    shown = picture.astype(np.int16)
    shown[top : top + high, left : left + wide] += step
    return np.clip(shown, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("top", "left", "expected"),
    [
        pytest.param(32, 64, 16.0, id="on the grid: all edges of the rectangle"),
        pytest.param(36, 68, 0.0, id="half a block beside it"),
        pytest.param(35, 66, 0.0, id="beside both"),
    ],
)
def test_a_rectangle(top, left, expected):
    picture = scene()
    assert new_block_edges(damaged(picture, top, left), picture) == pytest.approx(expected, abs=1.0)


def test_ten_bits():
    picture = scene().astype(np.uint16) * 4
    broken = damaged(scene(), 32, 64).astype(np.uint16) * 4
    assert new_block_edges(broken, picture, 10) == new_block_edges(damaged(scene(), 32, 64), scene())


def test_what_moves_and_what_is_new_has_none():
    clip = [*moving(1.0, speed=5), *moving(1.0, seed=2, speed=3)]
    assert {new_block_edges(now, before) for before, now in itertools.pairwise(clip)} == {0.0}


@pytest.mark.parametrize("shape", [(2, 2), (7, 300), (17, 33), (12, 8)])
def test_tiny_pictures(shape):
    rng = np.random.default_rng(3)
    before, now = rng.integers(0, 256, (2, *shape), np.uint8)
    assert new_block_edges(now, before) >= 0.0


def test_a_larger_picture_of_the_same_has_longer_edges():
    small, large = scene(width=480, height=272), scene(width=960, height=544)
    once = new_block_edges(damaged(small, 64, 64, 64, 64), small)
    assert new_block_edges(damaged(large, 128, 128, 128, 128), large) == pytest.approx(once, rel=0.15)
