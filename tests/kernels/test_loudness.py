import numpy as np
import pytest

from watchglass.kernels.loudness import FLOOR, Histogram, Meter, channel_weights, k_weighting, lufs


def test_k_weighting_equals_the_printed_coefficients_at_48_khz():
    printed = [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
    assert k_weighting(48_000) == pytest.approx(np.array(printed), abs=1e-6)


@pytest.mark.parametrize(
    ("layout", "channels", "weights"),
    [
        (("FC",), 1, [1.0]),
        (("FL", "FR"), 2, [1.0, 1.0]),
        (("FL", "FR", "FC", "LFE", "BL", "BR"), 6, [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]),
        (("FL", "FR", "FC", "LFE", "SL", "SR"), 6, [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]),
        (("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"), 8, [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41]),
        ((), 6, [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]),
        ((), 32, [1.0] * 32),
    ],
)
def test_channel_weights(layout, channels, weights):
    assert channel_weights(layout, channels) == pytest.approx(weights, abs=0.003)


def test_nothing_is_the_floor():
    assert lufs(np.zeros(2)) == pytest.approx([FLOOR, FLOOR])


def test_gating_by_histogram_equals_gating_by_list():
    rng = np.random.default_rng(2)
    powers = 10 ** (rng.normal(-3.0, 1.2, 20_000))
    histogram = Histogram()
    histogram.add(powers)
    heard = powers[lufs(powers) >= -70.0]
    kept = heard[lufs(heard) >= lufs(heard.mean()) - 10.0]
    assert histogram.integrated() == pytest.approx(float(lufs(kept.mean())), abs=0.005)
    loud = np.sort(lufs(heard[lufs(heard) >= lufs(heard.mean()) - 20.0]))
    expected = np.quantile(loud, 0.95) - np.quantile(loud, 0.10)
    assert histogram.loudness_range() == pytest.approx(expected, abs=0.03)


def test_silence_has_neither_loudness_nor_range():
    meter = Meter(48_000, np.ones(2))
    for _ in range(50):
        heard = meter.add(np.zeros((2, 4800), np.float32), 10)
    assert heard.momentary == pytest.approx([FLOOR] * 10)
    assert meter.blocks.integrated() is None
    assert meter.short_terms.loudness_range() is None


@pytest.mark.parametrize("rate", [11_025, 22_050, 48_000])
def test_a_gap_clears_the_windows_but_not_the_programme(rate):
    tone = (0.1 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)).astype(np.float32)[None]
    meter = Meter(rate, np.ones(1))
    meter.add(tone, 100)
    before = meter.blocks.integrated()
    meter.restart()
    after = meter.add(tone[:, : rate // 10], 10)
    assert np.isnan(after.momentary).all()
    assert meter.blocks.integrated() == before == pytest.approx(-23.0, abs=0.1)


def test_a_new_format_goes_on_with_the_programme():
    first = Meter(48_000, np.ones(1))
    first.add(np.full((1, 48_000), 0.1, np.float32) * (-1) ** np.arange(48_000, dtype=np.float32), 100)
    assert Meter(44_100, np.ones(2), first).blocks.integrated() == first.blocks.integrated()
