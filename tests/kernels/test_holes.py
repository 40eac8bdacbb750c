import numpy as np
import pytest

from watchglass.kernels.holes import Holes


def found(sound, rate):
    kernel, n = Holes(rate), rate // 10
    return [hole for at in range(0, sound.shape[1] - n + 1, n) for hole in kernel.feed(sound[:, at : at + n])]


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_where_and_how_long(rate):
    sound = 0.1 * np.random.default_rng(1).standard_normal((2, 3 * rate)).astype(np.float32)
    sound[:, int(1.234 * rate) : int(1.434 * rate)] = 0.0
    [hole] = found(sound, rate)
    assert (hole.start, hole.length) == (pytest.approx(1234, abs=2), pytest.approx(200, abs=2))
    assert hole.beside == pytest.approx(-20.0, abs=1.0)
    assert hole.edge > 50.0
    assert hole.unlike < 6.0


def test_the_floor_leaves_holes_out():
    sound = 0.1 * np.random.default_rng(1).standard_normal((1, 3 * 48_000)).astype(np.float32)
    sound[:, 60_000:63_000] = 0.0
    kernel = Holes(48_000)
    for at in range(0, sound.shape[1], 4_800):
        kernel.feed(sound[:, at : at + 4_800])
    assert kernel.floor() == pytest.approx(-20.0, abs=1.5)
