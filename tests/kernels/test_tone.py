import numpy as np
import pytest

from listening import programme, silence, sine
from watchglass.kernels.tone import tones

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [100.0, 400.0, 997.0, 1900.0])
def test_a_sine_is_known_by_frequency_and_level(hertz, rate):
    [tone] = tones(sine(0.05, -20.0, hertz=hertz, rate=rate), rate)
    assert tone.purity == pytest.approx(1.0, abs=1e-3)
    assert tone.frequency == pytest.approx(hertz, rel=5e-4)
    assert tone.level == pytest.approx(-23.0, abs=0.1)


def test_several_frames_are_the_same_as_each():
    sound = np.concatenate([sine(0.05, -20.0), programme(0.05), sine(0.05, -30.0, hertz=400.0)], axis=1)
    together = tones(sound, 48_000, 3)
    alone = [tones(part, 48_000)[0] for part in np.split(sound, 3, axis=1)]
    assert np.array(together) == pytest.approx(np.array(alone), abs=1e-3)


@pytest.mark.parametrize("decibels", [10.0, 20.0, 30.0])
def test_what_is_beside_it_counts_against_it(decibels):
    rng = np.random.default_rng(2)
    noise = 10 ** ((-23.0 - decibels) / 20) * rng.standard_normal((2, 2400)).astype(np.float32)
    [tone] = tones(sine(0.05, -20.0) + noise, 48_000)
    assert 1.0 - tone.purity == pytest.approx(10 ** (-decibels / 10), rel=0.25)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(silence(0.05), id="silence"),
        pytest.param(sine(0.05, -70.0), id="faint"),
        pytest.param(programme(0.05), id="programme"),
        pytest.param(silence(0.05) + np.float32(0.5), id="offset"),
        pytest.param(sine(0.05, 0.0)[:, :4], id="hardly any samples"),
    ],
)
def test_no_tone(sound):
    assert tones(sound, 48_000)[0].purity < 0.9
