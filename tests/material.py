"""Pictures and sound as recipes are given them, of every shape that files have."""

import numpy as np

from looking import scene
from watchglass.faults.recipe import Picture, Samples

SHAPES = {
    "4:2:0": {},
    "10 bits, 4:2:2": {"depth": 10, "subsampling": (1, 2)},
    "4:4:4": {"subsampling": (1, 1)},
    "grey": {"subsampling": None},
    "odd sides": {"size": (97, 131)},
    "full range, BT.709": {"full_range": True, "bt709": True},
    "variable rate": {"step": lambda n: 0.02 + 0.05 * (n % 3 == 0)},
}


def pictures(count=50, *, size=(96, 160), depth=8, subsampling=(2, 2), step=lambda n: 0.04, **facts):
    """A camera that pans over a scene: a list of pictures with planes of their own."""
    height, width = size
    wide = scene(3, width=width + 3 * count, height=height)
    colour = scene(4, width=width + 3 * count, height=height)
    made, pts = [], 0.0
    for number in range(count):
        view = np.s_[:, 2 * number : 2 * number + width]
        planes = [wide[view]]
        if subsampling:
            down, across = subsampling
            planes += [colour[view][::down, ::across], 255 - colour[view][::down, ::across]]
        dtype = np.uint8 if depth == 8 else np.uint16
        stored = [plane.astype(dtype) << (depth - 8) for plane in planes]
        made.append(Picture(stored, pts, number, depth, **facts))
        pts += step(number)
    return made


def blocks(seconds=3.0, *, channels=2, rate=48_000, size=1024, dbfs=-20.0, seed=1):
    """Something like a programme, another on each channel, in blocks: noise whose level swells and falls."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    swell = 1.0 + 0.5 * np.sin(2.0 * np.pi * 3.0 * np.arange(count) / rate)
    wave = rng.standard_normal((channels, count)) * swell * 10 ** (dbfs / 20) / 1.1
    wave = wave.astype(np.float32)
    return [Samples(wave[:, at : at + size].copy(), at, rate) for at in range(0, count, size)]


def copied(items):
    """The same again, for a recipe that writes into what it is given."""
    for item in items:
        if isinstance(item, Picture):
            yield item.with_planes([plane.copy() for plane in item.planes])
        else:
            yield Samples(item.values.copy(), item.first, item.rate)


def joined(samples):
    """(channels, n) of a whole run."""
    return np.concatenate([block.values for block in samples], axis=1)
