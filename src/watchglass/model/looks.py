"""Looks at a picture a few times a second: whether the same scene goes on, and whether a level leaps meanwhile.

What a lens or a director does to a picture takes its time or comes with a cut. What breaks on the way to the viewer
comes from one picture to the next, stays, and leaves the scene as it is.
"""

from collections import deque
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.model.media import VideoFrame

EVERY, PAUSE = 0.235, 0.6
"""Seconds between two looks, at least, and at most if they are to belong together."""
BACK = 4
"""Looks: by the one so many ago a dissolve gives itself away."""
PLAIN, ALIKE = 2.0, 0.7
"""Standard deviation of a picture's tiles, code values, up to which there is no scene, and the part of it that must be
left (or have been there) for a scene to go on: a fade is a beginning or an end."""


class Looks:
    """Which pictures are looked at, and whether they show the scene of the looks before."""

    def __init__(self) -> None:
        self._tiles: deque[NDArray[np.float32]] = deque(maxlen=BACK)
        self._at = 0.0

    def likeness(self, frame: VideoFrame) -> float | None:
        """Correlation with the look before and with that a second ago, the lesser; None if it is no time to look.

        0 at the first, and where there is no scene.
        """
        if self._tiles and 0.0 <= frame.pts - self._at < EVERY:
            return None
        now, self._at = frame.tiles, frame.pts
        if self._tiles and self._tiles[-1].shape != now.shape:
            self._tiles.clear()
        alike = min(_alike(now, self._tiles[-1]), _alike(now, self._tiles[0])) if self._tiles else 0.0
        self._tiles.append(now)
        return alike


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two pictures' tiles; 0 where a fade has made another picture of it."""
    one, other = one - one.mean(), other - other.mean()
    spreads = float(one.std()), float(other.std())
    if min(spreads) <= max(PLAIN, ALIKE * max(spreads)):
        return 0.0
    return float((one * other).mean()) / (spreads[0] * spreads[1])


class Leap(NamedTuple):
    """Two levels and the moment between them."""

    at: float
    """Seconds: half-way between the last look at the old level and the first at the new one."""
    before: float
    """The highest of the looks before."""
    after: float
    """The lowest of the looks after."""
    usual: float
    """The median of the looks before."""
    now: float
    """The median of the looks after."""
    step: float
    """How many times the last of those before the first of those after is."""


class Levels:
    """The last looks, split where the level may have leapt.

    Args:
        before: How many looks, at most, make the old level.
        enough: How many do, at least.
        after: How many looks make the new one.
    """

    def __init__(self, before: int, enough: int, after: int) -> None:
        self._enough, self._after = enough, after
        self._looks: deque[tuple[float, float, bool]] = deque(maxlen=before + after)

    def add(self, pts: float, value: float, *, goes_on: bool) -> None:
        """Take a look in, and whether the scene is still that of the look before; after a pause all is forgotten."""
        if self._looks and not 0.0 <= pts - self._looks[-1][0] <= PAUSE:
            self._looks.clear()
        self._looks.append((pts, value, goes_on))

    def forget(self) -> None:
        """Begin anew."""
        self._looks.clear()

    @property
    def values(self) -> list[float]:
        """Of the looks that are remembered, in the order of time."""
        return [value for _, value, _ in self._looks]

    def leap(self) -> Leap | None:
        """The old level and the new one; None with too few looks, or where the scene is new from the leap on."""
        split = len(self._looks) - self._after
        if split < self._enough or not all(goes_on for _, _, goes_on in list(self._looks)[split - 1 :]):
            return None
        old, new = self.values[:split], self.values[split:]
        at = 0.5 * (self._looks[split - 1][0] + self._looks[split][0])
        return Leap(at, max(old), min(new), median(old), median(new), new[0] / old[-1] if old[-1] else float("inf"))
