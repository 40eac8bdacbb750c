"""A transport stream that arrives by itself, as datagrams do, or through a bridge: live, with nobody to ask again.

Its tables are read on the way. When they come to name other streams (a sound that is added, a codec that changes), the
demuxer, which would not see them, is ended and begun anew; the timeline goes on.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol

from watchglass.media.arrival_clock import ArrivalClock
from watchglass.media.decode import APPEARED_LATER, Converter, DecodeOptions
from watchglass.media.hls_schedule import Clock
from watchglass.media.live import LiveSource
from watchglass.media.outrun_holes import OutrunHoles
from watchglass.media.own_time import Arrears, OwnTime
from watchglass.media.timeline import Timeline
from watchglass.media.ts import Checked, TransportStream
from watchglass.model.coded import Played
from watchglass.model.errors import SourceError, TransferError
from watchglass.model.media import Item, NotWatched, Tracks
from watchglass.model.transport import Aside
from watchglass.net.backlog import Backlog, Overrun, Rejoin

_BATCH = 8 << 10
"""Bytes that are looked at together: at 5 Mb/s they come in 13 ms."""
_WAIT = 0.25
"""Seconds after which whoever waits for bytes looks whether it shall end."""
_STALLS = 2.0
"""Seconds without anything after which what was lost is part of that, and not told once more."""
_HELD = 0.5
"""Seconds for which what was found waits for media to go with; a demuxer that begins anew waits for a key frame."""
_REMADE = "its packets were not checked: for the sake of its secrets it comes put together anew"
_PROBED = 2.0
"""Seconds of the stream that are read to find out what there is: all that time nothing is watched."""


class Arriving(Protocol):
    """Where a transport stream comes from."""

    name: str
    """What to call it (secrets removed)."""
    trouble: str
    """What keeps it from coming, in words; empty while all is well."""
    failure: str
    """Why nothing will ever come, in words; empty while there is hope."""
    waits_for: str
    """What is not here yet, in words."""
    is_intact: bool
    """False if its packets are not as they were sent, so that nothing can be said about them."""
    backlog: Backlog

    def close(self) -> None:
        """Stop receiving."""
        ...


class TransportSource:
    """A transport stream that arrives by itself: over UDP or RTP, or through a bridge.

    Args:
        arriving: Where it comes from; closed with the source.
        decode: What to decode, and how.
        clock: For what nobody sends.
    """

    is_live = True
    duration: float | None = None

    def __init__(self, arriving: Arriving, decode: DecodeOptions, clock: Clock | None = None) -> None:
        self._arriving = arriving
        self._stop = threading.Event()
        self._clock = clock or Clock()
        feed = _Feed(arriving, self._stop, self._clock)
        converter = Converter(decode, Timeline(feed.arrears.seconds))
        self._items = _Items(feed, converter, arriving.name, self._clock)

    def __iter__(self) -> Iterator[Item]:
        """Items as they come, with a ``Stall`` a second while nothing does."""
        for _, item in LiveSource([self._items], clock=self._clock, stop=self._stop):
            yield item

    def stop(self) -> None:
        """End the iteration soon; may be called from a signal handler."""
        self._stop.set()

    def __enter__(self) -> "TransportSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._arriving.close()


class _Feed:
    """What the demuxers read, one after the other, and what is found on the way."""

    label = "stream"
    target_duration = 1.0

    def __init__(self, arriving: Arriving, stop: threading.Event, clock: Clock) -> None:
        self.waits_for = arriving.waits_for
        self.own = OwnTime(clock.presence)
        self.arrears = Arrears(self.own)
        self.listener: Callable[[float], None] = lambda _: None
        self.aside: deque[Aside] = deque()
        self.checked: deque[Checked] = deque()
        self.failure = ""
        """Why nothing will ever come; empty while something may."""
        self._arriving = arriving
        self._stop = stop
        self._clock = clock
        self._arrived_at = self._taken_at = clock.now()
        self._stream = TransportStream(_BATCH)
        self._given_back = b""

    @property
    def trouble(self) -> str:
        """What keeps it from coming."""
        return self._arriving.trouble

    @property
    def seam(self) -> Rejoin | Overrun | None:
        """The latest connection but the first, or the latest hole of our making."""
        return self._arriving.backlog.seam

    @property
    def is_stopping(self) -> bool:
        """True if everything shall end."""
        return self._stop.is_set()

    def more(self) -> bytes:
        """What has come by now over one connection, after a moment's wait at most."""
        if self._given_back:
            data, self._given_back = self._given_back, b""
            return data
        before = self.seam
        with self.own.with_others():
            data = self._arriving.backlog.take(_WAIT)
        self.arrears.seconds()
        now = self._clock.now()
        if data:
            if now - self._arrived_at >= _STALLS or self.seam is not before:
                self._keep(self._stream.resume())
            self._arrived_at = now
            self.listener(0.0)
            self._keep(self._stream.feed(data))
            if now - self._taken_at >= _HELD:  # nothing comes of it that they could go with
                self.aside.extend(self.checked.popleft().item(0.0, is_live=True) for _ in range(len(self.checked)))
        elif self._arriving.failure:
            self.failure = self._arriving.failure
        return data

    def taken(self) -> Iterator[Checked]:
        """What was found since it was last taken."""
        self._taken_at = self._clock.now()
        while self.checked:
            yield self.checked.popleft()

    @property
    def is_intact(self) -> bool:
        """Whether something can be said about its packets."""
        return self._arriving.is_intact

    def give_back(self, data: bytes) -> None:
        """It is for the next demuxer."""
        self._given_back = data

    def _keep(self, checked: Iterable[Checked]) -> None:
        found = list(checked)  # the tables are followed in any case
        if self.is_intact:
            self.checked.extend(found)

    @property
    def version(self) -> int:
        """Counts the changes of what streams there are; 0 before the first map has come."""
        return self._stream.tables.version


