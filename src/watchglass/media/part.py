"""The part of the media that the user asked for."""

from contextlib import suppress
from typing import NamedTuple

import av
from av.container import InputContainer

from watchglass.model.media import AudioBlock, Item, NotWatched, Tracks

_SLACK = 1e-6
"""Seconds: rounding."""
_PREROLL = 10.0
"""Seconds before it at which reading begins where the container has no index."""


class Part(NamedTuple):
    """From ``start`` to ``stop``, in seconds; no ``stop`` is the end."""

    start: float
    stop: float | None

    def seek(self, container: InputContainer, *, has_index: bool) -> None:
        """Let reading begin with it, or shortly before; an input that cannot be sought is read from its beginning."""
        if self.start <= 0:
            return
        # Without an index the seek ends anywhere, and the picture comes with the next key frame only.
        begins, ahead = container.start_time or 0, 0.0 if has_index else _PREROLL
        with suppress(av.FFmpegError, ValueError):
            container.seek(begins + int(max(0.0, self.start - ahead) * av.time_base))

    def holds(self, item: Item) -> bool:
        """Whether an item lies in it."""
        if isinstance(item, Tracks | NotWatched):
            return True
        if self.start > 0 and item.end <= self.start + _SLACK:
            return False
        return self.stop is None or item.pts < self.stop - _SLACK

    def trimmed(self, item: Item) -> Item:
        """A block of sound without what lies outside."""
        start, stop = self
        if not isinstance(item, AudioBlock) or (start <= 0 and stop is None):
            return item
        first = max(0, round((start - item.pts) * item.rate))
        last = item.samples.shape[1] if stop is None else max(first + 1, round((stop - item.pts) * item.rate))
        samples = item.samples[:, first:last]
        pts = item.pts + first / item.rate
        return AudioBlock(track=str(item.track), pts=pts, samples=samples, rate=item.rate, layout=item.layout)
