"""The HTTP client: what it fetches passes the guard, has limits, and arrives as it is sent."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple

import httpx

from watchglass.model.errors import AddressRefusedError, SourceError, TransferError
from watchglass.net.address import Origin, StreamUrl, redact
from watchglass.net.guard import Guard, Network
from watchglass.net.inflate import Inflater
from watchglass.net.wire import Cutter, GuardedTransport

MOST_REDIRECTS = 5
_LARGEST = 4 << 30
"""Bytes of one answer where the caller has no limit of its own; a segment or a file that is larger is an error."""
_MOST_COOKIES = 64
_NOTHING = httpx.ByteStream(b"")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FORBIDDEN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "range"}
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a server may keep us waiting.

    Args:
        connect: Seconds until a connection stands.
        read: Seconds of silence.
        floor: Fewest bytes a second that an answer may bring, measured over ``window``.
        window: Seconds.
    """

    connect: float = 5.0
    read: float = 10.0
    floor: float = 500.0
    window: float = 10.0


class ByteRange(NamedTuple):
    """A part of a resource."""

    offset: int
    length: int | None = None
    """None: to the end."""

    def __str__(self) -> str:
        """As the ``Range`` header wants it."""
        return f"bytes={self.offset}-" + ("" if self.length is None else str(self.offset + self.length - 1))

    def after(self, size: int) -> "ByteRange":
        """What is still missing of it where so many bytes are here."""
        return ByteRange(self.offset + size, None if self.length is None else self.length - size)


