import cv2
import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.teeth import bands, combed_share

FIRST, *_, LATER = moving(0.2, speed=3)


def woven(now, then):
    both = now.copy()
    both[1::2] = then[1::2]
    return both


def share(now, before, height=8.0, least=0.0002, depth=8):
    one, other = bands(now, depth), bands(before, depth)
    return combed_share(one, other, height, least)


def test_two_moments_in_one_picture():
    assert share(woven(LATER, FIRST), FIRST) > 0.2


def test_one_moment_is_none():
    assert share(LATER, FIRST) == 0.0


def test_ten_bits_are_brought_to_eight():
    deep = [(plane.astype(np.uint16) << 2) for plane in (woven(LATER, FIRST), FIRST)]
    assert share(*deep, depth=10) == share(woven(LATER, FIRST), FIRST)


def test_stripes_that_stand_do_not_count():
    striped = scene()
    striped[1::2] //= 2
    moved = striped.copy()
    moved[:, :80] = np.roll(moved[:, :80], 3, axis=1)
    assert share(moved, striped) < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_noise_alternates_both_ways(seed):
    rng = np.random.default_rng(seed)
    one, other = (np.clip(rng.normal(120, 30, (270, 480)), 0, 255).astype(np.uint8) for _ in range(2))
    assert share(one, other) < 0.02


def test_few_teeth_are_chance():
    assert share(woven(LATER, FIRST), FIRST, least=0.9) == 0.0


def test_two_or_three_teeth_are_an_encoders_noise():
    noisy = FIRST.copy()
    noisy[4::10, 80] += 60
    assert share(noisy, FIRST) == 0.0


@pytest.mark.parametrize(("rows", "are_teeth"), [(slice(None), True), (slice(24, 30), False)])
def test_teeth_of_one_band_are_an_edge_that_rings(rows, are_teeth):
    rung = FIRST.copy()
    rung[rows] = woven(LATER, FIRST)[rows]
    assert (share(rung, FIRST) > 0.0) == are_teeth


def test_bands_cover_the_picture_whatever_its_size():
    tall = cv2.resize(scene(), (64, 1080))
    assert len(bands(tall).teeth) == 16
    assert len(bands(scene()[:11]).teeth) == 2
    assert bands(scene()[:4]) is None
    assert bands(scene()[:, :4]) is None
