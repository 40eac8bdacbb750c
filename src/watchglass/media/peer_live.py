"""A live source that somebody else serves and that is connected to: RTMP and RTSP.

A connection that ends, breaks or says nothing is begun anew, with back-off; the timeline goes on. What keeps it from
coming is told meanwhile.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from types import TracebackType
from typing import NamedTuple, Protocol

from watchglass.media.arrival_clock import ArrivalClock
from watchglass.media.attempts import Attempts
from watchglass.media.decode import APPEARED_LATER, Converter, DecodeOptions
from watchglass.media.hls_schedule import Clock
from watchglass.media.live import LiveSource
from watchglass.media.opening import Readable, Remote
from watchglass.media.outrun_holes import OutrunHoles
from watchglass.media.own_time import Arrears, OwnTime
from watchglass.media.timeline import Timeline
from watchglass.model.coded import Played
from watchglass.model.errors import SourceError, TransferError, WatchglassError
from watchglass.model.media import Item, NotWatched
from watchglass.model.transport import Aside

_PROBED = 2.0
"""Seconds of the stream that are read to find out what there is."""


class Run(NamedTuple):
    """What one demuxer reads."""

    file: Readable | Remote
    format: str


class Session(Protocol):
    """One connection."""

    @property
    def failure(self) -> str:
        """Why it ended, in words without secrets; empty where the other side ended it in good order."""
        ...

    def runs(self) -> Iterator[Run]:
        """One after the other, until the connection ends."""
        ...

    def cut(self) -> None:
        """End it soon, from any thread."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


Connect = Callable[[Callable[[], None]], Session]
"""Connects, and lets the session tell when media arrive; raises ``TransferError`` where it cannot."""


class PeerSource:
    """A stream of one peer.

    Args:
        name: What to call it (secrets removed).
        connect: Makes a session.
        decode: What to decode, and how.
        clock: For what nobody sends.
    """

    is_live = True
    duration: float | None = None

    def __init__(self, name: str, connect: Connect, decode: DecodeOptions, clock: Clock | None = None) -> None:
        self._stop = threading.Event()
        self._clock = clock or Clock()
        self._items = _Items(name, connect, decode, self._clock, self._stop)

    def __iter__(self) -> Iterator[Item]:
        """Items as they come, with a ``Stall`` a second while nothing does.

        Raises:
            TransferError: If nothing ever came.
        """
        for _, item in LiveSource([self._items], clock=self._clock, stop=self._stop):
            yield item

    def stop(self) -> None:
        """End the iteration soon; may be called from a signal handler."""
        self._stop.set()
        self._items.cut()

    def __enter__(self) -> "PeerSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Feed:
    """What the lane tells of where its bytes come from."""

    label = "stream"
    target_duration = 1.0

    def __init__(self, own: OwnTime) -> None:
        self.own = own
        self.trouble = ""
        self.waits_for = "the stream"
        self.aside: deque[Aside] = deque()
        self.listener: Callable[[float], None] = lambda _: None

    def arrived(self) -> None:
        """Media came."""
        self.trouble = ""
        self.listener(0.0)


class _Items:
    """The items of all sessions in a row."""

    def __init__(self, name: str, connect: Connect, decode: DecodeOptions, clock: Clock, stop: threading.Event) -> None:
        self.rendition = _Feed(OwnTime(clock.presence))
        self.reach = 0.0
        self.name = name
        self._connect = connect
        self._arrears = Arrears(self.rendition.own)
        self._converter = Converter(decode, Timeline(self._arrears.seconds))
        self._outrun = OutrunHoles()
        self._clock = clock
        self._stop = stop
        self._session: Session | None = None
        self._attempts = Attempts()
        self._arrival = ArrivalClock(clock)
        self._lost: tuple[float, str] | None = None
        """Since when (seconds of the clock) there is nothing after there was something, and why."""

    def cut(self) -> None:
        """End the session under way."""
        session = self._session
        if session is not None:
            session.cut()

    def __iter__(self) -> Iterator[Item]:
        """They end when everything shall.

        Raises:
            TransferError: If the first few tries brought nothing.
        """
        while not self._stop.is_set():
            began, reached = self._clock.now(), self.reach
            try:
                why = yield from self._watched()
            except (SourceError, TransferError) as error:
                why = str(error).removeprefix(f"{self.name}: ")
            if self._stop.is_set():
                return
            pause = self._attempts.ended(self._clock.now() - began if self.reach > reached else 0.0)
            if self._attempts.are_in_vain:
                raise TransferError(f"{self.name}: {why}")
            if self._attempts.has_media and self._lost is None:
                self._lost = self._clock.now(), why
            self.rendition.trouble = f"{self.name}: {why}; trying again"
            self._clock.wait(self._stop, pause)

    def _watched(self) -> Generator[Item, None, str]:
        """The items of one session; returns why it ended."""
        with closing(self._connect(self.rendition.arrived)) as session:
            self._session = session
            if self._stop.is_set():
                return ""
            is_anew = self._attempts.has_media
            try:
                for run in session.runs():
                    yield from self._run(run, is_anew=is_anew)
                    is_anew = False
            except WatchglassError:
                if session.failure:
                    return session.failure
                raise
            finally:
                self._session = None
            return session.failure or "the stream has ended"

    def _run(self, run: Run, *, is_anew: bool) -> Iterator[Item]:
        own, file = self.rendition.own, run.file
        is_remote = isinstance(file, Remote)  # FFmpeg waits and decodes in one, and only what we do with it is ours
        items = self._converter.items(
            file if isinstance(file, Remote) else _Taken(file, own),
            label=self.name,
            format=run.format,
            announced_break=is_anew,
            is_live=True,
            probed=_PROBED,
        )
        for item in _with_others(items, own) if is_remote else items:
            self._arrears.seconds()
            yield from self._outrun.before(item)
            if isinstance(item, Played):
                self._attempts.has_media = True
                yield from self._regained()
                self.reach = max(self.reach, item.end)
                yield from self._arrival.at(self.reach)
            if not (isinstance(item, NotWatched) and item.reason == APPEARED_LATER):  # the next run sees it
                yield item

    def _regained(self) -> Iterator[NotWatched]:
        """What was lost between two sessions; the timeline goes on where it was."""
        if self._lost is not None:
            (since, why), self._lost = self._lost, None
            lasted = self._clock.now() - since
            yield NotWatched(self.reach, f"{self.name}: {why}; watched again after {lasted:.1f} s", duration=lasted)


class _Taken:
    """A file that others write: whoever reads it waits for them."""

    def __init__(self, file: Readable, own: OwnTime) -> None:
        self._file = file
        self._own = own

    def read(self, n: int) -> bytes:
        """Some of it."""
        with self._own.with_others():
            return self._file.read(n)


def _with_others(items: Iterator[Item], own: OwnTime) -> Iterator[Item]:
    while True:
        with own.with_others():
            item = next(items, None)
        if item is None:
            return
        yield item
