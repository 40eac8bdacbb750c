"""Where the picture is, and where there is only black around it."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SKIP = 2
"""Lines at the very edge that do not count: encoders and old tapes leave things there."""
LIT = 0.15
"""Share of a line that must be brighter than black for the picture to begin there; a logo or a ticker is less."""
BELONG = 4
"""Lines inside of an edge that show whether it is straight."""
EVEN, EVEN_PART = 0.02, 0.15
"""How far two opposite borders may differ: so much of the side, or such a part of them."""
ACROSS, DOWN = 48, 27
"""Size to which pictures are brought before they are compared."""
HALF = 0.5
"""Part of the unlikeness in its place that squeezing must leave."""
CLEARLY, SHARP = 12.0, 0.6
"""Code values above black, and share of an edge, that tell a mask from a shadow."""
FLAT = 2.5
"""Standard deviation, code values, below which there is nothing to compare."""


class Borders(NamedTuple):
    """Black around the picture, as shares of its height and its width."""

    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0

    @property
    def area(self) -> float:
        """Share of the whole that is black."""
        return 1.0 - max(0.0, 1.0 - self.top - self.bottom) * max(0.0, 1.0 - self.left - self.right)

    def beyond(self, other: "Borders") -> float:
        """How much wider the widest of them has become, at most."""
        return max(now - before for now, before in zip(self, other, strict=True))


NO_BORDERS = Borders()


class Change(NamedTuple):
    """How borders came, from one picture to the next."""

    likeness: float
    """Correlation of what is shown now with what was shown before, squeezed or behind a mask: 1 is the same picture."""
    straight: float
    """Least share of a new edge along which the picture begins at once; 0 where opposite borders are unlike."""


class Look(NamedTuple):
    """What a picture looks like, small enough to be kept; None where there is next to nothing."""

    whole: NDArray[np.float32] | None
    inside: NDArray[np.float32] | None


def look(plane: NDArray[np.uint8], around: Borders) -> Look:
    """What to keep of a picture with these borders."""
    whole = _thumbnail(plane)
    return Look(whole, whole if around == NO_BORDERS else _thumbnail(_inside(plane, around)))


def borders(plane: NDArray[np.uint8], ceiling: float) -> Borders:
    """How far black reaches into a picture from each side.

    Args:
        plane: (h, w) luma.
        ceiling: Code value up to which a pixel is black.
    """
    height, width = plane.shape
    if min(height, width) <= 4 * SKIP:
        return NO_BORDERS
    outermost = (plane[SKIP], plane[-1 - SKIP], plane[:, SKIP], plane[:, -1 - SKIP])
    if all(np.count_nonzero(line > ceiling) > LIT * line.size for line in outermost):
        return NO_BORDERS
    rows, columns = _lit(plane, ceiling)
    return Borders(_dark(rows), _dark(rows[::-1]), _dark(columns), _dark(columns[::-1]))


def change(
    now: NDArray[np.uint8],
    around: Borders,
    before: NDArray[np.uint8],
    around_before: Borders,
    ceiling: float,
    earlier: Sequence[Look] = (),
) -> Change:
    """What the borders of a picture did to the picture before it.

    Args:
        now: (h, w) luma.
        around: Its borders.
        before: The picture before, (h, w).
        around_before: The borders of that.
        ceiling: Code value up to which a pixel is black.
        earlier: Pictures shortly before, for an encoder may leave a ghost in the first one with borders.
    """
    straight = _straight(now, around, around_before, ceiling)
    seen = look(now, around)
    likeness = _squeezed(seen, look(before, around_before))
    if straight >= SHARP:
        likeness = max([likeness, *(_squeezed(seen, each) for each in earlier)])
        if _was_lit(before, around, around_before, ceiling):
            likeness = max(likeness, _likeness(seen.inside, _thumbnail(_inside(before, around))))
    return Change(likeness, straight)


def _squeezed(now: Look, before: Look) -> float:
    """How alike they are inside.

    Where a picture went on in its place, a shadow may have moved; where it did not, and fits, it was squeezed.
    """
    likeness = _likeness(now.inside, before.inside)
    return likeness if 1.0 - likeness < HALF * (1.0 - _likeness(now.whole, before.whole)) else 0.0


def _lit(plane: NDArray[np.uint8], ceiling: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Share of each row, and of each column, that is not black."""
    above = cv2.threshold(plane, ceiling, 1, cv2.THRESH_BINARY)[1]
    rows = cv2.reduce(above, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    columns = cv2.reduce(above, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    return rows / np.float32(plane.shape[1]), columns / np.float32(plane.shape[0])


def _dark(lit: NDArray[np.float32]) -> float:
    """Share of a side from its beginning up to the first line with a picture; half of it where there is none."""
    picture = lit[SKIP:] > LIT
    first = int(picture.argmax())
    if not picture[first]:
        return 0.5
    return (first + SKIP) / len(lit) if first else 0.0


def _inside(plane: NDArray[np.uint8], around: Borders) -> NDArray[np.uint8]:
    height, width = plane.shape
    top, bottom = round(around.top * height), height - round(around.bottom * height)
    left, right = round(around.left * width), width - round(around.right * width)
    return plane[top:bottom, left:right]


def _thumbnail(plane: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    if min(plane.shape) < 8:
        return None
    return cv2.resize(plane, (ACROSS, DOWN), interpolation=cv2.INTER_AREA).astype(np.float32)


def _likeness(one: NDArray[np.float32] | None, other: NDArray[np.float32] | None) -> float:
    """Correlation; 0 where there is nothing to compare."""
    if one is None or other is None:
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    spreads = float(one.std()), float(other.std())
    if min(spreads) < FLAT:
        return 0.0
    return float((one * other).mean()) / (spreads[0] * spreads[1])


def _straight(now: NDArray[np.uint8], around: Borders, before: Borders, ceiling: float) -> float:
    rows, columns = _lit(now, ceiling)
    least = 1.0
    for first, second in ((0, 1), (2, 3)):
        if max(around[first] - before[first], around[second] - before[second]) < EVEN:
            continue
        if abs(around[first] - around[second]) > max(EVEN, EVEN_PART * max(around[first], around[second])):
            return 0.0
        lines = rows if first == 0 else columns
        for share, lit in ((around[first], lines), (around[second], lines[::-1])):
            edge = round(share * len(lit))
            if edge >= len(lit) // 2:
                return 0.0
            across = 1.0 - around.left - around.right if first == 0 else 1.0 - around.top - around.bottom
            least = min(least, float(lit[edge : edge + BELONG].max()) / across)
    return least


def _was_lit(before: NDArray[np.uint8], around: Borders, around_before: Borders, ceiling: float) -> bool:
    """Whether there had been something to see where it is black now."""
    old, new = _inside(before, around_before), _inside(before, around)
    lit_old, lit_new = (int(np.count_nonzero(part > ceiling + CLEARLY)) for part in (old, new))
    return lit_old - lit_new >= 0.5 * (old.size - new.size)
