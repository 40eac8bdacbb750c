"""Looks at the bytes of a transport stream on their way to the demuxer."""

import io
from collections import deque
from collections.abc import Iterator
from math import inf
from typing import Protocol

import numpy as np

from watchglass.kernels.ts import step
from watchglass.media.ts import Checked, TransportStream
from watchglass.model.transport import TransportCheck


class Seekable(Protocol):
    """What a demuxer reads from."""

    def read(self, n: int, /) -> bytes:
        """At most ``n`` bytes; none at the end."""
        ...

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Go to a place."""
        ...

    def seekable(self) -> bool:
        """True if one can go to any place."""
        ...

    def tell(self) -> int:
        """Where it is."""
        ...


def is_transport_stream(head: bytes) -> bool:
    """Whether a file begins with packets of 188 bytes.

    Args:
        head: Its first kilobyte.
    """
    return step(np.frombuffer(head, np.uint8)) == 0


class TransportTap:
    """A file as the demuxer reads it; every byte is looked at once, from the first to the last.

    What the demuxer seeks beyond that (to find out how long a file is) is not looked at then, but when it comes by.

    Args:
        file: The file, at its beginning.
    """

    def __init__(self, file: Seekable) -> None:
        self._file = file
        self._stream = TransportStream()
        self._looked = 0
        self._waiting: deque[Checked] = deque()

    def read(self, n: int) -> bytes:
        """Read on."""
        at = self._file.tell()
        data = self._file.read(n)
        if at <= self._looked < at + len(data):
            self._waiting.extend(self._stream.feed(data[self._looked - at :]))
            self._looked = at + len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """As the file is: a demuxer that is not told so tries."""
        return self._file.seekable()

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def told(self, reached: float) -> Iterator[TransportCheck]:
        """What was found up to so many seconds of the stream."""
        while self._waiting and self._waiting[0].end <= reached:
            checked = self._waiting.popleft()
            yield checked.item(checked.begin)

    def rest(self) -> Iterator[TransportCheck]:
        """What was found up to the end."""
        self._waiting.extend(self._stream.feed(b"", is_last=True))
        yield from self.told(inf)
