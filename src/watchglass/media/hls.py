"""HLS: the playlists, the segments and the keys of one stream become items.

``HlsSource`` is the whole of it for the outside. It reads the playlist, chooses renditions, and for each of them
hands *runs* to a converter: stretches of segments that one demuxer may read as one file. An on-demand stream is pulled
as fast as it is consumed and always gives the same items in the same order; a live one runs in threads by the clock
(``live.py``).
"""

import heapq
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from watchglass.media.content_keys import ContentKeys
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls_choice import I_FRAMES, SOUND_LEFT_OUT, Choice, HlsOptions, choose
from watchglass.media.hls_items import RenditionItems
from watchglass.media.hls_schedule import Clock
from watchglass.media.hls_start import begins_at, from_second, known
from watchglass.media.live import LiveSource
from watchglass.media.multivariant import MultivariantPlaylist
from watchglass.media.playlist import MediaPlaylist, Playlist, parse
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segment_rendition import Rendition
from watchglass.media.segment_run import runs
from watchglass.media.timeline import Timeline
from watchglass.media.track_union import TrackUnion
from watchglass.model.errors import PlaylistError, SourceError, TransferError
from watchglass.model.media import Item, NotWatched, Progress, Tracks
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient


class HlsSource:
    """An HLS stream, on demand or live.

    Args:
        place: The playlist: a URL, or a local file (which is watched as it is, never as a live one).
        client: Fetches what is on the web; needed for a local playlist too, which may name public URLs. It is closed
            with the source.
        options: What to watch of it.
        decode: What to decode of that, and how.
        clock: For live streams.

    Attributes:
        is_live: True if the playlist may still grow.
        duration: Seconds as declared by the playlist, None when live.

    Raises:
        PlaylistError: If the playlist cannot be followed.
        TransferError: If it cannot be fetched.
        AddressRefusedError: If it lies where the guard does not let us.
        NotFoundError: If there is no such local file.
    """

    def __init__(
        self,
        place: StreamUrl | Path,
        *,
        client: HttpClient,
        options: HlsOptions = HlsOptions(),  # noqa: B008 (a constant)
        decode: DecodeOptions = DecodeOptions(),  # noqa: B008 (a constant)
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._clock = clock or Clock()
        self._stop = threading.Event()
        self._name = str(place)
        try:
            self._directory = _Directory(place, SegmentOrigin(place, client, decode.keys), options)
            self._lost: list[str] = []
            firsts = list(self._firsts(is_local=isinstance(place, Path)))
            playlist = firsts[0][2][1]
            _expect_watchable(playlist, self._name, decode.keys)
        except BaseException:
            client.close()
            raise
        self.is_live = not playlist.is_ended and isinstance(place, StreamUrl)
        self.duration: float | None = None if self.is_live else playlist.duration
        self._start = 0.0 if self.is_live else options.start
        timeline = Timeline()
        if self._start > 0.0:
            self._begin(timeline, firsts[0])
            firsts = [(label, listing, (at, from_second(media, self._start))) for label, listing, (at, media) in firsts]
        self._renditions = [
            RenditionItems(
                self._rendition(label, listing, first, waits_after_end=options.waits_after_end),
                self._directory.converter(
                    label, _of_i_frames(decode) if first[1].is_i_frames_only else decode, timeline
                ),
                self._name,
                tells_time=number == 0,
            )
            for number, (label, listing, first) in enumerate(firsts)
        ]

    def _firsts(self, *, is_local: bool) -> Iterator["_First"]:
        """Each rendition with its playlist as it is at first; sound that is not there does not keep the picture out.

        Live, it may still come, and is looked for again and again.
        """
        picture: MediaPlaylist | None = None
        for label, listing in self._directory.listings():
            try:
                place, playlist = listing.load()
            except (TransferError, SourceError) as error:
                if picture is None:
                    raise
                if picture.is_ended or is_local:
                    self._lost.append(f"{label}: {error}")
                    continue
                place, playlist = self._directory.places[label], replace(picture, segments=())
            picture = picture or playlist
            yield label, listing, (place, playlist)

    def _rendition(
        self, label: str, listing: "_Listing", first: tuple[Place, MediaPlaylist], *, waits_after_end: bool = False
    ) -> Rendition:
        return Rendition(
            label,
            listing,
            first,
            self._directory.origin,
            is_live=self.is_live,
            waits_after_end=waits_after_end,
            stop=self._stop,
            clock=self._clock,
        )

    def _begin(self, timeline: Timeline, first: "_First") -> None:
        """Let the timeline begin where the stream does, although its first segments are left out."""
        label, listing, (place, playlist) = first
        for part, ahead in known(playlist, self._start):
            run = next(runs(self._rendition(label, listing, (place, part))), None)
            raw = None if run is None else begins_at(run)
            if raw is not None:
                timeline.begin_at(raw - ahead)
                return

    def __enter__(self) -> "HlsSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Item]:
        """All items, merged by pts across renditions, ``Tracks`` first.

        Raises:
            WatchglassError: If nothing of it can be watched.
        """
        union = TrackUnion(len(self._renditions), is_live=self.is_live)
        merged = self._live() if self.is_live else self._on_demand()
        reach = 0.0
        for number, item in merged:
            if self._stop.is_set():
                return
            if isinstance(item, Tracks):
                item = union.with_tracks(number, item)
            elif isinstance(item, Progress):
                item = Progress(min(item.pts, reach))  # a converter may be ahead of what was merged
            elif item.track is not None:
                reach = max(reach, item.end)
            yield from union.in_order(item)
        yield from union.rest()
        if not self._stop.is_set():
            self._expect_media()

    def stop(self) -> None:
        """End the iteration soon; may be called from another thread or a signal handler."""
        self._stop.set()
        self._client.stop()

    def close(self) -> None:
        """Stop, and let go of connections and threads."""
        self.stop()
        self._client.close()

    def _on_demand(self) -> Iterator[tuple[int, Item]]:
        streams = [_numbered(number, items) for number, items in enumerate(self._renditions)]
        yield from ((0, note) for note in self._left_out())
        yield from heapq.merge(*streams, key=lambda entry: entry[1].pts)

    def _live(self) -> Iterator[tuple[int, Item]]:
        yield from ((0, note) for note in self._left_out())
        yield from LiveSource(self._renditions, clock=self._clock, stop=self._stop)

    def _left_out(self) -> Iterator[Item]:
        yield from (NotWatched(0.0, reason, is_loss=False) for reason in self._directory.left_out)
        yield from (NotWatched(0.0, reason) for reason in self._lost)

    def _expect_media(self) -> None:
        if any(items.has_media for items in self._renditions):
            return
        for items in self._renditions:
            failure = items.rendition.failure or items.failure
            if failure is not None:
                raise failure
        if self._start > 0.0 and self.duration is not None:
            ends = f"from {self._start:.2f} s on: it ends at {self.duration:.2f} s"
            raise SourceError(f"{self._name}: nothing to watch {ends}")
        raise PlaylistError(f"{self._name}: there is nothing in it that can be watched")


class _Directory:
    """Knows where the playlists of the chosen renditions are, also after their URLs have run out."""

    def __init__(self, place: Place, origin: SegmentOrigin, options: HlsOptions) -> None:
        self.origin = origin
        self.left_out: tuple[str, ...] = ()
        self.places: dict[str, Place] = {}
        self._choice: Choice | None = None
        self._numbers: dict[str, int] = {}
        self._place = place
        self._options = options
        self._variables: Mapping[str, str] = {}
        self._lock = threading.Lock()
        self._first: tuple[Place, MediaPlaylist] | None = None
        self.refresh()

    def listings(self) -> list[tuple[str, "_Listing"]]:
        """A label and a listing for each rendition, the picture first."""
        return [(label, _Listing(self, label)) for label in self.places]

    def refresh(self) -> None:
        """Read the multivariant playlist, where there is one, and choose."""
        found_at, playlist = self.read(self._place)
        if isinstance(playlist, MediaPlaylist):
            self._first = found_at, playlist
            self.places = {"video": self._place}
            self.left_out = (SOUND_LEFT_OUT,) if playlist.is_i_frames_only else ()
            return
        if self._options.rendition == I_FRAMES and not playlist.i_frames:
            raise PlaylistError(f"{self._place}: offers no I-frame playlist (EXT-X-I-FRAME-STREAM-INF)")
        choice = choose(playlist, self._options)
        places = {"video": self.origin.place(found_at, choice.variant.uri)}
        numbers = {}
        for number, audio in choice.audio.items():
            name = audio.language or audio.name or str(number)
            label = f"audio:{name}" if f"audio:{name}" not in places else f"audio:{name}:{number}"
            places[label], numbers[label] = self.origin.place(found_at, audio.uri or ""), number
        with self._lock:
            self._choice, self._numbers, self._variables = choice, numbers, playlist.variables
            self.places, self.left_out = places, choice.left_out

    def converter(self, label: str, decode: DecodeOptions, timeline: Timeline) -> Converter:
        """The converter of a rendition; its sound is numbered as it is chosen."""
        if label in self._numbers:
            return Converter(replace(decode, audio="all"), timeline, first_audio=self._numbers[label])
        if self._choice is not None:
            decode = replace(decode, audio=self._choice.own_sound)
        return Converter(decode, timeline)

    def media(self, label: str) -> tuple[Place, MediaPlaylist]:
        """The media playlist of a rendition."""
        first, self._first = self._first, None
        if first is not None:
            return first
        place = self.places.get(label)
        if place is None:
            raise PlaylistError(f"{self._place}: the rendition {label} is no longer offered")
        found_at, playlist = self.read(place)
        if isinstance(playlist, MultivariantPlaylist):
            what = "to itself" if place == self._place else "from one list of renditions to the next"
            raise PlaylistError(f"{self._place}: leads {what} ({place}) and never to segments")
        return found_at, playlist

    def read(self, place: Place) -> tuple[Place, Playlist]:
        """Load and parse."""
        found_at, text = self.origin.text(place)
        query = dict(found_at.query) if isinstance(found_at, StreamUrl) else {}
        return found_at, parse(text, str(place), query=query, variables=self._variables)


class _Listing:
    """The playlist of one rendition."""

    def __init__(self, directory: _Directory, label: str) -> None:
        self._directory = directory
        self._label = label

    def load(self) -> tuple[Place, MediaPlaylist]:
        """The playlist now, and the place that its references are relative to."""
        return self._directory.media(self._label)

    def refresh(self) -> None:
        """Ask the multivariant playlist anew where this one is."""
        self._directory.refresh()


_First = tuple[str, _Listing, tuple[Place, MediaPlaylist]]
"""Label, where to load it from, and how it was found first."""


def _expect_watchable(playlist: MediaPlaylist, name: str, keys: ContentKeys) -> None:
    refusals = [segment.key.refusal(keys) if segment.key else "" for segment in playlist.segments]
    if refusals and all(refusals):
        raise PlaylistError(f"{name}: its segments are {refusals[0]}")


def _of_i_frames(decode: DecodeOptions) -> DecodeOptions:
    """Of sound there are only scraps beside them."""
    return replace(decode, audio="none", key_frames_only=True)


def _numbered(number: int, items: RenditionItems) -> Iterator[tuple[int, Item]]:
    for item in items:
        yield number, item
