"""Open anything that a person may point at: a file, a playlist, an address."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from io import FileIO
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from watchglass.media.content_keys import ContentKeys
from watchglass.media.dash import DashSource
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls import HlsSource
from watchglass.media.hls_choice import HlsOptions
from watchglass.media.opening import Readable
from watchglass.media.peers import open_peer
from watchglass.media.timeline import Timeline
from watchglass.media.ts_live import TransportSource
from watchglass.media.ts_tap import TransportTap, is_transport_stream
from watchglass.model.coded import CodedPicture, Played
from watchglass.model.errors import NotFoundError, NotMediaError, SourceError, TooLargeError, WatchglassError
from watchglass.model.media import Item, NotWatched, Tracks
from watchglass.net.address import StreamUrl, redact_target
from watchglass.net.datagrams import DatagramAddress, Datagrams
from watchglass.net.file import HttpFile
from watchglass.net.guard import Guard
from watchglass.net.http import HttpClient
from watchglass.net.peer_address import PeerAddress

CUT_SHORT = 1.0
"""Seconds by which what was there may miss what was declared."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to open a source."""

    decode: DecodeOptions = field(default_factory=DecodeOptions)
    rendition: str = "best"
    """``best``, ``worst``, ``i-frames`` or a height in pixels, where a stream offers several renditions."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each request to the server that the user named, and to no other."""
    allow_private: Sequence[IPv4Network | IPv6Network] = ()
    """Private networks that a playlist may lead to."""
    rtsp_over_udp: bool = False
    """Whether a server of RTSP is to send media as datagrams, and not on its connection."""
    waits_after_end: bool = False
    """Whether a live stream that has ended is looked at again until it begins anew."""
    keys: ContentKeys = field(default_factory=ContentKeys)
    """For what is encrypted sample by sample."""


class Source(Protocol):
    """Items in the order in which they arrive, ``Tracks`` first."""

    is_live: bool
    """True if it may go on for ever."""

    @property
    def duration(self) -> float | None:
        """Seconds of media, where that is known."""
        ...

    def __iter__(self) -> Iterator[Item]: ...

    def stop(self) -> None:
        """End the iteration soon; may be called from a signal handler."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_source(target: str, options: SourceOptions | None = None) -> Source:
    """Open a file or a URL.

    Raises:
        NotFoundError: There is nothing there.
        NotMediaError: It holds nothing that can be watched.
        PlaylistError: A playlist that cannot be followed.
        AddressRefusedError: An address that the guard does not let us reach.
        TransferError: The server does not deliver.
    """
    options = options or SourceOptions()
    options = replace(options, decode=replace(options.decode, keys=options.keys))
    if DatagramAddress.knows(target):
        return TransportSource(Datagrams(DatagramAddress(target)), options.decode)
    if PeerAddress.knows(target):
        return open_peer(PeerAddress(target), options.decode, over_udp=options.rtsp_over_udp)
    if "://" in target:
        _expect_known(target)
        return _open_url(StreamUrl(target), options)
    path = Path(target)
    try:
        if path.is_dir():
            raise NotMediaError(f"{target}: is a folder, not a file")
        with path.open("rb") as file:
            head = file.read(1024)
    except FileNotFoundError as exc:
        raise NotFoundError(f"{target}: there is no such file") from exc
    except OSError as exc:
        raise NotMediaError(f"{target}: cannot be read ({exc.strerror or exc})") from exc
    if not head:
        raise NotMediaError(f"{target}: the file is empty")
    opens = DashSource if path.suffix.lower() == ".mpd" else _manifest(head)
    if opens is not None:
        return _segmented(opens, path, HttpClient(Guard(allow_private=options.allow_private)), options)
    return FileSource(str(path), str(path), options.decode, head=head)


def expect_address(target: str) -> None:
    """Look at an address, without going there.

    Raises:
        SourceError: It is of no kind that is read, or not of the form of its kind.
    """
    if DatagramAddress.knows(target):
        DatagramAddress(target)
    elif PeerAddress.knows(target):
        PeerAddress(target)
    elif "://" in target:
        _expect_known(target)
        StreamUrl(target)


def _expect_known(target: str) -> None:
    scheme = target.strip().partition("://")[0].lower()
    if scheme not in ("http", "https"):
        raise SourceError(
            f"{redact_target(target)}: {scheme or 'nothing'}:// is no kind of address that is read; those are http and "
            "https (HLS, DASH, files), udp, rtp, rtmp, rtmps, rtsp, rtsps, srt and rist"
        )


def _open_url(url: StreamUrl, options: SourceOptions) -> Source:
    client = HttpClient.towards(url, headers=options.headers, allow_private=options.allow_private)
    for endings, opens in ((".m3u8", ".m3u"), HlsSource), ((".mpd",), DashSource):
        if url.path.lower().endswith(endings):
            return _segmented(opens, url, client, options)
    try:
        file = HttpFile(client, url)
        head = file.peek(1024)
    except BaseException:
        client.close()
        raise
    if (manifest := _manifest(head)) is not None:
        file.close()
        return _segmented(manifest, url, client, options)
    return FileSource(file, str(url), options.decode, head=head, client=client)


def _manifest(head: bytes) -> type[HlsSource | DashSource] | None:
    """What follows a playlist or a manifest that begins like this; None if it is neither."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"#EXTM3U"):
        return HlsSource
    return DashSource if head.startswith(b"<") and b"<MPD" in head else None


