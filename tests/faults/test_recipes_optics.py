import numpy as np
import pytest

from material import copied, pictures
from watchglass.faults.level import Level
from watchglass.faults.recipe import Order
from watchglass.faults.recipes import RECIPES


@pytest.fixture(scope="module")
def clean():
    return pictures(20, size=(180, 320))


def one(name, clean, level, number=10):
    """A picture in the middle of the defect, and what it was; lumas as integers."""
    recipe = RECIPES[name]
    spoilt = list(recipe.apply(copied(clean), recipe.order(level, 0.2, 10.0)))[number]
    return spoilt.planes[0].astype(int), clean[number].planes[0].astype(int)


def sharpness(luma):
    return np.abs(np.diff(luma, 2, axis=1)).mean() + np.abs(np.diff(luma, 2, axis=0)).mean()


@pytest.mark.parametrize("name", ["video.blur", "video.blur:upscaled"])
def test_blur_takes_detail_away_the_more_the_worse(name):
    busy = pictures(20, size=(360, 640))
    for picture in busy:
        noise = np.random.default_rng(picture.number).integers(-30, 30, picture.planes[0].shape)
        picture.planes[0] = np.clip(picture.planes[0] + noise, 16, 235).astype(np.uint8)
    left = [sharpness(one(name, busy, level)[0]) / sharpness(one(name, busy, level)[1]) for level in Level]
    assert left == sorted(left)
    assert 0.0 < left[0] < 0.1
    assert left[3] < 0.75


@pytest.mark.parametrize("level", Level)
def test_grain_has_its_sigma_and_is_new_in_each_picture(clean, level):
    sigma = RECIPES["video.noise"].order(level, 0.0).strength
    noise = np.subtract(*one("video.noise", clean, level))
    other = np.subtract(*one("video.noise", clean, level, number=11))
    assert noise.std() == pytest.approx(sigma, rel=0.12)
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("level", Level)
def test_banding_leaves_few_levels(clean, level):
    step = RECIPES["video.banding"].order(level, 0.0).strength
    luma, before = one("video.banding", clean, level)
    assert len(np.unique(luma)) <= 256 / step + 1 < len(np.unique(before))
    assert np.abs(luma - before).mean() < step


def test_levels_go_beyond_what_is_allowed(clean):
    """EBU R 103: at most 1 % of the pixels outside 5 to 246."""
    for level in Level:
        luma, _ = one("video.levels", pictures(20, size=(180, 320)), level)
        assert ((luma < 5) | (luma > 246)).mean() > 0.01 or level is Level.VERY_SUBTLE


@pytest.mark.parametrize("level", Level)
def test_stuck_pixels_are_few_and_stay(clean, level):
    count = RECIPES["video.dead_pixel"].order(level, 0.0).strength
    first, last = (np.not_equal(*one("video.dead_pixel", clean, level, n)) for n in (6, 19))
    assert 1 <= first.sum() <= count
    assert (first & last).sum() >= 0.7 * first.sum()


def test_a_stuck_line_is_a_pixel_wide_and_whole(clean):
    changed = np.not_equal(*one("video.dead_pixel:line", clean, Level.SUBTLE))
    assert changed.any(axis=0).sum() == 1
    assert changed.any(axis=1).all()


def test_a_single_pixel_counts(tmp_path):
    from making import clip
    from watchglass.faults.inject import inject

    source, recipe = clip(tmp_path / "clean.mkv", seconds=1.0, size=(160, 128)), RECIPES["video.dead_pixel"]
    truth = inject(source, tmp_path / "stuck.mkv", recipe, Order(0.2, 0.9, 1.0))
    assert truth.counts
    assert truth.changed > 20
