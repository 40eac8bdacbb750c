"""Plays a stream over RTMP: what comes is handed on as FLV.

One connection to one vetted address. Where the server sends us elsewhere (``ex.redirect``), we do not go.

Source: Adobe, Real-Time Messaging Protocol, version 1.0, 5.2 (handshake), 7.2 (commands); Veovera, Enhanced RTMP v1.
"""

import os
import struct
from collections.abc import Callable, Iterator, Mapping

from watchglass.model.errors import SourceError, TransferError
from watchglass.net import amf, flv
from watchglass.net.guard import Guard
from watchglass.net.line import Line, Patience
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtmp_chunks import (
    ACKNOWLEDGEMENT,
    AGGREGATE,
    BANDWIDTH,
    COMMAND,
    COMMAND_AMF3,
    DATA,
    DATA_AMF3,
    USER_CONTROL,
    WINDOW_SIZE,
    ChunkReader,
    Message,
    chunked,
)

_VERSION, _HANDSHAKE = 3, 1536
_CONTROL, _COMMANDS, _PLAYING = 2, 3, 8
"""Chunk streams that we send on."""
_BUFFER = 1_000
"""Milliseconds that we say we would hold."""
_WINDOW = 2_500_000
"""Bytes after which the server wants to hear, unless it says otherwise."""
_LIVE = -1_000
"""The place in a stream that is live, and nothing recorded."""
_PING, _PONG, _SET_BUFFER, _DRY = 6, 7, 3, 1
_SET_DATA = amf.encode("@setDataFrame")
"""What a publisher puts before what it tells of a stream, and some servers leave there."""
_BLOCK = 1 << 14
_CODECS = ["avc1", "hvc1", "av01", "vp09", "mp4a", "Opus", "ac-3", "ec-3"]


