import numpy as np
import pytest

from watchglass.kernels.sound import hops
from watchglass.kernels.stereo import pair

RATE = 48_000
NOISE = np.random.default_rng(1).standard_normal((2, 4800)).astype(np.float32) * 0.1


def compared(left, right):
    return pair(left, right, hops(np.stack([left, right]), RATE), (0, 1))


@pytest.mark.parametrize(
    ("right", "correlation"),
    [
        pytest.param(NOISE[0], 1.0, id="the same"),
        pytest.param(-0.3 * NOISE[0], -1.0, id="opposite, softer"),
        pytest.param(NOISE[1], 0.0, id="nothing in common"),
        pytest.param(np.zeros_like(NOISE[0]), 0.0, id="nothing there"),
        pytest.param(NOISE[0] + 0.5, 1.0, id="with an offset"),
    ],
)
def test_correlation(right, correlation):
    found = compared(NOISE[0], right.astype(np.float32))
    assert found.seconds == pytest.approx(0.05)
    assert found.correlation == pytest.approx(np.full(2, correlation), abs=0.06)
    assert found.level == pytest.approx(np.full(2, -20.0), abs=0.5)


def test_hardly_any_samples():
    assert compared(NOISE[0, :0], NOISE[0, :0]).correlation.shape == (0,)
    assert compared(NOISE[0, :1], NOISE[0, :1]).correlation.shape == (1,)
