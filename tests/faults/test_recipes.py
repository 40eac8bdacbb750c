"""What is true of every recipe, on pictures and sound of every shape."""

from itertools import pairwise

import numpy as np
import pytest

from material import SHAPES, blocks, copied, joined, pictures
from watchglass.detectors import CATALOGUE
from watchglass.faults.level import Level
from watchglass.faults.recipe import PictureRecipe, SoundRecipe
from watchglass.faults.recipes import RECIPES

OF_PICTURES = {name: recipe for name, recipe in RECIPES.items() if isinstance(recipe, PictureRecipe)}
OF_SOUND = {name: recipe for name, recipe in RECIPES.items() if isinstance(recipe, SoundRecipe)}
THROUGH = {"video.freeze:ticker", "video.freeze:clock"}
"""What they lay over the picture runs through the whole file."""
MONO_STAYS = {"audio.imbalance", "audio.phase", "audio.mono"}
"""They need two sides."""
FOREVER = {"sync.offset:early", "sync.offset:late"}
START, LASTS = 0.5, 0.8


def order(recipe, level=Level.NOTICEABLE, start=START, seed=0):
    return recipe.order(level, start, LASTS, seed)


def run(recipe, items, how):
    return list(recipe.apply(copied(items), how))


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.planes, b.planes, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", OF_PICTURES)
def test_pictures_change_where_they_are_covered_and_nowhere_else(name, shape):
    recipe, clean = OF_PICTURES[name], pictures(**SHAPES[shape])
    how = order(recipe)
    spoilt = run(recipe, clean, how)
    before = {picture.pts: picture for picture in clean}
    assert all(a.pts < b.pts for a, b in pairwise(spoilt))
    changed = len(clean) - len(spoilt)
    for picture in spoilt:
        was = before[picture.pts]
        assert [(p.shape, p.dtype) for p in picture.planes] == [(p.shape, p.dtype) for p in was.planes]
        assert max(int(plane.max()) for plane in picture.planes) < 1 << picture.depth
        if how.covers(picture.pts):
            changed += not same(picture, was)
        else:
            assert same(picture, was) or name in THROUGH
    assert changed >= 3


@pytest.mark.parametrize("name", OF_PICTURES)
def test_pictures_at_every_level_from_the_first_one_on(name):
    recipe, clean = OF_PICTURES[name], pictures(20)
    for level in Level:
        spoilt = run(recipe, clean, order(recipe, level, start=0.0))
        assert len(spoilt) == len(clean) or name == "video.stutter:missing"


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_seed_draws_the_same_pictures(name):
    recipe, clean = OF_PICTURES[name], pictures(30)
    once, again = (run(recipe, clean, order(recipe, seed=4)) for _ in range(2))
    assert all(same(a, b) for a, b in zip(once, again, strict=True))


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("name", OF_SOUND)
def test_sound_changes_where_it_is_covered_and_nowhere_else(name, channels):
    recipe, clean = OF_SOUND[name], blocks(2.0, channels=channels)
    how = order(recipe)
    spoilt = run(recipe, clean, how)
    assert [(s.first, s.values.shape, s.values.dtype) for s in spoilt] == [
        (s.first, s.values.shape, s.values.dtype) for s in clean
    ]
    before, after = joined(clean), joined(spoilt)
    first, last = round(how.start * 48_000), round(how.end * 48_000)
    assert (after[:, :first] == before[:, :first]).all()
    assert (after[:, last:] == before[:, last:]).all()
    is_changed = bool((after[:, first:last] != before[:, first:last]).any())
    assert is_changed == (channels > 1 or name not in MONO_STAYS)


@pytest.mark.parametrize("name", OF_SOUND)
def test_a_seed_draws_the_same_sound(name):
    recipe, clean = OF_SOUND[name], blocks(2.0)
    once, again = (joined(run(recipe, clean, order(recipe, seed=4))) for _ in range(2))
    assert (once == again).all()


@pytest.mark.parametrize("name", OF_SOUND)
def test_how_sound_is_cut_into_blocks_changes_no_length(name):
    recipe = OF_SOUND[name]
    assert joined(run(recipe, blocks(1.5, size=333), order(recipe))).shape == (2, 72_000)


DEFECTS = {
    "video": "freeze black solid_color color_bars slate block_corruption blockiness blur noise banding tearing combing "
    "stutter flash border levels dead_pixel corrupt",
    "audio": "silence dropout click clipping hum noise dc_offset phase imbalance mono test_tone loudness true_peak "
    "lost",
    "sync": "timestamps offset",
    "transport": "ts_sync_loss ts_sync_byte ts_pat ts_continuity ts_pmt ts_pid ts_programme ts_transport_error ts_crc "
    "ts_pcr_repetition ts_pcr_discontinuity ts_pts ts_cat",
    "captions": "lost corrupt",
}


def test_every_defect_has_a_recipe_but_those_of_servers():
    there = {recipe.detector for recipe in RECIPES.values()}
    assert there == {f"{family}.{name}" for family, names in DEFECTS.items() for name in names.split()}
    assert there >= {name for name in CATALOGUE if not name.startswith("transport") or "ts_" in name}


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_said_about_it_is_short(name):
    assert name == RECIPES[name].name
    assert len(RECIPES[name].about) <= 90
    assert len(name) <= 40
    assert (name in FOREVER) == (RECIPES[name].seconds[0] == np.inf)
