import numpy as np
import pytest

from watchglass.kernels import close_up


def test_an_outline_holds_every_extreme_of_whole_columns():
    samples = np.zeros(1000, np.float32)
    samples[333], samples[777] = 0.5, -0.7
    low, high, length = close_up.outline(samples, 100)
    assert (len(low), len(high), length) == (100, 100, 10)
    assert (high[33], low[77]) == (np.float32(0.5), np.float32(-0.7))
    assert (low.sum(), high.sum()) == pytest.approx((-0.7, 0.5))


@pytest.mark.parametrize(("n", "columns"), [(1, 100), (99, 100), (101, 100), (12_345, 320)])
def test_an_outline_of_any_length(n, columns):
    low, high, _ = close_up.outline(np.ones(n, np.float32), columns)
    assert 1 <= len(low) == len(high) <= columns


def test_levels_are_those_of_a_meter():
    tone = np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000).astype(np.float32)
    assert close_up.levels(tone, 480) == pytest.approx(np.full(100, -3.01), abs=0.01)
    assert list(close_up.levels(np.zeros(960, np.float32), 480)) == [-200.0, -200.0]


def test_the_loudest_channels_in_their_own_order():
    samples = np.array([[0.1], [-0.9], [0.3], [0.5]], np.float32)
    assert close_up.loudest(samples, 2) == [1, 3]
    assert close_up.loudest(samples, 9) == [0, 1, 2, 3]


def test_the_worst_spot_is_where_the_wave_is_flat():
    wave = 0.8 * np.sin(np.arange(10_000) / 20)
    cut = wave.copy()
    cut[6000:6500] = np.clip(1.5 * wave[6000:6500], -0.8, 0.8)
    channel, first = close_up.worst_spot(np.stack([wave, cut]).astype(np.float32), 300)
    assert channel == 1
    assert 5900 <= first <= 6300


def test_without_flat_tops_it_is_the_highest_peak():
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 5000)).astype(np.float32)
    samples[1, 4321] = -0.9
    channel, first = close_up.worst_spot(samples, 200)
    assert channel == 1
    assert first <= 4321 < first + 200


@pytest.mark.parametrize("n", [1, 2, 50, 100])
def test_silence_and_short_stretches_have_a_spot(n):
    assert close_up.worst_spot(np.zeros((2, n), np.float32), min(n, 100)) == (0, 0)
