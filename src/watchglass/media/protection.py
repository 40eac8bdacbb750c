"""Which tracks of an MP4 are encrypted, how, and which key they want.

Source: ISO/IEC 14496-12, 8.12 (protection of sample entries); ISO/IEC 23001-7, 8.2 (``tenc``).
"""

import io
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from watchglass.media.opening import Readable

_HEAD = 8
"""Bytes: a size, and four letters."""
_MOST_BOXES = 4_096
_LARGEST_READ = 16 << 20
"""Bytes of a ``moov`` that is held in memory, where the input cannot be sought."""
_LARGEST_ENTRY = 1 << 20
_FIRST = frozenset({b"ftyp", b"styp", b"moov", b"free", b"skip", b"wide", b"uuid", b"mdat", b"sidx", b"pdin", b"meta"})


class Protection(NamedTuple):
    """How a track is encrypted."""

    scheme: str
    """``cenc``, ``cbcs``, ``cens``, ``cbc1``, or what else a container says."""
    key_id: str
    """In 32 hexadecimal digits; empty where the container names none."""
    pattern: tuple[int, int] = (0, 0)
    """Blocks of 16 bytes that are encrypted, and that are then skipped."""
    iv_size: int = 8
    """Bytes of the initialization vector that each sample has; 0 where all have the same."""
    iv: bytes = b""
    """The same, where all have it."""

    @property
    def without_key(self) -> str:
        """What is said where nobody gave its key."""
        return (
            f"encrypted ({self.scheme}), and no key was given for the key ID {self.key_id or '(it names none)'} (--key)"
        )


def look(file: Readable | str) -> tuple[Mapping[int, Protection], Readable | str]:
    """The encrypted tracks by their ID, and what to read from now: nothing is lost of an input that cannot be sought.

    Args:
        file: A path, or something to read, at its beginning. What is no MP4 has no encrypted tracks.

    Raises:
        WatchglassError: As reading does.
    """
    if isinstance(file, str):
        try:
            with Path(file).open("rb") as opened:
                return _of_movie(*_sought(opened)), file
        except OSError:
            return {}, file  # whoever opens it says why
    source: Any = file
    is_seekable = getattr(source, "seekable", lambda: hasattr(source, "seek") and hasattr(source, "tell"))
    if not is_seekable():
        head = _Recorded(file)
        return _of_movie(*_ahead(head)), head.replayed()
    if (
        hasattr(source, "peek") and source.peek(_HEAD)[4:] not in _FIRST
    ):  # of a file on the web, to seek is to ask again
        return {}, file
    try:
        return _of_movie(*_sought(source)), file
    finally:
        source.seek(0)


