import numpy as np
import pytest

from material import copied, pictures
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES


def shown(name, level=Level.VERY_NOTICEABLE, **shape):
    recipe = RECIPES[name]
    return list(recipe.apply(copied(pictures(12, **shape)), recipe.order(level, 0.2, 10.0)))[10]


def at(picture, y, x):
    return [int(p[int(y * p.shape[0]), int(x * p.shape[1])]) for p in picture.planes]


def test_ebu_bars_have_the_standards_code_values():
    """100/0/75/0 in BT.601, as in EBU Tech 3325."""
    picture = shown("video.color_bars:ebu", size=(96, 160))
    bars = [at(picture, 0.5, (n + 0.5) / 8) for n in range(8)]
    assert bars == [
        [235, 128, 128],
        [162, 44, 142],
        [131, 156, 44],
        [112, 72, 58],
        [84, 184, 198],
        [65, 100, 212],
        [35, 212, 114],
        [16, 128, 128],
    ]


def test_hd_bars_are_by_bt_709_and_ten_bits_are_four_times_as_much():
    assert at(shown("video.color_bars:ebu", bt709=True), 0.5, 1.5 / 8) == [168, 44, 136]
    deep = shown("video.color_bars:ebu", depth=10)
    assert at(deep, 0.5, 1.5 / 8) == pytest.approx([4 * 162, 4 * 44, 4 * 142], abs=3)


def test_smpte_bars_have_three_parts():
    picture = shown("video.color_bars:smpte", size=(96, 168))
    assert at(picture, 0.3, 0.5 / 7) == [180, 128, 128]
    assert at(picture, 0.3, 6.5 / 7) == at(picture, 0.7, 0.5 / 7) == [35, 212, 114]
    assert at(picture, 0.9, 1.5 * 15 / 84) == [235, 128, 128]
    assert at(picture, 0.9, 62 / 84)[0] < 16 < at(picture, 0.9, 70 / 84)[0]


def test_a_slate_can_be_read():
    luma = shown("video.slate", size=(180, 320)).planes[0]
    text = luma[round(0.52 * 180) : round(0.66 * 180)]
    assert (text > 180).mean() > 0.03
    assert np.median(luma) < 110


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [("letterbox", True, False), ("pillarbox", False, True), ("window", True, True)],
)
@pytest.mark.parametrize("level", Level)
def test_borders_are_black_and_as_wide_as_they_should_be(name, level, rows, columns):
    share = RECIPES[f"video.border:{name}"].order(level, 0.0).strength
    picture = shown(f"video.border:{name}", level, size=(180, 320))
    is_black = picture.planes[0] == 16
    assert is_black.all(axis=1).mean() == pytest.approx(share if rows else 0.0, abs=0.02)
    assert is_black.all(axis=0).mean() == pytest.approx(share if columns else 0.0, abs=0.02)
    assert (picture.planes[1][0] == 128).all() or not rows
