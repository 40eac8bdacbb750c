import numpy as np
import pytest

from looking import scene
from watchglass.kernels.block_steps import Borders, across, blocks, down, joined, side

PICTURE = scene(3, width=320, height=192, contrast=25.0)


@pytest.mark.parametrize(("shown", "full", "points"), [(576, 576, 16), (360, 720, 8), (270, 1080, 4), (270, 2160, 4)])
def test_a_macroblock_in_a_picture_that_was_halved(shown, full, points):
    assert side((shown, 640), (full, 1920)) == points


@pytest.mark.parametrize("points", [4, 8, 16])
def test_a_block_from_elsewhere_steps_at_its_borders(points):
    shown = np.full((12 * points, 20 * points), 100, np.uint8)
    shown[3 * points : 4 * points, 5 * points : 7 * points] = 140
    rows, columns = across(shown, points), down(shown, points)
    assert rows.shape == (4, 11, 20)
    assert columns.shape == (4, 19, 12)
    assert set(zip(*np.nonzero(rows[0]), strict=True)) == {(2, 5), (2, 6), (3, 5), (3, 6)}
    assert set(zip(*np.nonzero(columns[0]), strict=True)) == {(4, 3), (6, 3)}
    assert not rows[1:].any()
    assert not columns[1:].any()


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_what_steps_elsewhere_is_beside(phase):
    shown = np.full((192, 320), 100, np.uint8)
    shown[48 + 4 * phase :] = 140
    found = across(shown, 16)
    assert found[phase].sum() == 20
    assert found.sum() == 20


def test_soft_edges_and_slanted_ones_are_no_steps():
    assert not across(PICTURE, 16).any()
    slanted = np.fromfunction(lambda y, x: 100.0 + 60.0 * (3 * y > 2 * x), (192, 320)).astype(np.uint8)
    assert not across(slanted, 16).any()
    assert not down(slanted, 16).any()


def test_steps_in_either():
    one, other = (Borders(np.array([a]), np.array([b])) for a, b in ((True, False), (False, False)))
    assert joined([one, other]) == (np.array([True]), np.array([False]))


def test_whole_blocks_and_no_fewer_than_two_each_way():
    whole = blocks(PICTURE[:100, :99], 16)
    assert whole is not None
    assert whole.shape == (96, 96)
    assert blocks(PICTURE[:31], 16) is None
