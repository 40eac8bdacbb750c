"""HLS: the playlists, the segments and the keys of one stream become items.

``HlsSource`` is the whole of it for the outside. It reads the playlist, chooses renditions, and for each of them
hands *runs* to a converter: stretches of segments that one demuxer may read as one file. An on-demand stream is pulled
as fast as it is consumed and always gives the same items in the same order; a live one runs in threads by the clock
(``live.py``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from watchglass.model.media import Item
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient


@dataclass(frozen=True, slots=True)
class HlsOptions:
    """What to watch of a stream with several renditions.

    Args:
        rendition: ``best`` and ``worst`` (by pixels, then bandwidth), or a height such as ``720`` (the nearest one).
        languages: Languages of the audio renditions (RFC 5646, ``en`` also means ``en-GB``); none means all of the
            chosen group.
    """

    rendition: str = "best"
    languages: tuple[str, ...] = ()


class ByteRun(Protocol):
    """What a converter reads: a file that only goes forward."""

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes as soon as there are some; ``b""`` at the end of the run."""


class Converter(Protocol):
    """Demuxes and decodes the runs of one rendition, keeping its tracks from run to run."""

    def items(self, file: ByteRun, *, label: str, format: str | None, announced_break: bool) -> Iterator[Item]:
        """The items of one run, its ``Tracks`` first when they are new or changed."""


class HlsSource:
    """An HLS stream, on demand or live.

    Args:
        place: The playlist: a URL, or a local file.
        client: Fetches what is on the web; needed for a local playlist too, which may name public URLs.
        options: What to watch of it.
        make_converter: Makes the converter of a rendition, given its label (``video``, ``audio:en``). Track ids must
            not collide between the converters of one stream; the source merges their ``Tracks`` into one.

    Raises:
        PlaylistError: If the playlist cannot be followed.
        TransferError: If it cannot be fetched.
        AddressRefusedError: If it lies where the guard does not let us.
        NotFoundError: If there is no such local file.
    """

    is_live: bool
    """True if the playlist may still grow."""
    duration: float | None
    """Seconds as declared by the playlist, None when live."""

    def __init__(
        self,
        place: StreamUrl | Path,
        *,
        client: HttpClient,
        options: HlsOptions = HlsOptions(),
        make_converter: Callable[[str], Converter],
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> "HlsSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Item]:
        """All items, merged by pts across renditions, ``Tracks`` first."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the iteration soon; may be called from another thread or a signal handler."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop, and let go of connections and threads."""
        raise NotImplementedError
