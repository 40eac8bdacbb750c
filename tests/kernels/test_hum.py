import numpy as np
import pytest

from listening import programme, silence, sine
from watchglass.kernels.hum import HARMONICS, HOP, MAINS, lines, steadiness

RATE = 48_000


def hummed(mains, seconds=1.6, dbfs=-40.0, rate=RATE):
    """Three lines, of equal level."""
    return sum(sine(seconds, dbfs, hertz=k * mains, rate=rate) for k in (1, 2, 3))


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("mains", MAINS)
def test_each_line_has_its_amplitude(mains, rate):
    found = lines(hummed(mains, rate=rate), rate, 8)
    assert found.shape == (8, 2, HARMONICS)
    own = np.abs(found[:, MAINS.index(mains)])
    assert own[:, :3] == pytest.approx(np.full((8, 3), 0.01), rel=0.03)
    assert own[:, 3:].max() < 2e-4


@pytest.mark.parametrize("mains", [50.0, 60.0, 50.06, 59.93])
def test_hum_is_steady_also_where_mains_are_a_little_off(mains):
    sound = hummed(mains) + programme(1.6, level=-30.0)
    fifty, sixty = steadiness(lines(sound, RATE, 8))
    hum, other = (fifty, sixty) if mains < 55.0 else (sixty, fifty)
    assert hum.evidence > 1.8
    assert hum.level == pytest.approx(-38.2, abs=1.5)
    assert other.evidence < 1.4


@pytest.mark.parametrize("sound", [programme(8.0), silence(8.0), sine(8.0, -20.0, hertz=49.0)], ids=range(3))
def test_what_is_not_steady(sound):
    rows = lines(sound, RATE, round(8.0 / HOP))
    assert max(hum.evidence for at in range(32) for hum in steadiness(rows[at : at + 8])) < 1.4