class _Recorded:
    """Remembers what is read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._held = bytearray()

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        began = len(self._held)
        while (missing := began + size - len(self._held)) > 0 and (more := self._file.read(missing)):
            self._held += more
        return bytes(self._held[began:])

    def replayed(self) -> "_Replayed":
        return _Replayed(bytes(self._held), self._file)


class _Replayed:
    """What was read once, and then the rest."""

    def __init__(self, held: bytes, file: Readable) -> None:
        self._held = held
        self._file = file

    def read(self, size: int) -> bytes:
        if not self._held:
            return self._file.read(size)
        data, self._held = self._held[:size], self._held[size:]
        return data


def _ahead(file: _Recorded) -> tuple[io.BytesIO, int, int]:
    """The movie box of an input that is only read forward, as a file; an empty one where there is none."""
    for _ in range(_MOST_BOXES):
        kind, size = _head(file)
        if kind not in _FIRST or size > _LARGEST_READ or kind == b"mdat":
            break
        body = file.read(size)
        if kind == b"moov":
            return io.BytesIO(body), 0, len(body)
    return io.BytesIO(), 0, 0


def _sought(file: Any) -> tuple[Any, int, int]:
    """A file and where the movie box lies in it."""
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    if _head(file)[0] in _FIRST:
        for kind, begin, over in boxes(file, 0, end):
            if kind == b"moov":
                return file, begin, over
    return file, 0, 0


def _of_movie(file: Any, begin: int, end: int) -> dict[int, Protection]:
    """Of each track the first encrypted sample entry: one with a clear lead has two."""
    found = {}
    for track_id, entries in entries_of_tracks(file, begin, end):
        encrypted = next((entry.protection for entry in entries if entry.protection is not None), None)
        if encrypted is not None:
            found[track_id] = encrypted
    return found


class Entry(NamedTuple):
    """A sample entry: how the samples are coded that refer to it."""

    begin: int
    """Where its body lies."""
    end: int
    protection: Protection | None
    """None if they are clear."""


def entries_of_tracks(file: Any, begin: int, end: int) -> Iterator[tuple[int, list[Entry]]]:
    """ID and sample entries of each track.

    Args:
        file: Can be sought.
        begin: Where what the movie box holds begins in it.
        end: Where that ends.
    """
    for kind, *trak in boxes(file, begin, end):
        if kind == b"trak":
            yield _of_track(file, *trak)


def _of_track(file: Any, begin: int, end: int) -> tuple[int, list[Entry]]:
    track_id, entries = 0, list[Entry]()
    for kind, start, over in boxes(file, begin, end):
        if kind == b"tkhd":
            head = _at(file, start, min(over - start, 24))
            track_id = int.from_bytes(head[20:24] if head[:1] == b"\1" else head[12:16], "big")
        elif kind == b"mdia":
            place: tuple[int, int] | None = (start, over)
            for wanted in (b"minf", b"stbl", b"stsd"):
                place = None if place is None else _inside(file, wanted, *place)
            if place is not None:
                described = list(boxes(file, place[0] + _HEAD, place[1]))
                entries = [Entry(at, to, _of_entry(file, name, at, to)) for name, at, to in described]
    return track_id, entries


def _of_entry(file: Any, kind: bytes, begin: int, end: int) -> Protection | None:
    if kind not in (b"encv", b"enca"):
        return None
    entry = _at(file, begin, min(end - begin, _LARGEST_ENTRY))
    at = entry.find(b"sinf")  # what stands before it differs between video, audio and QuickTime
    return _of_scheme(io.BytesIO(entry), at + 4, len(entry)) if at >= 0 else Protection("unknown", "")


def _of_scheme(file: Any, begin: int, end: int) -> Protection | None:
    scheme, told = "unknown", Protection("", "")
    for kind, start, over in boxes(file, begin, end):
        if kind == b"schm":
            scheme = _at(file, start + 4, 4).decode("latin-1")
        elif kind == b"schi" and (tenc := _inside(file, b"tenc", start, over)) is not None:
            body = _at(file, tenc[0], min(tenc[1] - tenc[0], 64))
            if len(body) >= 24 and body[6] == 0:
                return None  # its samples are clear
            told = of_defaults(body[4:])
    return told._replace(scheme="".join(char for char in scheme if char.isalnum()) or "unknown")


def of_defaults(body: bytes) -> Protection:
    """What a track, or a group of samples, says of its encryption: from the first byte that is reserved on."""
    constant = body[21 : 21 + body[20]] if len(body) > 20 and body[3] == 0 else b""
    return Protection("", body[4:20].hex(), (body[1] >> 4, body[1] & 15), body[3], constant)


def _inside(file: Any, wanted: bytes, begin: int, end: int) -> tuple[int, int] | None:
    return next(((start, over) for kind, start, over in boxes(file, begin, end) if kind == wanted), None)


def boxes(file: Any, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type of the boxes between two places of a file that can be sought, and where what they hold begins and ends."""
    for _ in range(_MOST_BOXES):
        if begin + _HEAD > end:
            return
        file.seek(begin)
        kind, size = _head(file, end - begin)
        body = file.tell()
        if not kind or size < 0 or body + size > end:
            return
        yield kind, body, body + size
        begin = body + size


def _head(file: Any, left: int = 1 << 62) -> tuple[bytes, int]:
    """Type of a box, and the size of its body."""
    head = file.read(_HEAD)
    if len(head) < _HEAD:
        return b"", 0
    size, kind = struct.unpack(">I4s", head)
    if size == 1:
        return kind, int.from_bytes(file.read(8), "big") - 2 * _HEAD
    return kind, (size or left) - _HEAD


def _at(file: Any, begin: int, size: int) -> bytes:
    file.seek(begin)
    data: bytes = file.read(size)
    return data