class _Run:
    """What one demuxer reads: it ends where another connection or other streams begin, and stays ended."""

    def __init__(self, feed: _Feed) -> None:
        self._feed = feed
        self._version = feed.version
        self._seam = feed.seam
        self._rest = b""
        self._is_over = False

    def read(self, n: int) -> bytes:
        """Bytes as they come."""
        while not self._rest and not self._is_over:
            data = self._feed.more()
            if self._feed.seam is not self._seam:
                self._feed.give_back(data)
                self._is_over = True
                break
            self._rest = data
            self._version = self._version or self._feed.version
            is_over = self._feed.is_stopping or bool(self._feed.failure)
            self._is_over = is_over or self._feed.version != self._version
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
        self._outrun = OutrunHoles()

    def __iter__(self) -> Iterator[Item]:
        """They end when everything shall.

        Raises:
            TransferError: If nothing will ever come.
        """
        feed, before = self.rendition, self.rendition.seam
        while not feed.is_stopping:
            seam = feed.seam if feed.seam is not before else None
            before = feed.seam
            if isinstance(seam, Rejoin):
                why = f"{self.name}: {seam.why}; watched again after {seam.seconds:.1f} s"
                yield NotWatched(self.reach, why, duration=seam.seconds)
            try:
                yield from self._run(seam)
            except SourceError as error:
                if feed.is_stopping:
                    return
                if not feed.failure:
                    yield NotWatched(self.reach, str(error), duration=feed.target_duration)
            if feed.failure:
                raise TransferError(feed.failure)

    def _run(self, seam: Rejoin | Overrun | None) -> Iterator[Item]:
        """What one demuxer makes of it."""
        run = _Run(self.rendition)
        items = self._converter.items(
            run,
            label=self.name,
            format="mpegts",
            announced_break=isinstance(seam, Rejoin),
            is_outrun=isinstance(seam, Overrun),
            is_live=True,
            probed=_PROBED,
        )
        for item in items:
            yield from self._outrun.before(item)
            if isinstance(item, Played):
                self.reach = max(self.reach, item.end)
                yield from self._arrival.at(self.reach)
            yield from self._found()
            if not (isinstance(item, NotWatched) and item.reason == APPEARED_LATER):  # the next one sees it
                yield item
            if isinstance(item, Tracks) and not self.rendition.is_intact and not self.reach:
                yield NotWatched(0.0, _REMADE, is_loss=False)

    def _found(self) -> Iterator[Item]:
        """What was found of packets and tables, told where the timeline is: its clock may have stood still."""
        for checked in self.rendition.taken():
            yield checked.item(max(0.0, self.reach - (checked.end - checked.begin)), is_live=True)
