import numpy as np
import pytest

from watchglass.kernels.true_peak import TAPS, true_peak


def peak_of(signal, rate=48_000):
    joined = np.pad(np.atleast_2d(signal), ((0, 0), (0, TAPS))).astype(np.float32)
    return true_peak(joined, np.zeros((len(joined), TAPS - 1), np.float32), rate)


@pytest.mark.parametrize("hertz", [100, 997, 6_000, 12_000, 18_000, 20_000])
@pytest.mark.parametrize("phase", np.linspace(0, np.pi / 2, 5))
def test_a_sine_peaks_at_its_amplitude(hertz, phase):
    n = np.arange(48_000)
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / 4800)
    peak = peak_of(0.5 * fade * np.sin(2 * np.pi * hertz * n / 48_000 + phase))
    assert -0.25 <= 20 * np.log10(peak / 0.5) <= 0.05


def test_leaving_quiet_channels_out_changes_nothing():
    rng = np.random.default_rng(4)
    for gain in (0.01, 0.3, 0.5, 0.9, 1.0):
        loud, other = rng.uniform(-1, 1, 2000), gain * rng.uniform(-1, 1, 2000)
        assert peak_of([loud, other]) == max(peak_of(loud), peak_of(other))


def test_never_below_the_samples_and_nothing_for_nothing():
    impulse = np.zeros(100)
    impulse[50] = -0.7
    assert peak_of(impulse) == pytest.approx(0.7)
    assert peak_of(np.zeros(100)) == 0.0


@pytest.mark.parametrize("rate", [48_000, 96_000, 192_000])
def test_higher_rates_are_oversampled_less(rate):
    n = np.arange(4000)
    wave = np.sin(np.pi * n / 2 + np.pi / 4) * np.minimum(1.0, np.minimum(n, n[::-1]) / 500)
    assert peak_of(wave, rate) == pytest.approx(1.0 if rate < 192_000 else np.sqrt(0.5), abs=0.02)
