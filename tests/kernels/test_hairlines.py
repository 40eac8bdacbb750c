import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.hairlines import Hairlines, Line, beside, candidates


def lined(picture, at=np.s_[:, 61], more=60):
    after = picture.astype(int)
    after[at] += more
    return np.clip(after, 16, 235).astype(np.uint8)


def held(clip, *, is_same_shot=False):
    lines = Hairlines()
    for n, picture in enumerate(clip):
        rows = slice(n % 3, None, 3)
        before = max(0.0, n / 5 - 0.2)
        lines.add(picture, rows, picture[rows], n / 5, before, before, lambda since: is_same_shot)
        lines.look(picture, n / 5)
    return lines.best()


@pytest.mark.parametrize(("at", "line"), [(np.s_[:, 61], Line(False, 61)), (np.s_[36], Line(True, 36))])
@pytest.mark.parametrize("more", [60, -60])
def test_a_line_is_a_candidate(at, line, more):
    luma = lined(scene(), at, more)
    assert line in candidates(slice(0, None, 3), luma[::3])
    assert beside(luma, line).shape == (2, 16)


def test_a_scene_has_none():
    assert all(beside(scene(), line) is None for line in candidates(slice(0, None, 3), scene()[::3]))


def test_a_part_of_a_line_is_none():
    assert beside(lined(scene(), np.s_[:60, 61]), Line(False, 61)) is None


def test_a_line_of_text_is_none():
    assert beside(lined(scene(), np.s_[36, ::2]), Line(True, 36)) is None


def test_a_line_at_the_edge_is_none():
    assert beside(lined(scene(), np.s_[1]), Line(True, 1)) is None


def test_a_line_over_what_moves_is_held():
    best = held([lined(picture) for picture in moving(2.0, speed=6)])
    assert (best.is_row, best.at) == (False, 61)
    assert best.held >= 9.0


def test_a_line_of_a_still_is_not_unless_it_came():
    assert held([lined(scene())] * 50) is None
    assert held([lined(scene())] * 50, is_same_shot=True).held >= 9.0


def test_it_is_forgotten_when_it_is_gone():
    assert held([lined(picture) for picture in moving(1.0, speed=6)] + moving(2.0)) is None


def test_a_drawn_line_of_one_colour_is_none():
    luma = scene(contrast=25.0)
    luma[36] = 200
    assert beside(luma, Line(True, 36)) is None


def test_the_rim_of_a_border_is_none():
    luma = lined(scene(contrast=5.0) // 2 + 60, np.s_[36], -60)
    assert beside(luma, Line(True, 36)) is not None
    luma[37:] = 17
    assert beside(luma, Line(True, 36)) is None


@pytest.mark.parametrize("edge", [38, 32])
def test_the_echo_of_a_border_within_a_block_is_none(edge):
    luma = lined(scene(contrast=5.0) // 2 + 60, np.s_[36], -12)
    assert beside(luma, Line(True, 36)) is not None
    assert beside(lined(luma, np.s_[edge:], 50) if edge > 36 else lined(luma, np.s_[:edge], 50), Line(True, 36)) is None


def test_what_has_survived_a_cut_is_held_in_a_still():
    first, then = lined(scene(contrast=20.0) // 2), lined(scene(2, contrast=20.0) // 2 + 90)
    assert held([first] * 5 + [then] * 12).held >= 9.0
