"""A transport stream that arrives by itself, as datagrams do: live, with nobody to ask again.

Its tables are read on the way. When they come to name other streams (a sound that is added, a codec that changes), the
demuxer, which would not see them, is ended and begun anew; the timeline goes on.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType

from watchglass.media.arrival_clock import ArrivalClock
from watchglass.media.decode import APPEARED_LATER, Converter, DecodeOptions
from watchglass.media.hls_schedule import Clock
from watchglass.media.live import LiveSource
from watchglass.media.timeline import Timeline
from watchglass.media.ts import Checked, TransportStream
from watchglass.model.errors import SourceError
from watchglass.model.media import AudioBlock, Item, NotWatched, VideoFrame
from watchglass.net.datagrams import Datagrams

_BATCH = 8 << 10
"""Bytes that are looked at together: at 5 Mb/s they come in 13 ms."""
_WAIT = 0.25
"""Seconds after which whoever waits for bytes looks whether it shall end."""
_STALLS = 2.0
"""Seconds without anything after which what was lost is part of that, and not told once more."""
_PROBED = 2.0
"""Seconds of the stream that are read to find out what there is: all that time nothing is watched."""


class DatagramSource:
    """A transport stream over UDP or RTP.

    Args:
        datagrams: Where it comes from; closed with the source.
        decode: What to decode, and how.
        clock: For what nobody sends.
    """

    is_live = True
    duration: float | None = None

    def __init__(self, datagrams: Datagrams, decode: DecodeOptions, clock: Clock | None = None) -> None:
        self._datagrams = datagrams
        self._stop = threading.Event()
        self._clock = clock or Clock()
        feed, converter = _Feed(datagrams, self._stop, self._clock), Converter(decode, Timeline())
        self._items = _Items(feed, converter, datagrams.name, self._clock)

    def __iter__(self) -> Iterator[Item]:
        """Items as they come, with a ``Stall`` a second while nothing does."""
        for _, item in LiveSource([self._items], clock=self._clock, stop=self._stop):
            yield item

    def stop(self) -> None:
        """End the iteration soon; may be called from a signal handler."""
        self._stop.set()

    def __enter__(self) -> "DatagramSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._datagrams.close()


class _Feed:
    """What the demuxers read, one after the other, and what is found on the way."""

    label = "stream"
    target_duration = 1.0

    def __init__(self, datagrams: Datagrams, stop: threading.Event, clock: Clock) -> None:
        self.trouble = ""
        self.waits_for = "datagrams"
        self.listener: Callable[[float], None] = lambda _: None
        self.checked: deque[Checked] = deque()
        self.dropped = 0
        self._datagrams = datagrams
        self._stop = stop
        self._clock = clock
        self._arrived_at = clock.now()
        self._stream = TransportStream(_BATCH)

    @property
    def is_stopping(self) -> bool:
        """True if everything shall end."""
        return self._stop.is_set()

    def more(self) -> bytes:
        """What has come by now, after a moment's wait at most."""
        data = self._datagrams.take(_WAIT)
        now = self._clock.now()
        if data:
            if now - self._arrived_at >= _STALLS:
                self.checked.extend(self._stream.resume())
            self._arrived_at = now
            self.listener(0.0)
            self.checked.extend(self._stream.feed(data))
        return data

    @property
    def version(self) -> int:
        """Counts the changes of what streams there are; 0 before the first map has come."""
        return self._stream.tables.version

    def overrun(self) -> int:
        """How many datagrams were lost since it was last asked because we did not keep up."""
        before, self.dropped = self.dropped, self._datagrams.dropped
        return self.dropped - before


class _Run:
    """What one demuxer reads: it ends where there are other streams than those that it knows, and stays ended."""

    def __init__(self, feed: _Feed) -> None:
        self._feed = feed
        self._version = feed.version
        self._rest = b""
        self._is_over = False

    def read(self, n: int) -> bytes:
        """Bytes as they come."""
        while not self._rest and not self._is_over:
            self._rest = self._feed.more()
            self._version = self._version or self._feed.version
            self._is_over = self._feed.is_stopping or self._feed.version != self._version
        data, self._rest = self._rest[:n], self._rest[n:]
        return data


class _Items:
    """The items of all demuxers in a row."""

    def __init__(self, feed: _Feed, converter: Converter, name: str, clock: Clock) -> None:
        self.rendition = feed
        self.reach = 0.0
        self.name = name
        self._converter = converter
        self._arrival = ArrivalClock(clock)

    def __iter__(self) -> Iterator[Item]:
        """They end when everything shall."""
        feed = self.rendition
        while not feed.is_stopping:
            try:
                for item in self._converter.items(
                    _Run(feed), label=self.name, format="mpegts", is_live=True, probed=_PROBED
                ):
                    if isinstance(item, VideoFrame | AudioBlock):
                        self.reach = max(self.reach, item.end)
                        yield from self._arrival.at(self.reach)
                    yield from self._found()
                    if not (isinstance(item, NotWatched) and item.reason == APPEARED_LATER):  # the next one sees it
                        yield item
            except SourceError as error:
                if feed.is_stopping:
                    return
                yield NotWatched(self.reach, str(error), duration=feed.target_duration)

    def _found(self) -> Iterator[Item]:
        """What was found of packets and tables, told where the timeline is: its clock may have stood still."""
        while self.rendition.checked:
            checked = self.rendition.checked.popleft()
            yield checked.item(max(0.0, self.reach - (checked.end - checked.begin)), is_live=True)
        lost = self.rendition.overrun()
        if lost:
            yield NotWatched(self.reach, f"{lost} datagrams came faster than they could be looked at")