def _segmented(
    opens: type[HlsSource | DashSource], place: StreamUrl | Path, client: HttpClient, options: SourceOptions
) -> Source:
    decode = options.decode
    chosen = HlsOptions(options.rendition, decode.audio, options.waits_after_end, decode.captions, decode.start)
    return opens(place, client=client, options=chosen, decode=decode)


class FileSource:
    """One container: a local file, or one that is read over HTTP.

    Args:
        file: Path, or something to read.
        label: What to call it in messages (secrets removed).
        options: What to decode.
        head: Its first kilobyte, which says whether it is a transport stream, whose health is told, too.
        client: Through which the file is read, where it is not a local one; closed with the source.
    """

    is_live = False

    def __init__(
        self,
        file: str | Readable,
        label: str,
        options: DecodeOptions,
        *,
        head: bytes = b"",
        client: HttpClient | None = None,
    ) -> None:
        self._is_transport_stream = is_transport_stream(head)
        self._file = file
        self._label = label
        self._options = options
        self._client = client
        self._converter = Converter(options, Timeline())
        self._end = 0.0
        self._stopped = False

    @property
    def duration(self) -> float | None:
        """Seconds of media, known once the first item has come: as declared, or what there was if that was more."""
        declared = self._converter.duration
        return None if declared is None else max(declared, self._end)

    def __iter__(self) -> Iterator[Item]:
        silent: dict[str, None] = {}
        refusal = ""
        for item in self._items():
            if self._stopped:
                return
            if isinstance(item, Played):
                if not isinstance(item, CodedPicture):
                    silent.pop(item.track or "", None)
                self._end = max(self._end, item.end)
            elif isinstance(item, Tracks) and not self._end:
                silent.update((track.id, None) for track in item.tracks if track.kind != "captions")
            elif isinstance(item, NotWatched) and item.track in silent:
                refusal = refusal or item.reason
                silent.pop(item.track)
            yield item
            if isinstance(item, Tracks):
                yield from self._missing(item)
        if self._stopped:
            return
        if not self._end:
            raise self._nothing(refusal)
        if self._options.stop is None:
            yield from self._cut_short()
        if self._options.start == 0.0 and self._options.stop is None:
            for track in silent:
                yield NotWatched(0.0, "nothing of this track could be decoded", track=track)

    def _items(self) -> Iterator[Item]:
        with ExitStack() as opened:
            if not self._is_transport_stream or self._options.start > 0.0:
                yield from self._decoded(self._file)
                return
            file: Any = self._file
            if isinstance(file, str):
                try:
                    file = opened.enter_context(FileIO(file))
                except OSError as error:  # it was there when it was looked at
                    raise SourceError(f"{self._label}: {error.strerror or error}") from error
            yield from self._checked(TransportTap(file))

    def _checked(self, tap: TransportTap) -> Iterator[Item]:
        """A transport stream that is watched from its beginning: also what is wrong with its packets."""
        reached = 0.0
        for item in self._decoded(tap, "mpegts"):
            if isinstance(item, Played):
                reached = max(reached, item.end)
            yield from tap.told(reached)
            yield item
        yield from tap.rest()

    def _decoded(self, file: str | Readable, format: str | None = None) -> Iterator[Item]:
        try:
            yield from self._converter.items(file, label=self._label, format=format)
        except WatchglassError:
            if not self._stopped:  # else it is how a read under way has ended
                raise

    def _cut_short(self) -> Iterator[NotWatched]:
        """What the index declares and the file does not hold, as after a download that broke off."""
        declared = self._converter.duration
        if self._converter.has_index and declared is not None and declared > self._end + CUT_SHORT:
            reason = f"the file ends at {self._end:.2f} s, and declares {declared:.2f} s"
            yield NotWatched(self._end, reason, duration=declared - self._end)

    def _missing(self, announced: Tracks) -> Iterator[NotWatched]:
        """Sound that was asked for and is not there; the same note again counts as the same."""
        wanted = self._options.audio
        if wanted not in ("all", "none") and not any(track.kind == "audio" for track in announced.tracks):
            yield NotWatched(0.0, f"audio track {wanted} was asked for and is not there")

    def _nothing(self, refusal: str) -> SourceError:
        if "too large" in refusal:
            return TooLargeError(f"{self._label}: {refusal}")
        begin, whole = self._options.start, self._converter.duration
        if begin > 0.0:
            ends = "" if whole is None else f": it ends at {whole:.2f} s"
            return SourceError(f"{self._label}: nothing to watch from {begin:.2f} s on{ends}")
        return NotMediaError(f"{self._label}: nothing to watch: not one picture or sound in it can be decoded")

    def stop(self) -> None:
        """End the iteration at the next item, and a read under way at once."""
        self._stopped = True
        if self._client is not None:
            self._client.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(self._file, str) and hasattr(self._file, "close"):
            self._file.close()
        if self._client is not None:
            self._client.close()
