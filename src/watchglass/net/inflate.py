"""Content encodings, with limits: a kilobyte on the wire must not become a gigabyte here."""

import zlib
from collections.abc import Iterator

from watchglass.model.errors import TransferError

_MOST_RATIO = 100
_UNSUSPICIOUS = 256 << 10
"""Decoded bytes below which the ratio says nothing: a short playlist may well compress a hundredfold."""
_PIECE = 64 << 10


class Inflater:
    """Undoes the content encoding of one body.

    Args:
        windows: zlib window sizes to try in turn; none means that the body is sent as it is.
        name: What is fetched, for messages.
    """

    def __init__(self, windows: tuple[int, ...], name: str) -> None:
        self._windows = windows
        self._name = name
        self._inflate = zlib.decompressobj(windows[0]) if windows else None
        self._taken = self._given = 0

    @classmethod
    def for_encoding(cls, encoding: str, name: str) -> "Inflater":
        """For a ``Content-Encoding`` header.

        Raises:
            TransferError: For an encoding that was not asked for.
        """
        match encoding.strip().lower():
            case "" | "identity":
                return cls((), name)
            case "gzip" | "x-gzip":
                return cls((31,), name)
            case "deflate":  # zlib by the standard, bare deflate from some servers
                return cls((15, -15), name)
            case _:
                raise TransferError(f"{name}: sent with a content encoding that was not asked for")

    @property
    def is_identity(self) -> bool:
        """True if the body is sent as it is."""
        return self._inflate is None

    def chunks(self, data: bytes) -> Iterator[bytes]:
        """The decoded bytes that ``data`` completes, at most 64 KiB at a time.

        Raises:
            TransferError: If the data is not what the header says, or grows more than a hundredfold.
        """
        if self._inflate is None:
            yield data
            return
        self._taken += len(data)
        while data and self._inflate is not None:
            chunk, data = self._step(data)
            self._given += len(chunk)
            if self._given > max(_UNSUSPICIOUS, _MOST_RATIO * self._taken):
                raise TransferError(f"{self._name}: compressed more than {_MOST_RATIO}-fold, not read further")
            yield chunk

    def finish(self) -> None:
        """The body has ended.

        Raises:
            TransferError: If something of it is missing.
        """
        if self._inflate is not None and self._taken and not self._inflate.eof:
            raise TransferError(f"{self._name}: the compressed answer ended early")

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        assert self._inflate is not None
        if self._inflate.eof:  # gzip may be several members in a row
            self._inflate = zlib.decompressobj(self._windows[0])
        try:
            chunk = self._inflate.decompress(data, _PIECE)
        except zlib.error as error:
            if self._given == 0 and len(self._windows) > 1 and self._taken == len(data):
                self._windows = self._windows[1:]
                self._inflate = zlib.decompressobj(self._windows[0])
                return self._step(data)
            raise TransferError(f"{self._name}: not compressed as it says") from error
        return chunk, self._inflate.unconsumed_tail or self._inflate.unused_data
