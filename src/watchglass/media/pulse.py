"""Whether FFmpeg is at work, and for how long: a decoder that hangs says nothing, and nobody else can say it either.

A thread is at work from when it is asked for the next item until it has one; not while it waits for bytes, however
long, nor while somebody else has the item.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from watchglass.media.readable import Readable

T = TypeVar("T")


class Pulse:
    """Marks of all threads of a stream that use FFmpeg; asked from any thread.

    Args:
        clock: Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[int, float] = {}
        """When the threads that are at work began, by their identity."""

    def stuck_for(self) -> float:
        """Seconds for which a thread has been at work, the longest of all; 0 if none is."""
        return max((self._clock() - since for since in tuple(self._since.values())), default=0.0)

    def works(self) -> None:
        """This thread is in FFmpeg, and has all that it needs."""
        self._since[threading.get_ident()] = self._clock()

    def waits(self) -> None:
        """This thread is not, or it waits for bytes."""
        self._since.pop(threading.get_ident(), None)

    def at_work(self, items: Generator[T, None, None]) -> Iterator[T]:
        """The same items, each of them work."""
        try:
            while True:
                self.works()
                try:
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    self.waits()
                yield item
        finally:
            items.close()

    def at_rest(self, packets: Iterator[T]) -> Iterator[T]:
        """The same packets, each of them waited for: where FFmpeg itself reads from a connection."""
        while True:
            with self.rest():
                packet = next(packets, None)
            if packet is None:
                return
            yield packet

    @contextmanager
    def rest(self) -> Iterator[None]:
        """A stretch of work in which something is waited for."""
        self.waits()
        try:
            yield
        finally:
            self.works()

    def reading(self, file: Readable) -> Readable:
        """The same file, whose reads are no work."""
        return _Waited(file, self)


class _Waited:
    """A file that is waited for; it can do what the file can do."""

    def __init__(self, file: Any, pulse: Pulse) -> None:
        self._file = file
        self._pulse = pulse

    def read(self, n: int) -> bytes:
        """At most ``n`` bytes."""
        with self._pulse.rest():
            data: bytes = self._file.read(n)
            return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
