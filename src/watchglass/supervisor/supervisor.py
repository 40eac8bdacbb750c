"""Many streams: starts their processes, hears them, and sees that none of them is left unwatched.

One thread waits for all of them. What takes time (the database, sinks) is done elsewhere.
"""

import multiprocessing
import os
import selectors
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection

from watchglass.media.bridge_address import listens
from watchglass.model.errors import SourceError
from watchglass.net.peer_address import PeerAddress
from watchglass.supervisor.clock import SteadyUtc, uptime
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.spec import StreamSpec
from watchglass.supervisor.stream import StreamStatus, WatchedStream
from watchglass.supervisor.words import Minute, Order

_TICK = 0.2
"""Seconds after which it is looked whether something is due."""
_MEMORY_EVERY = 5.0
"""Seconds between two looks at what processes take."""
_LEAVE = 5.0
"""Seconds that processes have to end in order."""
_HANDOVER = 15.0
"""Seconds that a successor has to watch before its predecessor ends in any case."""
_AT_ONCE = 4
"""Streams that are handed over at a time: two processes of a stream take twice as much."""
_APART = 2.0
"""Seconds between two processes that are replaced for their age or size."""
_AGAIN = 600.0
"""Seconds until it is tried again to replace a process whose successor did not come to watch."""
_GROWN = 3_600.0
"""Seconds in which a process may become large without being replaced for it: some streams take that much."""
_PRELOAD = "watchglass.supervisor.preload"
"""What processes have imported before they begin."""


