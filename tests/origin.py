"""A small real HTTP server on loopback, with switches for what goes wrong out there."""

import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote, urlsplit

from serving import Serving


@dataclass
class Answer:
    """What the server does for a path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges: bool = True
    gzip: bool = False
    truncate_at: int | None = None
    """Bytes after which the connection is closed."""
    hold: threading.Event | None = None
    """After ``truncate_at`` nothing is sent until it is set, and the connection closed only then."""
    silent: threading.Event | None = None
    """Nothing is sent until it is set."""
    drip: threading.Event | None = None
    """The body comes a byte at a time until it is set, then not at all."""
    endless: bool = False
    """The body comes over and over; zeros where there is none."""


@dataclass(frozen=True)
class Request:
    path: str
    query: str
    headers: Mapping[str, str]


class Origin(Serving):
    """Serves ``routes``: path -> bytes, ``Answer``, or a function of the request; remembers what was asked."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, bytes | Answer | Callable[[Request], bytes | Answer]] = {}
        self.requests: list[Request] = []
        self._server = _Server((host, 0), _handler(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host, self.port = host, self._server.server_port

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        found = self.routes.get(request.path, Answer(status=404))
        if callable(found):
            found = found(request)
        return found if isinstance(found, Answer) else Answer(found)


class Canary:
    """Listens on a loopback address where nobody should come, and counts who does."""

    def __init__(self, host: str = "127.0.0.2") -> None:
        self._socket = socket.create_server((host, 0))
        self.host, self.port = host, self._socket.getsockname()[1]

    def url(self, path: str = "/secret") -> str:
        return f"http://{self.host}:{self.port}{path}"

    @property
    def connects(self) -> int:
        self._socket.setblocking(False)
        count = 0
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1

    def __enter__(self) -> "Canary":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave early are what the tests are about."""


def _handler(origin: Origin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            request = Request(unquote(parts.path), parts.query, {k.lower(): v for k, v in self.headers.items()})
            _send(self, origin.answer(request), request)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer, request: Request) -> None:
    body, status, headers = answer.body, answer.status, dict(answer.headers)
    if answer.silent is not None:
        answer.silent.wait(30)
    if answer.gzip:
        packer = zlib.compressobj(9, wbits=31)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    elif answer.ranges and status == 200 and "range" in request.headers:
        first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
        total = len(body)
        body = body[int(first) : int(last) + 1 if last else None]
        status, headers["Content-Range"] = 206, f"bytes {first}-{int(first) + len(body) - 1}/{total}"
    if "Date" in headers:  # else the handler tells its own
        handler.send_response_only(status)
    else:
        handler.send_response(status)
    for name, text in headers.items():
        handler.send_header(name, text)
    if not answer.endless:
        handler.send_header("Content-Length", str(len(body)))
    else:
        handler.close_connection = True
    handler.end_headers()
    if answer.endless:
        while True:
            handler.wfile.write(body or bytes(1 << 16))
    if answer.drip is not None:
        for number in range(len(body)):
            if answer.drip.wait(0.02):
                break
            handler.wfile.write(body[number : number + 1])
        handler.close_connection = True
        return
    handler.wfile.write(body[: answer.truncate_at])
    if answer.hold is not None:
        answer.hold.wait(30)
    if answer.truncate_at is not None:
        handler.close_connection = True
