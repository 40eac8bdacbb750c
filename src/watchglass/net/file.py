"""A file on the web, read where one wants."""

import io
from collections.abc import Iterator

from watchglass.model.errors import TransferError
from watchglass.net.address import StreamUrl
from watchglass.net.http import ByteRange, HttpClient, Response

_READ_ON = 512 << 10
"""Bytes up to which reading on is cheaper than asking anew."""
_MOST_RESUMES = 3


class HttpFile(io.RawIOBase):
    """A file-like object over Range requests, for progressive media.

    Where the server knows no ranges it is read from the front only, and ``seekable()`` says so. A connection that
    breaks is resumed where it stood, three times without progress.

    Args:
        client: Fetches.
        url: What to read.

    Raises:
        TransferError: If it cannot be fetched.
        AddressRefusedError: If it may not.
    """

    def __init__(self, client: HttpClient, url: StreamUrl) -> None:
        super().__init__()
        self._client = client
        self._url = url
        self._position = 0
        self._response: Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._rest = b""
        self._stands_at = 0
        self.size: int | None = None
        """Bytes, or None where the server does not say."""
        first = self._open(0)
        self.size = first.total_size
        self._ranges = first.is_partial
        self.content_type = first.headers.get("content-type", "").partition(";")[0].strip().lower()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """True if the server knows byte ranges and the size is known."""
        return self._ranges and self.size is not None

    def tell(self) -> int:
        """Bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; nothing is asked for before the next ``read``.

        Raises:
            OSError: If the server knows no byte ranges.
        """
        if not self.seekable() or self.size is None:
            raise io.UnsupportedOperation(f"{self._url}: the server knows no byte ranges")
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def peek(self, size: int) -> bytes:
        """The first bytes from here on, at most ``size``, without going on; fewer only at the end.

        Raises:
            TransferError: If the server does not deliver.
        """
        head = b""
        while len(head) < size and (more := self.read(size - len(head))):
            head += more
        self._rest, self._stands_at = head + self._rest, self._stands_at - len(head)
        self._position -= len(head)
        return head

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, as soon as there are some; ``b""`` at the end.

        Raises:
            TransferError: If the server does not deliver.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        for attempt in range(_MOST_RESUMES + 1):
            try:
                return self._read_some(size)
            except TransferError as error:
                gone = error.status is not None or self._client.is_stopped
                if gone or not self.seekable() or attempt == _MOST_RESUMES:
                    raise
                self._drop()
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()
        super().close()

    def _read_some(self, size: int) -> bytes:
        if self.size is not None and self._position >= self.size:
            return b""
        if self._response is None or not 0 <= self._position - self._stands_at <= _READ_ON:
            self._open(self._position)
        while True:
            skip = self._position - self._stands_at
            if len(self._rest) > skip:
                data = self._rest[skip : skip + size]
                self._rest = self._rest[skip + len(data) :]
                self._position += len(data)
                self._stands_at = self._position
                return data
            self._stands_at += len(self._rest)
            self._rest = next(self._chunks, b"")
            if not self._rest:
                return b""

    def _open(self, offset: int) -> Response:
        self._drop()
        response = self._client.get(self._url, byte_range=ByteRange(offset))
        if self.size is not None and response.total_size != self.size:
            response.close()
            raise TransferError(f"{self._url}: changed while it was read", 412)
        self._response, self._chunks, self._rest, self._stands_at = response, response.chunks(), b"", offset
        return response

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None
        self._rest = b""
