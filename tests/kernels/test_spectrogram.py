import cv2
import numpy as np
import pytest

from watchglass.kernels import spectrogram


def picture(samples, rate):
    drawn = spectrogram.draw(samples.astype(np.float32), rate)
    pixels = cv2.imdecode(np.frombuffer(drawn.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (drawn.height, drawn.width, 3)
    return pixels.sum(axis=2), drawn.highest


@pytest.mark.parametrize("hertz", [50.0, 440.0, 1000.0, 12_000.0])
def test_a_tone_is_a_line_at_its_frequency(hertz):
    rate = 48_000
    light, highest = picture(0.5 * np.sin(2 * np.pi * hertz * np.arange(3 * rate) / rate), rate)
    row = int(light[:, 100:-100].mean(axis=1).argmax())
    found = highest * (spectrogram.LOWEST / highest) ** ((row + 0.5) / len(light))
    assert found == pytest.approx(hertz, rel=0.15 if hertz > 100 else 0.25)


def test_a_burst_is_where_it_is():
    samples = np.zeros(96_000)
    samples[48_000:57_600] = 0.3 * np.random.default_rng(1).standard_normal(9600)
    light, _ = picture(samples, 48_000)
    columns = light.mean(axis=0)
    assert 235 <= columns.argmax() <= 293
    assert columns[:200].max() < 0.2 * columns.max()


@pytest.mark.parametrize(("n", "rate"), [(1, 48_000), (100, 8_000), (5_000, 192_000)])
def test_short_stretches_and_all_rates(n, rate):
    light, highest = picture(np.zeros(n), rate)
    assert light.mean() < 30
    assert highest == min(20_000, rate / 2)
