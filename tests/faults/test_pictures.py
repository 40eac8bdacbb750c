import numpy as np
import pytest

from watchglass.faults.pictures import DARK, FADE, FRAME_RATE, LOOP_SECONDS, SLIDE, Rundown

SMALL = (160, 90)


@pytest.fixture(scope="module")
def rundown():
    return Rundown(0, SMALL)


def luma(rundown, t):
    return rundown.picture(round(t * FRAME_RATE)).y


def test_planes_are_limited_range_420(rundown):
    picture = rundown.picture(100)
    assert picture.y.shape == (90, 160)
    assert picture.u.shape == picture.v.shape == (45, 80)
    assert picture.y.min() >= 16
    assert picture.y.max() <= 235


@pytest.mark.parametrize("t", [1.0, 5.0, 10.0, 13.0, 17.0, 19.5, 26.0, 30.0, 33.0, 38.0])
def test_scenes_move(rundown, t):
    change = np.abs(luma(rundown, t + 0.2).astype(int) - luma(rundown, t)).mean()
    assert change > 2.0


@pytest.mark.parametrize("t", [2.0, 11.0, 17.0, 34.0])
def test_scenes_have_the_spectrum_of_nature(rundown, t):
    """Amplitude falls with frequency: a test pattern or plain noise would not."""
    spectrum = np.abs(np.fft.fft2(luma(rundown, t).astype(float)))
    radius = np.hypot(np.fft.fftfreq(90)[:, None], np.fft.fftfreq(160)[None, :])
    low, high = (spectrum[(radius > a) & (radius < b)].mean() for a, b in ((0.02, 0.06), (0.2, 0.3)))
    assert low > 4 * high > 0


def test_the_slide_stands_still(rundown):
    first = luma(rundown, SLIDE[0])
    assert all((luma(rundown, t) == first).all() for t in np.arange(*SLIDE, 0.28))


def test_the_night_is_dark_but_not_black(rundown):
    for t in np.arange(*DARK, 0.5):
        picture = luma(rundown, t)
        assert picture.mean() < 70
        assert (picture <= 31).mean() < 0.9


def test_the_fade_reaches_black_for_less_than_half_a_second(rundown):
    black = [(luma(rundown, t) <= 31).mean() >= 0.98 for t in np.arange(FADE[0] - 1, FADE[1] + 1, 1 / FRAME_RATE)]
    assert 0.1 < sum(black) / FRAME_RATE < 0.5


def test_the_loop_begins_again_and_a_seed_draws_another_town(rundown):
    assert (rundown.picture(30).y == rundown.picture(30 + FRAME_RATE * LOOP_SECONDS).y).all()
    assert (rundown.picture(30).y == Rundown(0, SMALL).picture(30).y).all()
    assert (rundown.picture(30).y != Rundown(1, SMALL).picture(30).y).mean() > 0.5
