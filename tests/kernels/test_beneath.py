import numpy as np
import pytest

from watchglass.kernels.beneath import WINDOWS, floor, levels


def white(seconds, rate, dbfs=-30.0):
    return 10.0 ** (dbfs / 20.0) * np.random.default_rng(1).standard_normal((1, round(seconds * rate))).astype(
        np.float32
    )


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_white_noise_is_even_and_steady(rate):
    found = floor(levels(white(2.0, rate), rate, 40), rate)
    assert found.level == pytest.approx(-30.0, abs=2.5)
    assert found.uneven < 4.0
    assert found.grain < 2.0


def test_what_comes_and_goes_on_top_of_it_does_not_matter():
    sound = white(2.0, 48_000)
    alone = floor(levels(sound, 48_000, 40), 48_000)
    sound[:, 10_000:60_000] += white(50_000 / 48_000, 48_000, -6.0)
    assert floor(levels(sound, 48_000, 40), 48_000).level == pytest.approx(alone.level, abs=1.0)


def test_silence():
    windows = levels(np.zeros((2, 9_600), np.float32), 48_000, 4)
    assert windows.shape == (4 * WINDOWS, 4)
    assert floor(windows, 48_000).level < -150.0
