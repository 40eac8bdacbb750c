"""Splice information of a transport stream: messages that come before the media that they speak of (ANSI/SCTE 35)."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from av.stream import Stream

from watchglass.media.scte35 import TICKS, Change, SpliceInfoError, changes, parse
from watchglass.media.splice_queue import SpliceQueue
from watchglass.media.timeline import Timeline
from watchglass.model.transport import Splice

_CODEC = "scte_35"
"""FFmpeg's name: a stream of type 0x86 in a programme that is registered as ``CUEI`` (8.1 and 8.2)."""
_FURTHEST = 3_600.0
"""Seconds from here: what is announced for further away has a clock that is not that of the media."""


class Splices:
    """Reads the messages of one stream of a container.

    Args:
        timeline: Of the stream.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.streams: Collection[int] = ()
        """Index of the stream that was chosen, if one was."""
        self._timeline = timeline
        self._queue = SpliceQueue()

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
        return self._queue.due(reached)

    def _announce(self, change: Change, clock: float, *, wraps: bool) -> None:
        now = self._timeline.reached
        if change.is_cancelled:
            self._queue.cancel(change.event_id, now)
            return
        pts = now if change.time is None else self._timeline.locate(change.time / TICKS + clock, wraps=wraps)
        ends = pts + (change.lasts or 0.0)
        if abs(pts - now) > _FURTHEST or (change.lasts is not None and ends <= now):
            return
        text = f"{change.id} (event {change.event_id})" if change.id == "splice_insert" else change.id
        splice = Splice(max(0.0, pts), change.out_of_network, change.id, change.lasts, text)
        if change.lasts is not None:
            splice = replace(splice, lasts=ends - splice.pts)
        self._queue.hold(splice, change.event_id)