class RtmpPlay:
    """One connection that plays one stream.

    Args:
        address: What to play.
        guard: Vets where it is.
        arrived: Is told when media arrive.
        patience: How long to wait for how little.

    Raises:
        SourceError: The address does not name a stream.
        AddressRefusedError: If the guard does not let us.
        TransferError: If nobody answers there.
    """

    def __init__(
        self,
        address: PeerAddress,
        guard: Guard,
        arrived: Callable[[], None] = lambda: None,
        patience: Patience | None = None,
    ) -> None:
        self._address = address
        self._app, self._stream = stream_of(address)
        self._arrived = arrived
        self._line = Line.connect(address, guard, patience)
        self._held = bytearray()
        self._chunks = ChunkReader(self._take)
        self._window, self._received, self._acknowledged = _WINDOW, 0, 0

    def messages(self) -> Iterator[Message]:
        """Sound, pictures and what is told of them, until the server has no more.

        Raises:
            TransferError: With the server's own words where it has any.
        """
        self._shake_hands()
        self._ask()
        while True:
            message = self._next()
            if message is None:
                return
            if message.kind in (flv.AUDIO, flv.VIDEO):
                self._arrived()
                yield message
            elif message.kind == AGGREGATE:
                self._arrived()
                yield from _parts(message)
            elif message.kind in (DATA, DATA_AMF3):
                body = message.body[1:] if message.kind == DATA_AMF3 else message.body
                yield Message(flv.SCRIPT, message.time, 0, body.removeprefix(_SET_DATA))
            elif message.kind in (COMMAND, COMMAND_AMF3):
                name, _, *told = self._command(message)
                if name == "onStatus" and self._ends(told[-1] if told else None):
                    return
            elif message.kind == USER_CONTROL and message.body[:2] == _DRY.to_bytes(2, "big"):
                return

    def cut(self) -> None:
        """End it, from any thread."""
        self._line.cut()

    def close(self) -> None:
        """Leave; by whoever reads."""
        self._line.close()

    def _shake_hands(self) -> None:
        mine = bytes(8) + os.urandom(_HANDSHAKE - 8)
        self._line.write(bytes([_VERSION]) + mine)
        try:
            version = self._take(1)[0]
            if version != _VERSION:
                raise TransferError(f"does not speak RTMP (version {version})")
            self._line.write(self._take(_HANDSHAKE))
            self._take(_HANDSHAKE)
        except EOFError:
            raise TransferError("the server hung up at once") from None

    def _ask(self) -> None:
        """Connect to the application, have a stream made, and play it."""
        wanted: Mapping[str, amf.Value] = {
            "app": self._app,
            "flashVer": "LNX 9,0,124,2",
            "tcUrl": f"{self._address.scheme}://{self._address.authority}/{self._app}",
            "fpad": False,
            "capabilities": 15.0,
            "audioCodecs": 4071.0,
            "videoCodecs": 252.0,
            "videoFunction": 1.0,
            "objectEncoding": 0.0,
            "fourCcList": list(_CODECS),
        }
        self._call("connect", 1, wanted)
        self._answer(1)
        self._send(Message(WINDOW_SIZE, 0, 0, _WINDOW.to_bytes(4, "big")), _CONTROL)
        self._call("createStream", 2, None)
        stream = self._answer(2)
        number = int(stream) if isinstance(stream, float) and 0 <= stream < 2**32 else 1
        self._call("play", 0, None, self._stream, float(_LIVE), stream=number)
        self._send(Message(USER_CONTROL, 0, 0, struct.pack(">HII", _SET_BUFFER, number, _BUFFER)), _CONTROL)

    def _answer(self, number: int) -> amf.Value:
        """What the server says to the call of that number."""
        while True:
            message = self._next()
            if message is None:
                raise TransferError("the server hung up before it played anything")
            if message.kind not in (COMMAND, COMMAND_AMF3):
                continue
            name, which, *told = self._command(message)
            last = told[-1] if told else None
            if name == "onStatus" and self._ends(last):
                raise TransferError("the server ends it before it has begun")
            if which != float(number):
                continue
            if name == "_error":
                raise TransferError(self._refusal(last))
            return last

    def _next(self) -> Message | None:
        """The next message that is not about the connection itself; None at the end."""
        while True:
            try:
                message = self._chunks.message()
            except EOFError:
                return None
            self._acknowledge()
            if message.kind == WINDOW_SIZE and len(message.body) >= 4:
                self._window = max(1, int.from_bytes(message.body[:4], "big"))
            elif message.kind == BANDWIDTH:
                self._send(Message(WINDOW_SIZE, 0, 0, _WINDOW.to_bytes(4, "big")), _CONTROL)
            elif message.kind == USER_CONTROL and message.body[:2] == _PING.to_bytes(2, "big"):
                pong = _PONG.to_bytes(2, "big") + message.body[2:6]
                self._send(Message(USER_CONTROL, 0, 0, pong), _CONTROL)
            else:
                return message

    def _acknowledge(self) -> None:
        if self._received - self._acknowledged >= self._window // 2:
            self._acknowledged = self._received
            count = (self._received & 0xFFFF_FFFF).to_bytes(4, "big")
            self._send(Message(ACKNOWLEDGEMENT, 0, 0, count), _CONTROL)

    def _command(self, message: Message) -> list[amf.Value]:
        body = message.body[1:] if message.kind == COMMAND_AMF3 else message.body
        try:
            values = list(amf.decode(body))
        except amf.AmfError as error:
            raise TransferError(f"not RTMP that can be read ({error})") from error
        return [*values, None, None][: max(2, len(values))]

    def _ends(self, told: amf.Value) -> bool:
        """Whether a status is the end of it; trouble is raised."""
        code = str(told.get("code", "")) if isinstance(told, Mapping) else ""
        if code in ("NetStream.Play.UnpublishNotify", "NetStream.Play.Stop", "NetStream.Play.Complete"):
            return True
        if isinstance(told, Mapping) and (
            told.get("level") == "error" or code.endswith((".StreamNotFound", ".Failed"))
        ):
            raise TransferError(self._refusal(told))
        return False

    def _refusal(self, told: amf.Value) -> str:
        """The server's words for why not."""
        if not isinstance(told, Mapping):
            return "the server refuses to play it"
        more = told.get("ex")
        if isinstance(more, Mapping) and "redirect" in more:
            return "the server sends us elsewhere, which is not followed"
        words = " ".join(str(told.get(key) or "") for key in ("code", "description")).strip()
        return f"the server refuses to play it: {self._address.hide(words)[:200]}"

    def _call(self, name: str, number: int, *values: amf.Value, stream: int = 0) -> None:
        body = amf.encode(name, float(number), *values)
        self._send(Message(COMMAND, 0, stream, body), _PLAYING if stream else _COMMANDS)

    def _send(self, message: Message, number: int) -> None:
        self._line.write(chunked(message, number))

    def _take(self, n: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            EOFError: There are no more.
        """
        while len(self._held) < n:
            data = self._line.read(max(_BLOCK, n - len(self._held)))
            if not data:
                raise EOFError
            self._held += data
            self._received += len(data)
        taken = bytes(self._held[:n])
        del self._held[:n]
        return taken


def stream_of(address: PeerAddress) -> tuple[str, str]:
    """Application and stream that an address names: of three or more parts the first two are the application.

    Raises:
        SourceError: It names none.
    """
    if address.user:
        raise SourceError(
            f"{address}: a user and a password are not sent over RTMP; a token goes behind the stream's name"
        )
    parts = address.rest.split("/")
    least = 1 if len(parts) <= 2 else 2
    app, stream = "/".join(parts[:least]), "/".join(parts[least:])
    if not app or not stream:
        raise SourceError(f"{address}: is not of the form {address.scheme}://HOST/APPLICATION/STREAM")
    return app, stream


def _parts(message: Message) -> Iterator[Message]:
    """The tags within an aggregate; their times go on from its own."""
    body, at, shift = message.body, 0, None
    while at + 11 <= len(body):
        kind, size = body[at], int.from_bytes(body[at + 1 : at + 4], "big")
        time = int.from_bytes(body[at + 4 : at + 7], "big") | body[at + 7] << 24
        shift = message.time - time if shift is None else shift
        if kind in (flv.AUDIO, flv.VIDEO):
            yield Message(kind, (time + shift) & 0xFFFF_FFFF, message.stream, body[at + 11 : at + 11 + size])
        at += 11 + size + 4
