"""An HTTP server whose answers may be wrong in every way: what is served, and what goes wrong, others decide."""

import os
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Literal, Self
from urllib.parse import urlsplit

from watchglass.model.errors import UsageError

AT_ONCE = 64 << 10
"""Bytes of a body that are written at a time."""
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for."""

    path: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What it is told."""

    content_type: str
    body: Iterable[bytes]
    """Pieces, each sent as it comes: whoever yields them may take their time."""
    length: int | None
    """What the answer says of its length, true or not; None to send it in chunks that say their own."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""
    ends: Literal["well", "cut", "reset"] = "well"
    """Whether the connection lives on after the body, is closed, or is reset."""
    sent: Callable[[], None] = lambda: None
    """Called once the last byte has been handed to the socket."""


def whole(data: bytes, content_type: str, **more: object) -> Answer:
    """An answer that is as it should be, unless ``more`` says otherwise."""
    pieces = [data[at : at + AT_ONCE] for at in range(0, len(data), AT_ONCE)]
    return Answer(content_type, pieces, len(data), **more)  # type: ignore[arg-type]


def missing() -> Answer:
    """There is nothing there."""
    return whole(b"not found\n", "text/plain", status=404)


class Server:
    """Answers in a thread for each connection; a context manager.

    Args:
        answer: What to say.
        listen: Address and port; port 0 for any that is free.

    Raises:
        UsageError: Nobody can listen there.
    """

    def __init__(self, answer: Callable[[Request], Answer], listen: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.closing = Event()
        """Set when all is over: whoever takes its time waits on it."""
        try:
            self._server = _Connections(listen, _handler(answer, self.closing))
        except (OSError, OverflowError) as exc:
            raise UsageError(f"{listen[0]}:{listen[1]}: cannot be listened on ({exc})") from exc
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL,), name="serve", daemon=True)

    @property
    def place(self) -> str:
        """Address and port, as in a URL."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Listen no more."""
        self._server.server_close()


class _Connections(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is its own affair, and nothing to be printed."""


def _handler(answer: Callable[[Request], Answer], closing: Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            told = urlsplit(self.path)
            try:
                self._send(answer(Request(told.path, told.query)))
            except ConnectionError:  # the client hung up, as it may
                self.close_connection = True

        def _send(self, answer: Answer) -> None:
            if answer.delay and closing.wait(answer.delay):
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            if answer.length is None:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            for piece in answer.body:
                if closing.is_set():
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.length is None else piece)
            if answer.length is None and answer.ends == "well":
                self.wfile.write(b"0\r\n\r\n")
            if answer.ends == "reset":
                _reset(self.connection)
            self.close_connection = self.close_connection or answer.ends != "well"
            answer.sent()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the terminal belongs to whoever runs this."""

    return Handler


def _reset(connection: socket.socket) -> None:
    """Closed with nothing lingering, a connection ends with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
