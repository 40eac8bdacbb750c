"""How likely each block of a picture was lost and concealed, where these blocks are, and how much that is together.

What is known of the blocks goes into a scorer, and scores of 0 to 1 come out: a learned model may take the place of
``by_steps``. Moving pictures are looked at only when the borders of blocks step in what changed, which is rare.
"""

from collections import deque
from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.block_steps import BlockFeatures, Borders, across, blocks, down, joined

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

Scorer = Callable[[BlockFeatures], F32]
"""Features of the blocks to scores, (rows, columns) from 0 to 1."""
LOOKS = 4
"""Looks, about half a second of them, whose steps are taken together."""
SUSPECT = 2
"""Horizontal borders that must step in the change for all the others to be looked at."""
SEVERAL = 1_000
"""Blocks of a picture beyond which steps by chance grow with the root of their number."""
LINES = 2
"""Lines each way that do not count, the longest: a thing with straight edges may have so many."""
TAIL = 0.05
"""Share of the scores on each side that a box leaves out."""


class Box(NamedTuple):
    """A part of the picture, as fractions of it."""

    left: float
    top: float
    width: float
    height: float


class Blocks:
    """Scores the blocks of one stream, look by look.

    Args:
        scorer: Makes scores of features.
    """

    def __init__(self, scorer: Scorer | None = None) -> None:
        self._scorer = by_steps if scorer is None else scorer
        self._changes: deque[Borders] = deque(maxlen=LOOKS)
        self._pictures: deque[Borders | None] = deque(maxlen=LOOKS)
        self._quiet = LOOKS

    def forget(self) -> None:
        """Another scene: what was seen before is no part of it."""
        self._changes.clear()
        self._pictures.clear()
        self._quiet = LOOKS

    @property
    def is_echo(self) -> bool:
        """True if the last look itself showed no step, and is scored by those before it."""
        return self._quiet > 0

    def look(self, now: U8, before: U8, side: int) -> F32 | None:
        """Score the blocks of a picture by it and by the picture before it, and by the last looks.

        Args:
            now: (H, W) luma, 8 bits.
            before: The picture before it, of the same shape.
            side: Points along the side of a block.

        Returns:
            (rows, columns) of 0 to 1; None where nothing steps.
        """
        whole, past = blocks(now, side), blocks(before, side)
        if whole is None or past is None:
            return None
        change = cv2.absdiff(whole, past)
        rows = across(change, side)
        self._quiet = 0 if np.count_nonzero(rows[0]) >= SUSPECT else self._quiet + 1
        if self._quiet >= LOOKS:
            self.forget()
            return None
        columns = down(change, side)
        if self._changes and self._changes[-1].down.shape != columns.shape:
            self.forget()
            self._quiet = 0
        self._changes.append(Borders(rows, columns))
        self._pictures.append(None)
        changes = joined(self._changes)
        if not _evidence(changes):
            return None
        self._pictures[-1] = Borders(across(whole, side), down(whole, side))
        pictures = joined(each for each in self._pictures if each is not None)
        scores = self._scorer(BlockFeatures(pictures, changes))
        return scores if scores.any() else None


def by_steps(features: BlockFeatures) -> F32:
    """Scores by hand: a block counts by its borders that step, in the picture and in the change alike.

    Of both kinds, steps count as far as they are more than there are beside the borders; together all scores are the
    geometric mean of the two. Without either there is nothing: the straight edge of a thing is no change, and what
    blinks no edge.
    """
    one, two = (_evidence(each) for each in features)
    rows, columns = features.picture.down.shape[2], features.picture.across.shape[2]
    scores = np.zeros((rows, columns), np.float32)
    if one and two:
        for each in features:
            touched = _touched(each)
            scores += 0.5 * touched / touched.sum()
    limited: F32 = np.minimum(np.float32(1.0), np.float32(sqrt(one * two)) * scores)
    return limited


def amount(scores: F32) -> float:
    """How many blocks' worth of damage there is, as if the picture had ``SEVERAL``."""
    return float(scores.sum()) / sqrt(max(1.0, scores.size / SEVERAL))


def box(scores: F32) -> Box:
    """Where most of it lies."""
    left, right = _middle(scores.sum(0))
    top, bottom = _middle(scores.sum(1))
    rows, columns = scores.shape
    return Box(left / columns, top / rows, (right - left) / columns, (bottom - top) / rows)


def _middle(sums: F32) -> tuple[int, int]:
    """Where most of a sum begins and ends."""
    reached = np.cumsum(sums) / sums.sum()
    return int(np.searchsorted(reached, TAIL, "right")), int(np.searchsorted(reached, 1.0 - TAIL)) + 1


def _evidence(steps: Borders) -> float:
    """Steps on the borders, without the longest lines, less the most beside them."""
    on, *beside = (sum(map(np.count_nonzero, each)) for each in zip(*steps, strict=True))
    more = on - max(beside)
    if more <= 0:
        return 0.0
    return max(0.0, float(more - sum(np.sort(each[0].sum(1))[-LINES:].sum() for each in steps)))


def _touched(steps: Borders) -> F32:
    """(rows, columns): how many borders of each block step, without the longest lines."""
    across, down = (each[0].astype(np.float32) for each in steps)
    for lines in (across, down):
        lines[np.argsort(lines.sum(1))[-LINES:]] = 0.0
    found = np.zeros((down.shape[1], across.shape[1]), np.float32)
    found[:-1] += across
    found[1:] += across
    found[:, :-1] += down.T
    found[:, 1:] += down.T
    return found
