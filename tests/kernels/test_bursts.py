import numpy as np
import pytest

from watchglass.kernels.bursts import Bursts


def quiet(seconds=3.0, bands=4):
    """Windows of 10 ms at about -60 dBFS."""
    return (-60.0 + np.random.default_rng(1).uniform(-2.0, 2.0, (round(100 * seconds), bands))).astype(np.float32)


def found(windows, sizes=10):
    kernel = Bursts(windows.shape[1])
    return [
        each
        for at in range(0, len(windows), sizes)
        for each in kernel.feed(windows[at : at + sizes], windows[at : at + sizes].max(axis=1))
    ]


@pytest.mark.parametrize("sizes", [1, 5, 7, 10, 100])
def test_a_burst_is_found_however_it_is_fed(sizes):
    windows = quiet()
    windows[100:120] += 30.0
    [burst] = found(windows, sizes)
    assert (burst.start, burst.length) == pytest.approx((100, 20), abs=1)
    assert burst.edge == pytest.approx(27.0, abs=3.0)


def dying(windows):
    windows[100:120] += np.linspace(40.0, 20.0, 20, dtype=np.float32)[:, None]


def one_band(windows):
    windows[100:120, 3] += 30.0


def coloured(windows):
    windows[100:120] += np.array([40.0, 30.0, 25.0, 20.0], np.float32)


def a_step(windows):
    windows[100:] += 30.0


def too_long(windows):
    windows[50:260] += 30.0


def too_brief(windows):
    windows[100:103] += 30.0


@pytest.mark.parametrize("change", [dying, one_band, coloured, a_step, too_long, too_brief])
def test_what_is_none(change):
    windows = quiet()
    change(windows)
    assert found(windows) == []
