"""What comes over RTMP, as one FLV after the other: a new one begins where a demuxer would not see what has changed.

FFmpeg (8.1) finds the tracks of an FLV in its first seconds. A sound that is added later, or another codec, makes a
track that nobody asks for.
"""

from collections.abc import Iterator

from watchglass.net import flv
from watchglass.net.rtmp_chunks import Message

_PROBED = 2_000
"""Milliseconds from the beginning in which a demuxer finds what there is."""
_KEYLESS = 10_000
"""Milliseconds for which a key frame is waited for: some streams have none."""


class FlvRuns:
    """All of them.

    Args:
        messages: Sound, pictures, and what is told of them.
    """

    def __init__(self, messages: Iterator[Message]) -> None:
        self._messages = messages

    def __iter__(self) -> Iterator["FlvRun"]:
        following, told = next(self._messages, None), dict[int, Message]()
        while following is not None:
            before = [each._replace(time=following.time) for kind, each in told.items() if kind != following.kind]
            run = FlvRun(self._messages, [*before, following])
            yield run
            following, told = run.following, told | run.told


class FlvRun:
    """One FLV, read as it comes.

    Args:
        messages: Of the stream.
        before: Those that come first.
    """

    def __init__(self, messages: Iterator[Message], before: list[Message]) -> None:
        self._messages = messages
        self._before = before
        self._begin: int | None = None
        self._codecs: dict[int, bytes] = {}
        self._has_key = False
        self._rest = flv.header()
        self._is_over = False
        self.told: dict[int, Message] = {}
        """The latest of what a decoder must have seen before all others, by kind."""
        self.following: Message | None = None
        """With which the next run begins; None where the stream has ended."""

    def read(self, n: int) -> bytes:
        """At most so many bytes; none at the end."""
        while not self._rest and not self._is_over:
            message = self._before.pop(0) if self._before else next(self._messages, None)
            if message is None or self._is_another(message):
                self.following, self._is_over = message, True
            elif self._is_of_use(message):
                self._rest = flv.tag(message.kind, message.time, message.body)
        data, self._rest = self._rest[:n], self._rest[n:]
        return data

    def _is_another(self, message: Message) -> bool:
        """Whether a demuxer that has begun would not see what a message is."""
        coded = flv.codec(message.kind, message.body)
        if message.kind == flv.SCRIPT or not coded:
            return False
        self._begin = message.time if self._begin is None else self._begin
        known = self._codecs.get(message.kind)
        is_probed = self._codecs and self._since(self._begin, message) > _PROBED
        if (known is None and is_probed) or (known is not None and known != coded):
            return True
        self._codecs[message.kind] = coded
        if flv.configures(message.kind, message.body):
            self.told[message.kind] = message
        return False

    def _is_of_use(self, message: Message) -> bool:
        """False for pictures before the first key frame, which nothing can be made of."""
        if message.kind != flv.VIDEO or flv.configures(message.kind, message.body):
            return True
        waited = 0 if self._begin is None else self._since(self._begin, message)
        self._has_key |= flv.is_key(message.body) or waited > _KEYLESS
        return self._has_key

    @staticmethod
    def _since(begin: int, message: Message) -> int:
        """Milliseconds; a step back is none."""
        passed = (message.time - begin) & 0xFFFF_FFFF
        return passed if passed < 1 << 31 else 0
