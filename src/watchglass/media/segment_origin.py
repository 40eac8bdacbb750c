"""Where playlists, segments and keys come from: the web behind its guard, or a folder.

A playlist of the web never opens a file. A local playlist opens files beside or below itself and, through the guard,
what it names on the web.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from watchglass.media.content_keys import ContentKeys
from watchglass.media.playlist import MOST_BYTES
from watchglass.media.playlist_parts import Ask
from watchglass.model.errors import AddressRefusedError, NotFoundError, PlaylistError, SourceError, TransferError
from watchglass.net.address import StreamUrl, redact_reference
from watchglass.net.http import ByteRange, HttpClient

Place = StreamUrl | Path
_CHUNK = 256 << 10
_MOST_SEGMENT_BYTES = 1 << 30


class Document(NamedTuple):
    """A manifest as it was found."""

    place: Place
    """After redirects."""
    data: bytes
    date: str = ""
    """What time it was where it came from, as the server says."""


class SegmentOrigin:
    """Opens what the playlists of one stream name.

    Args:
        place: The first playlist.
        client: For what is on the web.
        keys: Those that the user gave.
    """

    def __init__(self, place: Place, client: HttpClient, keys: ContentKeys) -> None:
        self._client = client
        self.keys = keys
        self._root = place.resolve().parent if isinstance(place, Path) else None

    @property
    def is_stopped(self) -> bool:
        """True if nothing will be delivered any more."""
        return self._client.is_stopped

    def place(self, base: Place, reference: str) -> Place:
        """What a reference in the playlist at ``base`` means.

        Raises:
            PlaylistError: If it leads to where this playlist may not lead.
        """
        try:
            if isinstance(base, StreamUrl):
                return base.join(reference)
            if reference.lower().startswith(("http://", "https://")):
                return StreamUrl(reference)
        except SourceError as error:
            where = redact_reference(reference)[:200]
            raise PlaylistError(f"{base}: leads to {where}, which is not followed ({error})") from None
        if ":" in reference.partition("/")[0] or reference.startswith("//"):
            raise PlaylistError(f"{base}: leads to {redact_reference(reference)[:200]}, which is not followed")
        return self._inside(base, unquote(reference.partition("?")[0].partition("#")[0]))

    def text(self, place: Place, ask: Ask | None = None) -> tuple[Place, str]:
        """A playlist whole, and where it was found after redirects.

        Args:
            place: Where it is.
            ask: What is asked of a server that can keep the request.

        Raises:
            NotFoundError: If there is no such local file.
            TransferError: If it is not delivered.
            AddressRefusedError: If the guard does not let us.
        """
        if isinstance(place, StreamUrl):
            if ask is None:
                return self._client.text(place, max_bytes=MOST_BYTES)
            return self._client.text(place.asking(ask.query), max_bytes=MOST_BYTES, patience=ask.patience)
        try:
            with place.open("rb") as file:
                return place, file.read(MOST_BYTES + 1).decode("utf-8-sig", errors="replace")
        except OSError as error:
            raise NotFoundError(f"{place}: {error.strerror or error}") from error

    def document(self, place: Place, *, max_bytes: int = MOST_BYTES) -> Document:
        """A manifest whole, as it is encoded.

        Raises:
            NotFoundError: If there is no such local file.
            TransferError: If it is not delivered.
            AddressRefusedError: If the guard does not let us.
        """
        if isinstance(place, StreamUrl):
            with self._client.get(place, max_bytes=max_bytes) as response:
                return Document(response.url, response.read(), response.headers.get("date", ""))
        try:
            with place.open("rb") as file:
                return Document(place, file.read(max_bytes + 1))
        except OSError as error:
            raise NotFoundError(f"{place}: {error.strerror or error}") from error

    def chunks(self, place: Place, byte_range: ByteRange | None) -> Iterator[bytes]:
        """The bytes of a resource or a part of it, as they arrive.

        Raises:
            TransferError: If they are not all delivered.
            AddressRefusedError: If the guard does not let us.
        """
        if isinstance(place, StreamUrl):
            with self._client.get(place, byte_range=byte_range, max_bytes=_MOST_SEGMENT_BYTES) as response:
                yield from response.chunks()
        else:
            yield from _file_chunks(place, byte_range)

    def key(self, base: Place, uri: str, size: int) -> bytes:
        """A key of so many bytes, also one that is written into the playlist itself (``data:``).

        Raises:
            TransferError: If it is not delivered, or has another size.
            PlaylistError: If it lies where this playlist may not lead.
        """
        if uri.lower().startswith("data:"):
            name, key = "the key in the playlist", _data(uri)
        else:
            place = self.place(base, uri)
            name = str(place)
            key = b"".join(self.chunks(place, None) if isinstance(place, Path) else self._short(place))
        if len(key) != size:
            raise TransferError(f"{name}: is not a key: {len(key)} bytes instead of {size}")
        return key

    def _short(self, place: StreamUrl) -> Iterator[bytes]:
        with self._client.get(place, max_bytes=4_096) as response:
            yield from response.chunks()

    def _inside(self, base: Path, reference: str) -> Path:
        assert self._root is not None
        try:
            found = (base.parent / reference).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise PlaylistError(
                f"{base}: leads to a file that cannot be: {redact_reference(reference)[:200]!r}"
            ) from error
        if not found.is_relative_to(self._root):
            raise AddressRefusedError(
                f"{base}: leads to {redact_reference(reference)[:200]!r}, which is not opened: a local playlist opens "
                f"only files beside or below it"
            )
        return found


def _file_chunks(path: Path, byte_range: ByteRange | None) -> Iterator[bytes]:
    offset, missing = byte_range or ByteRange(0)
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while missing is None or missing > 0:
                chunk = file.read(_CHUNK if missing is None else min(_CHUNK, missing))
                if not chunk:
                    break
                missing = None if missing is None else missing - len(chunk)
                yield chunk
    except OSError as error:
        raise TransferError(f"{path}: {error.strerror or error}", 404) from error
    if missing:
        raise TransferError(f"{path}: {missing} bytes of the byte range are missing")


def _data(uri: str) -> bytes:
    kind, _, text = uri[5:].partition(",")
    try:
        return base64.b64decode(text) if kind.endswith(";base64") else unquote(text).encode("latin-1")
    except (binascii.Error, UnicodeError, ValueError):
        return b""
