import numpy as np
import pytest

from material import blocks, copied, joined
from watchglass.faults.level import Level
from watchglass.faults.recipe import Order
from watchglass.faults.recipes import RECIPES
from watchglass.faults.recipes.loudness import true_peak

RATE = 48_000


def spoilt(name, clean, level=Level.NOTICEABLE, start=1.0, seconds=None):
    recipe = RECIPES[name]
    return joined(recipe.apply(copied(clean), recipe.order(level, start, seconds)))


def dbfs(part):
    return 10 * np.log10(np.square(part).mean())


@pytest.mark.parametrize("name", ["audio.loudness:loud", "audio.loudness:soft"])
@pytest.mark.parametrize("level", Level)
def test_loudness_jumps_by_so_much(name, level):
    clean = blocks(4.0, dbfs=-32.0)
    after, before = spoilt(name, clean, level, seconds=2.0), joined(clean)
    part = np.s_[:, round(1.1 * RATE) : round(2.9 * RATE)]
    asked = RECIPES[name].order(level, 0.0).strength
    assert dbfs(after[part]) - dbfs(before[part]) == pytest.approx(asked, abs=1.5)


def test_louder_is_limited_and_not_cut_off():
    after = spoilt("audio.loudness:loud", blocks(3.0, dbfs=-14.0), Level.VERY_NOTICEABLE, seconds=1.5)
    peak = np.abs(after[:, RATE : round(2.4 * RATE)])
    assert peak.max() <= 0.9
    assert (peak > 0.99 * peak.max()).mean() < 0.001


@pytest.mark.parametrize("level", Level)
def test_true_peaks_reach_their_level(level):
    after = spoilt("audio.true_peak", blocks(3.0), level, seconds=1.5)
    reached = 20 * np.log10(true_peak(after[:, round(1.1 * RATE) : round(2.4 * RATE)]))
    assert reached == pytest.approx(RECIPES["audio.true_peak"].order(level, 0.0).strength, abs=0.4)


@pytest.mark.parametrize("size", [256, 1024, 30_000])
@pytest.mark.parametrize(("name", "sign"), [("early", 1), ("late", -1)])
@pytest.mark.parametrize("level", Level)
def test_sound_is_early_or_late_to_the_sample(level, name, sign, size):
    clean = blocks(3.0, size=size)
    after, before = spoilt(f"sync.offset:{name}", clean, level), joined(clean)
    lead = sign * round(RECIPES[f"sync.offset:{name}"].order(level, 0.0).strength * RATE)
    part = np.arange(round(1.01 * RATE), round(2.4 * RATE))
    assert (after[:, : RATE + 1] == before[:, : RATE + 1]).all()
    assert after[:, part] == pytest.approx(before[:, part + lead], abs=1e-6)


def test_sound_that_is_early_ends_early():
    after = spoilt("sync.offset:early", blocks(2.0), Level.VERY_NOTICEABLE)
    assert not after[:, round(1.51 * RATE) :].any()


def test_bursts_are_short_and_loud():
    clean = blocks(6.0, dbfs=-60.0)
    after = spoilt("audio.noise:burst", clean)
    level = np.sqrt(np.square(after[0].reshape(-1, RATE // 100)).mean(axis=1))
    is_loud = level > 10 ** (-30 / 20)
    starts = np.flatnonzero(np.diff(is_loud.astype(int)) == 1)
    assert 4 <= len(starts) <= 8
    assert is_loud.sum() == pytest.approx(12 * len(starts), abs=len(starts))
    assert 20 * np.log10(level[is_loud].mean()) == pytest.approx(-22.0, abs=1.0)


@pytest.mark.parametrize("name", ["sync.offset:early", "audio.loudness:loud", "audio.true_peak"])
def test_a_file_without_a_single_block(name):
    assert list(RECIPES[name].apply(iter(()), Order(0.0, 1.0, 1.0))) == []
