"""Where a ticker or a clock may move while the rest of the picture stands still, and where there is no picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import TILE_COLUMNS, TILE_ROWS

BLACK, BARE = 20.0, 0.7
"""Mean of a tile up to which it is black, and the share of a row or column that must be, for no picture to be there."""


class Rest(NamedTuple):
    """The picture without the strip or corner that leaves the stillest rest."""

    busiest: float
    """The busiest tile of it, in the unit of the tiles."""
    tiles: NDArray[np.float32]
    """All of them, (n,)."""
    where: NDArray[np.intp] | slice
    """Which of the flattened tiles they are."""


def rest(tiles: NDArray[np.float32]) -> Rest:
    """What is left of (9, 16) tiles without the strip or corner that leaves the stillest rest.

    A picture too small for that many tiles has no strips: all of it is the rest.
    """
    if tiles.shape != (TILE_ROWS, TILE_COLUMNS):
        return Rest(float(tiles.max()), tiles.ravel(), slice(None))
    flat = tiles.ravel()
    busiest = np.maximum.reduce(flat * _OUTSIDE, axis=1)
    strip = int(busiest.argmin())
    return Rest(float(busiest[strip]), flat.take(_TILES[strip]), _TILES[strip])


def busiest_outside(tiles: NDArray[np.float32]) -> float:
    """The busiest tile outside the strip or corner that leaves the stillest rest."""
    if tiles.shape != (TILE_ROWS, TILE_COLUMNS):
        return float(tiles.max())
    return float(np.maximum.reduce(tiles.ravel() * _OUTSIDE, axis=1).min())


def wandered(before: NDArray[np.float32], lately: NDArray[np.float32], moving: float) -> float:
    """Share of what moves lately, or moved before, by more than ``moving``, that is not in the same tiles.

    0 where nothing moved in one of them.
    """
    before, lately = (np.where(each > moving, each, 0.0) for each in (before, lately))
    least = min(float(before.sum()), float(lately.sum()))
    return 1.0 - float(np.minimum(before, lately).sum()) / least if least else 0.0


def inside(means: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the (rows, columns) tiles, flattened, lie inside of black at the sides that holds no more than a logo.

    None where all of it is black.
    """
    black = means <= BLACK
    if not black.any():
        return np.ones(means.size, np.bool_)
    lit = [np.flatnonzero(black.mean(axis=axis) < BARE) for axis in (1, 0)]
    held = np.zeros(means.shape, np.bool_)
    if all(side.size for side in lit):
        (top, bottom), (left, right) = ((side[0], side[-1] + 1) for side in lit)
        held[top:bottom, left:right] = True
    return held.ravel()


def _outside() -> NDArray[np.float32]:
    """1 outside: nowhere, bottom third, top two ninths, four corners, bottom with an upper corner: (9, tiles)."""
    inside = np.zeros((9, TILE_ROWS, TILE_COLUMNS), bool)
    bottom, top = slice(-3, None), slice(0, 3)
    left, right = slice(0, 5), slice(-5, None)
    inside[1, bottom] = True
    inside[2, :2] = True
    for index, (rows, columns) in enumerate(((top, left), (top, right), (bottom, left), (bottom, right)), start=3):
        inside[index, rows, columns] = True
    inside[7:, bottom] = True
    inside[7, top, left] = True
    inside[8, top, right] = True
    return (~inside).reshape(9, -1).astype(np.float32)


_OUTSIDE = _outside()
_TILES = tuple(np.flatnonzero(row) for row in _OUTSIDE)
