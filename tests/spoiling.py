"""Pictures whose quality is spoilt, for the tests of what judges it."""

import cv2
import numpy as np

from looking import HEIGHT, WIDTH, scene, still


def angular(seed=3, count=800, height=4 * HEIGHT, width=4 * WIDTH):
    """Plain rectangles over one another, with sharp contours: (height, width) uint8."""
    rng, picture = np.random.default_rng(seed), np.full((height, width), 120, np.uint8)
    for _ in range(count):
        top, left = rng.integers(0, height - 8), rng.integers(0, width - 8)
        high, wide = rng.integers(height // 12, height // 5, 2)
        picture[top : top + high, left : left + wide] = rng.integers(40, 200)
    return picture


def blurred(picture, kernel=9):
    return cv2.GaussianBlur(picture, (kernel, kernel), 0)


def grainy(picture, sigma, seed=5):
    noise = np.random.default_rng(seed).normal(0.0, sigma, picture.shape)
    return np.clip(picture + np.rint(noise), 0, 255).astype(np.uint8)


def stepped(picture, step=16):
    return (picture // step * step + step // 2).astype(np.uint8)


def blocky(picture, size=8):
    """Each block has its mean."""
    wide = cv2.copyMakeBorder(picture, 0, -picture.shape[0] % size, 0, -picture.shape[1] % size, cv2.BORDER_REFLECT_101)
    few = cv2.resize(wide, (wide.shape[1] // size, wide.shape[0] // size), interpolation=cv2.INTER_AREA)
    return np.kron(few, np.ones((size, size), np.uint8))[: picture.shape[0], : picture.shape[1]]


def spoilt(spoil, before=2.0, during=2.0, after=2.0, picture=None):
    """A scene with a little noise, spoilt for a while."""
    picture = scene(9) if picture is None else picture
    clip = still(before + during + after, picture, noise=0.8)
    first, last = round(25 * before), round(25 * (before + during))
    return [spoil(each) if first <= n < last else each for n, each in enumerate(clip)]


def dissolved(before, after, pictures, power):
    """One picture for 2 s that goes over into another, which stays; ever faster with a power above 1, slower below."""
    parts = (np.arange(1, pictures) / pictures) ** power
    mixed = [np.rint((1.0 - part) * before + part * after).astype(np.uint8) for part in parts]
    return still(2.0, before, noise=0.5) + mixed + still(2.0, after, noise=0.5)
