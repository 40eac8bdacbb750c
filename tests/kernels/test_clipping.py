import numpy as np
import pytest

from listening import sine
from watchglass.kernels.clipping import NOTHING, overload, shapes

RATE = 48_000


def wave(hertz, gain=1.0):
    return np.clip(sine(0.1, 0.0, hertz=hertz, channels=1)[0] * np.float32(gain), -1.0, 1.0)


def squareness(signal, top):
    [found], _ = shapes(signal[None], np.array([top], np.float32))
    return found


@pytest.mark.parametrize("hertz", [50.0, 440.0, 2000.0])
@pytest.mark.parametrize(
    ("gain", "expected"), [(1.0, 3.7), (1.41, 7.1), (2.0, 12.1), (4.0, 28.0)], ids=["sine", "3 dB", "6 dB", "12 dB"]
)
def test_a_cut_sine_is_square_at_any_pitch(hertz, gain, expected):
    assert squareness(wave(hertz, gain), 1.0) == pytest.approx(expected, rel=0.15)


def test_squareness_does_not_depend_on_the_level():
    assert squareness(wave(300.0, 2.0) * np.float32(0.01), 0.01) == pytest.approx(
        squareness(wave(300.0, 2.0), 1.0), 1e-4
    )


def test_a_triangle_is_less_square_than_a_sine():
    assert squareness((2.0 / np.pi * np.arcsin(wave(300.0))).astype(np.float32), 1.0) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros((2, 4800), np.float32), id="nothing"),
        pytest.param(np.eye(1, 4800, 2000, dtype=np.float32), id="a click in silence"),
    ],
)
def test_no_wave_no_signs(samples):
    assert overload(samples) == [NOTHING]


@pytest.mark.parametrize("level", [1.0, -0.5])
def test_a_constant_has_no_tops(level):
    [found] = overload(np.full((1, 4800), level, np.float32))
    assert found.squareness == 0.0


def test_flat_tops_of_the_channel_that_has_them():
    clean, cut = wave(300.0) * np.float32(0.9), wave(300.0, 2.0) * np.float32(0.7)
    [found] = overload(np.stack([clean, cut]))
    assert found.flat_share == pytest.approx(2 / 3, abs=0.02)
    assert overload(clean[None])[0].flat_share == 0.0


def test_a_hiss_on_a_wave_does_not_make_it_square():
    hiss = np.random.default_rng(5).standard_normal(4800).astype(np.float32) * 0.03
    assert squareness(wave(30.0) + hiss, 1.0) < 6.0


def test_what_is_beyond_full_scale():
    [found] = overload(wave(300.0)[None] * np.float32(1.2))
    assert found.over_share == pytest.approx(1.0 - 2.0 / np.pi * np.arcsin(1.0 / 1.2), abs=0.02)
    assert overload(wave(300.0)[None])[0].over_share == 0.0


@pytest.mark.parametrize("ceiling", [1.0, 0.5, 0.1])
def test_samples_crowd_where_noise_was_cut_below_the_ripple_of_a_codec(ceiling):
    rng = np.random.default_rng(4)
    noise, ripple = rng.standard_normal((2, 1, 4800)).astype(np.float32)
    [found] = overload(ceiling * (np.clip(noise, -1.0, 1.0) + 0.1 * ripple))
    assert found.ledge == pytest.approx(20.0 * np.log10(ceiling), abs=0.5)
    assert found.top > found.ledge + 1.0
    assert found.crowding > 2.0
    assert overload(noise * 0.2)[0].crowding < 1.0


def test_the_tops_of_a_tone_are_alike_and_those_of_noise_are_not():
    assert overload(wave(300.0)[None] * np.float32(0.7))[0].spread < 0.05
    assert overload(np.random.default_rng(4).standard_normal((1, 4800)).astype(np.float32) * 0.2)[0].spread > 0.8


def test_frames_that_are_measured_together_show_what_each_shows_alone():
    rng = np.random.default_rng(8)
    loud, cut, silent = (
        rng.standard_normal((2, 4800)),
        np.clip(rng.standard_normal((2, 4800)) * 3, -1, 1),
        np.zeros((2, 4800)),
    )
    frames = [frame.astype(np.float32) for frame in (loud, cut, silent, np.stack([wave(300.0), wave(50.0, 2.0)]))]
    alone = [overload(frame)[0] for frame in frames]
    for together, one in zip(overload(np.concatenate(frames, axis=1), len(frames)), alone, strict=True):
        assert together == pytest.approx(one, rel=1e-5)
