import numpy as np
import pytest

from watchglass.kernels.true_peak import TAPS, true_peak


def peak_of(signal, rate=48_000):
    joined = np.pad(np.atleast_2d(signal), ((0, 0), (0, TAPS))).astype(np.float32)
    [peak] = true_peak(joined, np.zeros((len(joined), TAPS - 1), np.float32), rate)
    return peak


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


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_frames_that_are_measured_together_peak_as_each_does_alone(channels):
    rng = np.random.default_rng(3)
    levels = np.array([1.0, 0.01, 0.0, 0.5, 0.2], np.float32).repeat(4800)
    samples = rng.standard_normal((channels, levels.size)).astype(np.float32) * levels
    samples *= np.array([1.0, 0.1, 0.02, 0.001, 0.5, 0.3], np.float32)[:channels, None]
    before, alone = np.zeros((channels, TAPS - 1), np.float32), []
    for frame in np.split(samples, 5, axis=1):
        alone += true_peak(frame, before, 48_000)
        before = frame[:, -TAPS + 1 :]
    together = true_peak(samples, np.zeros((channels, TAPS - 1), np.float32), 48_000, 5)
    assert together == pytest.approx(alone, rel=1e-5)
