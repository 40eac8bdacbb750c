"""When somebody speaks, as far as the level of the sound tells."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from watchglass.kernels.sound import HOP
from watchglass.kernels.speech import STRETCH, is_like_speech
from watchglass.model.media import AudioBlock

EVERY = 1.0
"""Seconds between two answers."""
_JUMP = 1.0
"""Seconds between two blocks beyond which the second does not follow the first."""


class Talk:
    """Listens to one audio track."""

    def __init__(self) -> None:
        self._power: deque[float] = deque(maxlen=round(STRETCH / HOP))
        self._heard = 0.0
        self._end: float | None = None

    def hear(self, block: AudioBlock) -> Iterator[tuple[float, bool]]:
        """The time up to which it has heard (seconds), and whether somebody spoke in the last second before it."""
        if self._end is None or abs(block.pts - self._end) > _JUMP:
            self._power.clear()
            self._heard = 0.0
        self._end = block.end
        # People speak in the centre, where there is one.
        rows = [block.layout.index("FC")] if "FC" in block.layout and len(block.layout) == len(block.samples) else None
        power = block.hops.power if rows is None else block.hops.power[rows]
        for number, value in enumerate(power.mean(axis=0).tolist(), 1):
            self._power.append(value)
            self._heard += block.hops.seconds
            if self._heard >= EVERY - HOP / 2:
                self._heard = 0.0
                is_full = len(self._power) == self._power.maxlen
                yield block.pts + number * block.hops.seconds, is_full and is_like_speech(np.array(self._power))