class Supervisor:
    """Watches over streams until it is stopped.

    Args:
        desk: Hears of what is found.
        utc: Dates it.
        note: Takes lines for the log: a stream's name, and what there is to say.
        hang: Seconds without a sign of life after which a process is ended.
        recycle: Seconds after which a process is replaced by a fresh one, or sooner if it has grown large; 0 for never.
        on_minute: Takes minutes of readings: a stream's name, and what was measured.
    """

    def __init__(
        self,
        desk: Desk,
        utc: SteadyUtc,
        *,
        note: Callable[[str, str], None],
        hang: float = 8.0,
        recycle: float = 0.0,
        on_minute: Callable[[str, Minute], None] = lambda stream, minute: None,
    ) -> None:
        self._on_minute = on_minute
        self._desk, self._utc, self._note = desk, utc, note
        self._hang, self._recycle = hang, recycle
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["__main__", _PRELOAD])
        self._streams: dict[str, WatchedStream] = {}
        self._successors: dict[str, WatchedStream] = {}
        """Those that are to follow one that still watches."""
        self._changing: dict[str, StreamSpec] = {}
        """Those that are watched in another way than they are to be, until it is their turn."""
        self._given_up_at: dict[str, float] = {}
        """When their predecessors end in any case."""
        self._recycles_at = 0.0
        """When the next process may be replaced though nothing is wrong with it."""
        self._stays_until: dict[str, float] = {}
        """Until when a process is not replaced though it is old or large, by stream."""
        self._leaving: list[WatchedStream] = []
        """Those that have been told to end."""
        self._wanted: Mapping[str, StreamSpec] | None = None
        """What is to be watched from now on, until it has been seen to."""
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._woken, self._wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._heard: dict[WatchedStream, tuple[Connection, int]] = {}
        """Whose pipe is waited for, with its number, which a pipe that is closed has no more."""
        self._memory_at = 0.0
        self._is_stopping = False

    def watch(self, streams: Mapping[str, StreamSpec]) -> None:
        """These are to be watched from now on, and no others; may be called from any thread.

        Those that are watched so already go on; those that have changed are begun anew.
        """
        with self._lock:
            self._wanted = dict(streams)
        self._wake()

    def stop(self) -> None:
        """End in order; may be called from a signal handler."""
        self._is_stopping = True
        self._wake()

    def status(self) -> list[StreamStatus]:
        """How each stream is; may be called from any thread."""
        return [stream.status() for stream in list(self._streams.values())]

    def order(self, name: str, order: Order) -> None:
        """Tell the process of a stream to do something."""
        for streams in (self._streams, self._successors):
            if name in streams:
                streams[name].order(order)

    def run(self, every_tick: Callable[[], None] = lambda: None) -> None:
        """Watch until ``stop``.

        Args:
            every_tick: Called a few times a second, for what else is due.
        """
        try:
            while not self._is_stopping:
                self._turn()
                every_tick()
        finally:
            self._end()

    def _turn(self) -> None:
        self._take_over()
        for key, _ in self._selector.select(_TICK):
            if key.data is None:
                os.read(self._woken, 4096)
            else:
                self._hear(key.data)
        now = uptime()
        self._hand_over(now)
        streams = self._all
        for stream in streams:
            stream.tick(now)
            self._follow(stream)
        if now >= self._memory_at:
            self._memory_at = now + _MEMORY_EVERY
            for stream in streams:
                stream.look_at_memory()
        self._leaving = [stream for stream in self._leaving if not stream.is_gone]
        self._desk.tick(self._utc.now())
        if not self._desk.open:
            self._utc.follow()

    def _hear(self, stream: WatchedStream) -> None:
        stream.hear(uptime())
        self._follow(stream)

    def _follow(self, stream: WatchedStream) -> None:
        """Wait for the pipe that it has now."""
        known, number = self._heard.get(stream, (None, -1))
        if known is stream.pipe:
            return
        if known is not None:
            self._selector.unregister(number)
            del self._heard[stream]
        if stream.pipe is not None:
            self._heard[stream] = stream.pipe, stream.pipe.fileno()
            self._selector.register(stream.pipe.fileno(), selectors.EVENT_READ, stream)

    def _take_over(self) -> None:
        """See to it that what is wanted is watched."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        for name in [name for name in self._streams if name not in wanted]:
            self._leave(self._streams.pop(name))
            self._stays_until.pop(name, None)
            self._changing.pop(name, None)
            self._desk.remove(name, self._utc.now())
            if name in self._successors:
                self._leave(self._successors.pop(name))
        for name, spec in wanted.items():
            current, successor = self._streams.get(name), self._successors.get(name)
            if current is None:
                self._desk.add(name)
                self._streams[name] = self._made(spec)
                continue
            if successor is not None and successor.spec != spec:
                self._leave(self._successors.pop(name))
            self._changing.pop(name, None)
            if current.spec != spec and name not in self._successors:
                self._changing[name] = spec

    def _replace(self, current: WatchedStream, spec: StreamSpec) -> None:
        """Have another process watch a stream; where two can watch it, there is no gap."""
        name = spec.name
        successor = self._made(spec)
        successor.follow(current)
        if is_for_one(spec.url):
            self._leave(current)
            self._streams[name] = successor
        else:
            self._successors[name] = successor
            successor.is_quiet = True
            self._given_up_at[name] = uptime() + _HANDOVER

    def _hand_over(self, now: float) -> None:
        """Let those end whose successors watch, and those that have lived for long be followed."""
        for name, successor in list(self._successors.items()):
            current, is_late = self._streams[name], now >= self._given_up_at[name]
            if successor.is_watching or (is_late and not (current.is_watching and current.spec == successor.spec)):
                self._leave(current)
                self._streams[name] = self._successors.pop(name)
                successor.speaks(now)
            elif is_late:  # nothing was wrong with it, and it does better than what was to follow
                self._leave(self._successors.pop(name))
                self._stays_until[name] = now + _AGAIN
        for name in list(self._changing):
            if len(self._successors) < _AT_ONCE:
                self._replace(self._streams[name], self._changing.pop(name))
        if self._recycle and not self._successors and now >= self._recycles_at:
            self._recycle_one(now)

    def _recycle_one(self, now: float) -> None:
        """Replace the oldest that is old or large enough: one after the other, as two of them take twice as much."""
        due = [
            (stream.begun_at, name)
            for name, stream in self._streams.items()
            if now - stream.begun_at >= (min(_GROWN, self._recycle) if stream.is_large else self._recycle)
            and now >= self._stays_until.get(name, 0.0)
        ]
        if due:
            _, name = min(due)
            self._recycles_at = now + _APART
            self._note(name, "its process is replaced by a fresh one")
            self._replace(self._streams[name], self._streams[name].spec)

    def _leave(self, stream: WatchedStream) -> None:
        stream.stop()
        self._leaving.append(stream)

    @property
    def _all(self) -> list[WatchedStream]:
        return [*self._streams.values(), *self._successors.values(), *self._leaving]

    def _made(self, spec: StreamSpec) -> WatchedStream:
        return WatchedStream(
            spec,
            self._context,
            self._desk,
            self._utc,
            hang=self._hang,
            note=lambda line: self._note(spec.name, line),
            on_minute=lambda minute: self._on_minute(spec.name, minute),
        )

    def _end(self) -> None:
        """Have all processes end; kill those that do not."""
        streams = self._all
        for stream in streams:
            stream.stop()
        until = uptime() + _LEAVE
        while any(not stream.is_gone for stream in streams):
            if uptime() > until:
                for stream in streams:
                    stream.kill()
                until = float("inf")
            for key, _ in self._selector.select(_TICK):
                if key.data is not None:
                    self._hear(key.data)
        self._selector.close()
        os.close(self._woken)
        os.close(self._wakes)

    def _wake(self) -> None:
        with suppress(OSError):  # it is full, so that somebody wakes anyway; or closed, so that nobody sleeps
            os.write(self._wakes, b".")


def is_for_one(url: str) -> bool:
    """Whether only one process at a time can receive what comes from there: at a port of this machine."""
    scheme = url.partition(":")[0].lower()
    if scheme in ("udp", "rtp"):
        return True
    try:
        return scheme in ("srt", "rist") and listens(PeerAddress(url))
    except SourceError:  # which its process will tell
        return False
