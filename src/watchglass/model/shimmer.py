"""What was seen of a frame, and whether what changes is the noise of a still that was encoded again."""

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.model.finding import Reading
from watchglass.model.units import CodeValues, Seconds, Share

Values = NDArray[np.float64] | float
SILENT = 0.15
"""Change up to which a picture has no noise of its own: it is no room that came to rest."""
STEADY = 2.2
"""Code values up to which even shimmer is taken for the noise of a re-encoded still."""


def leads_away(change: Values, drift: Values) -> NDArray[np.bool_] | bool:
    """Whether a picture is further from that of a second ago than noise of this change takes it; or of many."""
    return drift > 2.5 * change + 0.5


class Seen(NamedTuple):
    """A frame, or the part of it beside a strip."""

    end: Seconds
    change: CodeValues
    floor: CodeValues
    share: Share
    newness: Share = 0.0
    """Share of the change that is no motion: 1 for another picture. Only known where the change leaps."""
    renews: bool = False
    """A key frame among others."""


class Shimmer:
    """The changes of the last second, as long as they may be noise that was put on a still."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=120)

    def remember(self, pts: Seconds, change: CodeValues, *, renews: bool) -> None:
        """Take the change of a frame into account, whether it is quiet or not."""
        recent = self._recent
        if not renews:  # key frames stand out of it
            recent.append((pts, change))
        while recent and recent[0][0] < pts - 1.0:
            recent.popleft()

    def recall(self, changes: Iterable[tuple[Seconds, CodeValues]]) -> None:
        """Take the changes of many frames (pts, change) in, none of them of a key frame."""
        self._recent.extend(changes)
        while self._recent and self._recent[0][0] < self._recent[-1][0] - 1.0:
            self._recent.popleft()

    def is_steady(self, reading: Reading, drift: float, past: deque[Seen]) -> bool:
        """A second of even shimmer after motion: noise that was put on a still, the same in every frame."""
        recent = self._recent
        if reading.value > STEADY or leads_away(reading.value, drift):
            return False
        if len(recent) < 8 or recent[-1][0] - recent[0][0] < 0.8:
            return False
        changes = [change for _, change in recent]
        highest = max(changes)
        if highest > STEADY or highest > 2.0 * min(changes):
            return False
        before = [frame.change for frame in past if frame.end <= recent[0][0]]
        return bool(before) and highest <= 0.4 * median(before)


def is_uneven(change: Values, floor: Values, drift: Values) -> NDArray[np.bool_] | bool:
    """Shimmer is alike everywhere and leads nowhere; motion is neither."""
    return (change > 4.0 * floor + 0.3) | (drift > 1.5 * change + 0.3)
