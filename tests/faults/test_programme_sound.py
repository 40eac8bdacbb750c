import numpy as np
import pytest

from watchglass.faults.pictures import LOOP_SECONDS
from watchglass.faults.programme_sound import QUIET, RATE, loop


@pytest.fixture(scope="module")
def sound():
    return loop(0)


def levels(sound, hop=0.05):
    """dBFS RMS of the louder channel, by hop."""
    n = round(hop * RATE)
    power = (sound[:, : sound.shape[1] // n * n].reshape(2, -1, n) ** 2).mean(axis=2)
    return 10 * np.log10(power.max(axis=0) + 1e-20)


def test_shape_and_headroom(sound):
    assert sound.shape == (2, LOOP_SECONDS * RATE)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() < 10 ** (-3 / 20)


def test_about_the_loudness_of_broadcasts(sound):
    """RMS over all that is not quiet; the exact LUFS figure is in the page of the demo."""
    loud = levels(sound, 0.4)
    assert -27 < 10 * np.log10((10 ** (loud[loud > -40] / 10)).mean()) < -20


def test_quiet_is_room_tone_and_never_two_seconds_below_60(sound):
    first, last = (round(t * RATE) for t in QUIET)
    quiet = levels(sound[:, first:last])
    assert -70 < quiet.min() < -60
    low, longest = 0, 0
    for level in levels(sound):
        low = low + 1 if level < -60 else 0
        longest = max(longest, low)
    assert 1.0 < longest * 0.05 < 1.9


def test_both_sides_are_alive(sound):
    left, right = (10 * np.log10((side.reshape(LOOP_SECONDS, -1) ** 2).mean(axis=1)) for side in sound)
    assert np.abs(left - right).max() < 6


def test_a_seed_draws_it():
    assert (loop(3) == loop(3)).all()
    assert (loop(3) != loop(4)).any()
