import numpy as np
import pytest

from watchglass.kernels.clicks import Clicks


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_where_it_is(rate):
    sound = 0.01 * np.random.default_rng(1).standard_normal((2, 3 * rate)).astype(np.float32)
    sound[:, int(1.234 * rate)] += 0.9
    kernel, n = Clicks(), rate // 10
    [click] = [each for at in range(0, sound.shape[1], n) for each in kernel.feed(sound[:, at : at + n])]
    assert click.at == pytest.approx(1.234, abs=0.001)
    assert click.prominence > 20.0
