"""Splice information of a transport stream: messages that come before the media that they speak of (ANSI/SCTE 35)."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from av.stream import Stream

from watchglass.media.scte35 import TICKS, Change, SpliceInfoError, changes, parse
from watchglass.media.timeline import Timeline
from watchglass.model.transport import Splice

_CODEC = "scte_35"
"""FFmpeg's name: a stream of type 0x86 in a programme that is registered as ``CUEI`` (8.1 and 8.2)."""
_FURTHEST = 3_600.0
"""Seconds from here: what is announced for further away has a clock that is not that of the media."""
_MOST = 64
"""Changes that may wait, and that are remembered once they have come."""


class Splices:
    """Holds what is announced until the media have come to it.

    Args:
        timeline: Of the stream.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.streams: Collection[int] = ()
        """Index of the stream that was chosen, if one was."""
        self._timeline = timeline
        self._waiting: list[tuple[Splice, int]] = []
        self._begun: dict[str, int] = {}
        """Numbers of the events that have begun, by what ends them."""

    def begin(self) -> None:
        """Another container: its streams are chosen anew."""
        self.streams = ()

    def choose(self, stream: Stream) -> bool:
        """Take a stream, if it is the first one of splice information: others are of other programmes."""
        if stream.name != _CODEC or self.streams:
            return False
        self.streams = (stream.index,)
        return True

    def take(self, section: bytes, clock: float, *, wraps: bool) -> None:
        """Take a message; one that is broken says nothing.

        Args:
            section: All of it.
            clock: Seconds from the container's clock to that of the timeline's raw times.
            wraps: Whether that clock has 33 bits.
        """
        try:
            info = parse(section)
        except SpliceInfoError:
            return
        for change in changes(info):
            self._announce(change, clock, wraps=wraps)

    def due(self, reached: float) -> Iterator[Splice]:
        """What was held until the media have come to it."""
        while self._waiting and self._waiting[0][0].pts <= reached:
            splice, event = self._waiting.pop(0)
            self._begun.pop(splice.id, None)
            if splice.out_of_network and len(self._begun) < _MOST:
                self._begun[splice.id] = event
            yield splice

    def _announce(self, change: Change, clock: float, *, wraps: bool) -> None:
        now = self._timeline.reached
        if change.is_cancelled:
            self._cancel(change.event_id, now)
            return
        pts = now if change.time is None else self._timeline.locate(change.time / TICKS + clock, wraps=wraps)
        ends = pts + (change.lasts or 0.0)
        if abs(pts - now) > _FURTHEST or (change.lasts is not None and ends <= now):
            return
        text = f"{change.id} (event {change.event_id})" if change.id == "splice_insert" else change.id
        splice = Splice(max(0.0, pts), change.out_of_network, change.id, change.lasts, text)
        if change.lasts is not None:
            splice = replace(splice, lasts=ends - splice.pts)
        self._hold(splice, change.event_id)

    def _cancel(self, event: int, now: float) -> None:
        """What was announced of an event will not be; what has begun of it is over."""
        self._waiting = [each for each in self._waiting if each[1] != event]
        for name in [name for name, begun in self._begun.items() if begun == event]:
            self._hold(Splice(now, False, name, text=f"{name} was cancelled"), event)

    def _hold(self, splice: Splice, event: int) -> None:
        if len(self._waiting) < _MOST and (splice, event) not in self._waiting:
            self._waiting.append((splice, event))
            self._waiting.sort(key=lambda each: each[0].pts)
