"""Messages of RTMP, in the chunks in which they travel.

Source: Adobe, Real-Time Messaging Protocol, version 1.0, 5.3 (chunking) and 5.4 (protocol control messages).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from watchglass.model.errors import TransferError

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE, BANDWIDTH = range(1, 7)
AUDIO, VIDEO = 8, 9
DATA_AMF3, COMMAND_AMF3, DATA, COMMAND, AGGREGATE = 15, 17, 18, 20, 22

_EXTENDED = 0xFF_FFFF
_CHUNK = 128
"""Bytes of a chunk until something else is agreed on."""
_MOST_STREAMS = 64
_MOST_PENDING = 32 << 20
"""Bytes of messages that are not complete: a picture has less."""


class Message(NamedTuple):
    """One message."""

    kind: int
    time: int
    """Milliseconds, 32 bits."""
    stream: int
    body: bytes


@dataclass(slots=True)
class _ChunkStream:
    time: int = 0
    delta: int = 0
    is_extended: bool = False
    length: int = 0
    kind: int = 0
    stream: int = 0
    body: bytearray = field(default_factory=bytearray)


class ChunkReader:
    """Puts messages together.

    Args:
        take: Gives exactly so many bytes.
    """

    def __init__(self, take: Callable[[int], bytes]) -> None:
        self._take = take
        self._size = _CHUNK
        self._streams: dict[int, _ChunkStream] = {}
        self._pending = 0

    def message(self) -> Message:
        """The next whole message; those that concern the chunks themselves are followed, and passed on, too.

        Raises:
            TransferError: What comes is no RTMP.
        """
        while True:
            message = self._chunk()
            if message is None:
                continue
            if message.kind == SET_CHUNK_SIZE and len(message.body) >= 4:
                size = int.from_bytes(message.body[:4], "big") & 0x7FFF_FFFF
                if not size:
                    raise TransferError("not RTMP that can be read (chunks of no bytes)")
                self._size = size
            elif message.kind == ABORT and len(message.body) >= 4:
                aborted = self._streams.get(int.from_bytes(message.body[:4], "big"))
                if aborted is not None:
                    self._pending -= len(aborted.body)
                    aborted.body.clear()
            return message

    def _chunk(self) -> Message | None:
        first = self._take(1)[0]
        form, number = first >> 6, first & 0x3F
        if number == 0:
            number = 64 + self._take(1)[0]
        elif number == 1:
            low, high = self._take(2)
            number = 64 + low + 256 * high
        told = self._streams.get(number)
        if told is None:
            if form == 3 or len(self._streams) >= _MOST_STREAMS:
                raise TransferError("not RTMP that can be read (a chunk of nothing that has begun)")
            told = self._streams[number] = _ChunkStream()
        self._header(told, form)
        size = min(self._size, told.length - len(told.body))
        self._pending += size
        if self._pending > _MOST_PENDING:
            raise TransferError(f"more than {_MOST_PENDING >> 20} MB of messages have begun and do not end")
        told.body += self._take(size)
        if len(told.body) < told.length:
            return None
        self._pending -= len(told.body)
        body, told.body = bytes(told.body), bytearray()
        return Message(told.kind, told.time, told.stream, body)

    def _header(self, told: _ChunkStream, form: int) -> None:
        step = told.delta
        if form < 3:
            step = int.from_bytes(self._take(3), "big")
            told.is_extended = step == _EXTENDED
        if form < 2:
            told.length, told.kind = int.from_bytes(self._take(3), "big"), self._take(1)[0]
        if form == 0:
            told.stream = int.from_bytes(self._take(4), "little")
        if told.is_extended:
            step = int.from_bytes(self._take(4), "big")
        if told.body:
            if form != 3:
                raise TransferError("not RTMP that can be read (a message begins within another)")
            return
        # A message that begins with a chunk of form 3 comes as long after the last one as that after the one before.
        told.time = step if form == 0 else (told.time + step) & 0xFFFF_FFFF
        told.delta = step


def chunked(message: Message, number: int) -> bytes:
    """A message as it is sent, in chunks of the size that holds unless agreed otherwise.

    Args:
        message: Not one whose time is above 0xFFFFFE ms.
        number: Of the chunk stream, from 2 to 63.
    """
    head = bytes([number]) + message.time.to_bytes(3, "big") + len(message.body).to_bytes(3, "big")
    head += bytes([message.kind]) + message.stream.to_bytes(4, "little")
    parts = [message.body[at : at + _CHUNK] for at in range(0, len(message.body), _CHUNK)] or [b""]
    return head + bytes([0xC0 | number]).join(parts)
