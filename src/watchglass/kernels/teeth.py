"""The teeth of two moments woven line by line, counted on a few bands of lines.

Where something moved between the moments, a line is unlike both of its neighbours and like the lines beyond them. Fine
detail does that too, but it stays where it is or is as common from column to column as from line to line.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

BANDS, LINES = 16, 5
"""Bands of the picture that are looked at, and lines in each."""
APART = 1.5
"""Times by which lines of unlike parity must differ more than lines of the same parity."""
FEW = 20
"""Teeth below which they are chance in a small picture: an encoder's noise makes them in a row or two of a block.

With fewer pixels moving, these would be a large share of them.
"""
IN_ONE = 0.9
"""Share of the teeth that one band may hold: more are an edge that rings in its block."""
STANDING = 0.5
"""New teeth for which each that stands makes up: stripes come and go where something passes in front of them."""
OFTENER = 2
"""Times as many teeth from column to column are detail and no teeth from line to line."""

Lines = NDArray[np.int16]


class Bands(NamedTuple):
    """Some lines of a picture."""

    lines: tuple[Lines, ...]
    """The five lines of each band: (bands, width) each, 8-bit code values."""
    teeth: Lines
    """How far lines of one parity are above those of the other, six times: (bands, width)."""


def bands(luma: Plane, bit_depth: int = 8) -> Bands | None:
    """Bands of lines all over a picture, in memory of their own; None if it is too small for one.

    Args:
        luma: (H, W) code values.
        bit_depth: Significant bits of a code value.
    """
    room = luma.shape[0] - LINES + 1
    if room < 1 or luma.shape[1] < LINES:
        return None
    step = max(LINES + 1, -(-room // BANDS))
    rows = (luma[first : first + room : step] for first in range(LINES))
    lines = tuple((each if bit_depth == 8 else each >> (bit_depth - 8)).astype(np.int16) for each in rows)
    return Bands(lines, _alternation(*lines))


def combed_share(now: Bands, before: Bands, height: float, least: float) -> float:
    """Share of what moved between two pictures that is teeth in the later one, 0 to 1.

    Args:
        now: Bands of a picture.
        before: The same bands of one shortly before.
        height: Code values from which an alternation of lines may be a tooth.
        least: Share of all pixels below which teeth are chance.
    """
    enough = max(FEW, least * now.teeth.size)
    if np.count_nonzero(np.abs(now.teeth) > np.int16(6 * height)) < enough:  # mostly: the rest is dearer
        return 0.0
    are_teeth = _are_teeth(now.teeth, now.lines, height)
    by_band = np.count_nonzero(are_teeth, axis=1)
    all_of_them = int(by_band.sum())
    if all_of_them < enough or (by_band.size > 1 and by_band.max() > IN_ONE * all_of_them):
        return 0.0
    new = _new(are_teeth, now.teeth, before.teeth)
    count = new - STANDING * (all_of_them - new)
    if count < enough:
        return 0.0
    across, across_before = _columns(now.lines[2]), _columns(before.lines[2])
    alternation = _alternation(*across)
    across_count = _new(_are_teeth(alternation, across, height), alternation, _alternation(*across_before))
    count -= OFTENER * across_count
    if count < enough:
        return 0.0
    moved = np.abs(now.lines[2] - before.lines[2]) > height
    moved |= np.abs(now.lines[1] - before.lines[1]) > height
    return min(1.0, float(count) / max(1, int(np.count_nonzero(moved))))


def _alternation(a: Lines, b: Lines, c: Lines, d: Lines, e: Lines) -> Lines:
    """Six times the mean of the odd ones less that of the even ones."""
    return 2 * (a + c + e) - 3 * (b + d)


def _are_teeth(alternation: Lines, lines: tuple[Lines, ...], height: float) -> NDArray[np.bool_]:
    """Where lines alternate, and far more than lines of the same parity differ."""
    a, b, c, d, e = lines
    alike = np.maximum(np.maximum(np.abs(a - c), np.abs(c - e)), np.abs(b - d))
    strong: NDArray[np.bool_] = np.abs(alternation) > np.maximum(np.int16(6 * height), np.int16(6 * APART) * alike)
    return strong


def _new(are_teeth: NDArray[np.bool_], now: Lines, before: Lines) -> int:
    """How many of them were not there before: what stands is stripes."""
    at = np.flatnonzero(are_teeth)
    here = now.ravel()[at]
    return int(np.count_nonzero(2 * np.abs(here - before.ravel()[at]) > np.abs(here)))


def _columns(line: Lines) -> tuple[Lines, ...]:
    """Five neighbours in a line, as if they were lines."""
    wide = line.shape[1] - LINES + 1
    return tuple(line[:, first : first + wide] for first in range(LINES))
