import numpy as np
import pytest

from watchglass.kernels.clicks import Clicks


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_where_it_is(rate):
    sound = 0.01 * np.random.default_rng(1).standard_normal((2, 3 * rate)).astype(np.float32)
    sound[:, int(1.234 * rate)] += 0.9
    kernel, n = Clicks(), rate // 5
    [click] = [each for at in range(0, sound.shape[1], n) for each in kernel.feed(sound[:, at : at + n])]
    assert click.at == pytest.approx(1.234, abs=0.001)
    assert click.prominence > 20.0


def prominences(*, wave, floor=0.003, rate=48_000):
    """Of what is found when ``wave`` is added to noise, after two seconds of it."""
    sound = floor * np.random.default_rng(2).standard_normal((1, 4 * rate)).astype(np.float32)
    sound[0, 2 * rate : 2 * rate + len(wave)] += wave.astype(np.float32)
    kernel, n = Clicks(), rate // 5
    return [each.prominence for at in range(0, sound.shape[1], n) for each in kernel.feed(sound[:, at : at + n])]


def test_what_rings_after_it_stands_out_less():
    tail = 0.1 * np.random.default_rng(3).standard_normal(240) * np.exp(-np.arange(240) / 60.0)
    assert max(prominences(wave=np.concatenate([[0.9], tail]))) < max(prominences(wave=np.array([0.9]))) - 4.0


def test_where_a_sound_ends_there_is_no_click():
    tail = 0.03 * np.random.default_rng(3).standard_normal(48_000)
    tail[-1] = 0.9
    assert max(prominences(wave=tail, floor=1e-6), default=0.0) < 22.0


def test_a_note_that_begins_hard_stands_out_less():
    note = 0.1 * np.sin(2 * np.pi * 440.0 * np.arange(48_000) / 48_000)
    note[0] = 0.9
    assert max(prominences(wave=note)) < max(prominences(wave=np.array([0.9]))) - 10.0


def test_nothing_at_all():
    kernel = Clicks()
    assert [kernel.feed(np.zeros((2, 9_600), np.float32)) for _ in range(5)] == [[]] * 5