class Reply(NamedTuple):
    """What a server answered to what was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    """Its beginning."""

    @property
    def text(self) -> str:
        """The body, for people."""
        return self.body.decode("utf-8", errors="replace")


class HttpClient:
    """Fetches by GET, and sends by POST or whatever else is said, behind a guard.

    Args:
        guard: Says which addresses may be reached.
        home: The origin that ``headers`` are for; nobody else gets them, nor the userinfo of a typed URL.
        headers: Extra request headers, such as ``Authorization``.
        timeouts: How long to wait.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        home: Origin | None = None,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        self._home = home
        self._headers = {name: text for name, text in (headers or {}).items() if name.lower() not in _FORBIDDEN_HEADERS}
        self._timeouts = timeouts
        self._cutter = Cutter()
        self._client = httpx.Client(
            transport=GuardedTransport(guard, self._cutter, timeouts.floor, timeouts.window),
            timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=60.0),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "watchglass", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"},
        )

    @classmethod
    def towards(
        cls,
        url: StreamUrl | None,
        *,
        headers: Mapping[str, str] | None = None,
        allow_private: Sequence[Network] = (),
        timeouts: Timeouts = Timeouts(),
    ) -> "HttpClient":
        """A client for what a user typed: its host is trusted, its origin gets the headers.

        Args:
            url: What was typed; None for a local playlist, whose URLs are all strangers'.
            headers: Extra request headers for that origin.
            allow_private: Networks that other hosts may be in.
            timeouts: How long to wait.
        """
        guard = Guard([url.origin.host] if url else [], allow_private)
        return cls(guard, home=url.origin if url else None, headers=headers, timeouts=timeouts)

    def get(
        self,
        url: StreamUrl,
        *,
        byte_range: ByteRange | None = None,
        max_bytes: int = _LARGEST,
        patience: float | None = None,
    ) -> "Response":
        """Ask for a resource and return when its headers are here; redirects are followed.

        Args:
            url: What to fetch.
            byte_range: The part of it that is wanted; a server that sends the whole is cut to it.
            max_bytes: Most bytes of the decoded body.
            patience: Seconds of silence, where the server is asked to wait itself.

        Raises:
            AddressRefusedError: If the guard does not let us, at any hop.
            TransferError: If it is not delivered; with ``status`` where the server gave one.
        """
        hop = url
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask(hop, byte_range, patience)
            location = answer.headers.get("location")
            if answer.status_code not in _REDIRECTS or location is None:
                return self._accept(hop, answer, byte_range, max_bytes)
            _let_go(answer)
            try:
                hop = hop.join(location)
            except SourceError as error:
                raise TransferError(f"{hop}: redirects to what is not followed: {error}", answer.status_code) from None
        raise TransferError(f"{url}: more than {MOST_REDIRECTS} redirects")

    def post(self, url: StreamUrl, body: bytes, headers: Mapping[str, str], *, most: int = 4096) -> "Reply":
        """Send something by POST, as ``send`` does."""
        return self.send("POST", url, body, headers, most=most)

    def send(self, verb: str, url: StreamUrl, body: bytes, headers: Mapping[str, str], *, most: int = 4096) -> "Reply":
        """Send something; whatever the server answers is an answer, and redirects are not followed.

        Args:
            verb: How, such as PUT.
            url: Where to.
            body: What.
            headers: Beside those for the origin.
            most: Bytes of the answer's body that are read.

        Raises:
            AddressRefusedError: If the guard does not let us.
            TransferError: If there is no answer: whether it has arrived is then not known.
        """
        answer = self._ask(url, None, None, verb=verb, body=body, more=headers)
        said = b""
        with suppress(httpx.HTTPError):  # the status is here, which is what counts
            for chunk in answer.iter_raw():
                said += chunk
                if len(said) >= most:
                    break
        _let_go(answer)
        return Reply(answer.status_code, answer.headers, said[:most])

    def text(self, url: StreamUrl, *, max_bytes: int, patience: float | None = None) -> tuple[StreamUrl, str]:
        """Fetch a text whole: the URL where it was found after redirects, and the text (UTF-8, marks removed).

        Raises:
            AddressRefusedError: If the guard does not let us.
            TransferError: If it is not delivered.
        """
        with self.get(url, max_bytes=max_bytes, patience=patience) as response:
            return response.url, response.read().decode("utf-8-sig", errors="replace")

    def stop(self) -> None:
        """Make everything under way fail at once; may be called from any thread."""
        self._cutter.cut()

    @property
    def is_stopped(self) -> bool:
        """True after ``stop`` or ``close``."""
        return self._cutter.is_cut.is_set()

    def close(self) -> None:
        """Stop, and let go of the connections."""
        self.stop()
        self._client.close()

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self,
        url: StreamUrl,
        byte_range: ByteRange | None,
        patience: float | None,
        *,
        verb: str = "GET",
        body: bytes | None = None,
        more: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        if self.is_stopped:
            raise TransferError(f"{url}: stopped")
        headers = {**self._headers_for(url), **(more or {})}
        if byte_range is not None:
            headers |= {"Range": str(byte_range), "Accept-Encoding": "identity"}
        if len(self._client.cookies.jar) > _MOST_COOKIES:
            self._client.cookies.clear()  # a server that sets more and more of them would choke on its own
        try:
            request = self._client.build_request(verb, url.parsed, headers=headers, content=body)
            if patience is not None:
                request.extensions["timeout"]["read"] = patience
            return self._client.send(request, stream=True)
        except AddressRefusedError as error:
            raise AddressRefusedError(f"{url}: {error}") from None
        except TransferError as error:
            raise TransferError(f"{url}: {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, ValueError) as error:
            raise TransferError(f"{url}: {_reason(error, self._timeouts)}") from None

    def _headers_for(self, url: StreamUrl) -> dict[str, str]:
        home, origin = self._home, url.origin
        if home is None:
            return {}
        # http to https on the same host is the same site grown careful, as curl's and httpx's users expect.
        upgraded = (home.scheme, home.port, origin.scheme, origin.port) == ("http", 80, "https", 443)
        same = origin == home or (upgraded and origin.host == home.host)
        return dict(self._headers) if same else {}

    def _accept(
        self, url: StreamUrl, answer: httpx.Response, byte_range: ByteRange | None, max_bytes: int
    ) -> "Response":
        if not 200 <= answer.status_code < 300:
            _let_go(answer)
            phrase = redact(answer.reason_phrase)[:60]
            raise TransferError(f"{url}: HTTP {answer.status_code} {phrase}".rstrip(), answer.status_code)
        try:
            return Response(url, answer, byte_range, max_bytes, self._timeouts)
        except TransferError:
            _let_go(answer)
            raise


class Response:
    """An answer whose body is still to be read, once.

    Attributes:
        url: Where it came from, after redirects.
        is_partial: True if the server sent only the part that was asked for.
        total_size: Bytes of the whole resource, where the server says.
    """

    def __init__(
        self,
        url: StreamUrl,
        answer: httpx.Response,
        byte_range: ByteRange | None,
        max_bytes: int,
        timeouts: Timeouts,
    ) -> None:
        self.url = url
        self.status = answer.status_code
        self.headers: Mapping[str, str] = answer.headers
        self._answer = answer
        self._max_bytes = max_bytes
        self._timeouts = timeouts
        self._inflater = Inflater.for_encoding(answer.headers.get("content-encoding", ""), str(url))
        self.is_partial, self.total_size = self._extent(byte_range)
        self._skip = byte_range.offset if byte_range and not self.is_partial else 0
        self._wanted = byte_range.length if byte_range else None

    def chunks(self) -> Iterator[bytes]:
        """The decoded body as it arrives.

        Raises:
            TransferError: If it ends early, stalls, drips, or is larger than allowed.
        """
        try:
            for chunk in self._wanted_part(self._decoded()):
                if chunk:
                    yield chunk
        except httpx.HTTPError as error:
            raise TransferError(f"{self.url}: {_reason(error, self._timeouts)}", None) from None
        finally:
            self.close()

    def read(self) -> bytes:
        """The whole decoded body.

        Raises:
            TransferError: As ``chunks``.
        """
        return b"".join(self.chunks())

    def close(self) -> None:
        """Let go of the connection."""
        _let_go(self._answer)

    def __enter__(self) -> "Response":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decoded(self) -> Iterator[bytes]:
        size = 0
        for wire_chunk in self._answer.iter_raw():
            for chunk in self._inflater.chunks(wire_chunk):
                size += len(chunk)
                if size > self._max_bytes:
                    raise TransferError(f"{self.url}: larger than {_spelled(self._max_bytes)}, not read further")
                yield chunk
        self._inflater.finish()

    def _wanted_part(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        skip, missing = self._skip, self._wanted
        for chunk in chunks:
            if skip:
                skipped = min(skip, len(chunk))
                skip -= skipped
                chunk = chunk[skipped:]
            if missing is not None:
                chunk = chunk[:missing]
                missing -= len(chunk)
            yield chunk
            if missing == 0:
                return
        if missing:
            raise TransferError(f"{self.url}: {missing} bytes of the byte range are missing")

    def _extent(self, byte_range: ByteRange | None) -> tuple[bool, int | None]:
        """Whether only a part was sent, and the size of the whole."""
        length = self.headers.get("content-length", "")
        if self.status != 206:
            return False, int(length) if length.isdecimal() and self._inflater.is_identity else None
        unit, _, rest = self.headers.get("content-range", "").partition(" ")
        extent, _, total = rest.partition("/")
        first = extent.partition("-")[0]
        if byte_range is None or unit.lower() != "bytes" or first != str(byte_range.offset):
            raise TransferError(f"{self.url}: the server sent another byte range than was asked for", self.status)
        return True, int(total) if total.isdecimal() else None


def _let_go(answer: httpx.Response) -> None:
    """Close an answer, and break the ring of objects that it is: they are many, and would wait to be collected."""
    answer.close()
    answer.stream = _NOTHING


def _reason(error: Exception, timeouts: Timeouts) -> str:
    """What went wrong, for people."""
    said = re.sub(r"^\[Errno -?\d+\] ", "", redact(str(error)))
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {timeouts.connect:g} s"
    if isinstance(error, httpx.ReadTimeout):
        return said if said.startswith("only ") else f"nothing arrived for {timeouts.read:g} s"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the answer ended early" if "without" in said else f"this is not HTTP ({said})"
    return said or type(error).__name__


def _spelled(size: int) -> str:
    return f"{size / 1e6:g} MB" if size >= 1_000_000 else f"{size} bytes"
