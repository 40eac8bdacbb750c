"""HLS: the playlists, the segments and the keys of one stream become items.

``HlsSource`` is the whole of it for the outside. Its directory reads the multivariant playlist, where there is one, and
chooses renditions; what is then done with them is that of every stream of segments (``segmented.py``).
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from watchglass.media.closed_captions import track
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls_choice import Choice, HlsOptions, choose, labelled
from watchglass.media.hls_schedule import Clock
from watchglass.media.ladder_watch import Rung
from watchglass.media.playlist import MediaPlaylist, MultivariantPlaylist, Playlist, Variant, parse
from watchglass.media.playlist_delta import whole
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segmented import SegmentedSource
from watchglass.media.timeline import Timeline
from watchglass.model.errors import PlaylistError
from watchglass.model.media import Track
from watchglass.model.transport import Aside, ManifestCheck
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

_MOST_RUNGS = 16
"""Renditions that are looked at beside the one that is watched."""


class HlsSource(SegmentedSource):
    """An HLS stream, on demand or live.

    Args:
        place: The playlist: a URL, or a local file (which is watched as it is, never as a live one).
        client: As for every ``SegmentedSource``; it is closed with the source.
        options: What to watch of it.
        decode: What to decode of that, and how.
        clock: For live streams.

    Raises:
        WatchglassError: As every ``SegmentedSource`` does.
    """

    def __init__(
        self,
        place: Place,
        *,
        client: HttpClient,
        options: HlsOptions = HlsOptions(),  # noqa: B008 (a constant)
        decode: DecodeOptions = DecodeOptions(),  # noqa: B008 (a constant)
        clock: Clock | None = None,
    ) -> None:
        def directory(origin: SegmentOrigin, _: Clock) -> _Directory:
            return _Directory(place, origin, options)

        super().__init__(place, directory, client=client, options=options, decode=decode, clock=clock)


class _Directory:
    """Knows where the playlists of the chosen renditions are, also after their URLs have run out."""

    def __init__(self, place: Place, origin: SegmentOrigin, options: HlsOptions) -> None:
        self.origin = origin
        self.left_out: tuple[str, ...] = ()
        self.aside: deque[Aside] = deque()
        self.places: Mapping[str, Place] = {}
        self._others: Mapping[str, Place] = {}
        """Of renditions that are not watched."""
        self.texts: Mapping[str, Track] = {}
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

    def rungs(self) -> list[Rung]:
        """The other qualities of the picture."""
        return [Rung(label, _Listing(self, label).load) for label in self._others]

    def refresh(self) -> None:
        """Read the multivariant playlist, where there is one, and choose."""
        found_at, playlist = self.read(self._place)
        if isinstance(playlist, MediaPlaylist):
            self._first = found_at, playlist
            self.places = {"video": self._place}
            return
        choice = choose(playlist, self._options)
        places: dict[str, Place] = {"video": self.origin.place(found_at, choice.variant.uri)}
        numbers = {}
        for number, audio in choice.audio.items():
            label = labelled(audio, number, places)
            places[label], numbers[label] = self.origin.place(found_at, audio.uri or ""), number
        texts = {}
        for number, one in choice.texts.items():
            label = f"captions:{number}"
            places[label], texts[label] = self.origin.place(found_at, one.uri or ""), one.track(label)
        others = {_quality(one): self.origin.place(found_at, one.uri) for one in choice.others[:_MOST_RUNGS]}
        with self._lock:
            self._others, self.texts = others, texts
            self._choice, self._numbers, self._variables = choice, numbers, playlist.variables
            self.places, self.left_out = places, choice.left_out
        self.aside.append(ManifestCheck(0.0, "hls", "renditions", playlist.breaks))

    def converter(self, label: str, decode: DecodeOptions, timeline: Timeline) -> Converter:
        """The converter of a rendition; its sound is numbered as it is chosen."""
        if label in self._numbers:
            return Converter(replace(decode, audio="all"), timeline, first_audio=self._numbers[label])
        if self._choice is not None:
            decode = replace(decode, audio=self._choice.own_sound)
            announced = [track(one.service or "", one.language) for one in self._choice.announced]
            return Converter(decode, timeline, first_captions=len(self.texts), announced=announced)
        return Converter(decode, timeline)

    def media(self, label: str, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        """The media playlist of a rendition."""
        first, self._first = self._first, None
        if first is not None:
            return first
        place = self.places.get(label) or self._others.get(label)
        if place is None:
            raise PlaylistError(f"{self._place}: the rendition {label} is no longer offered")
        found_at, playlist = self.read(place, ask)
        if isinstance(playlist, MultivariantPlaylist):
            what = "to itself" if place == self._place else "from one list of renditions to the next"
            raise PlaylistError(f"{self._place}: leads {what} ({place}) and never to segments")
        return found_at, playlist

    def read(self, place: Place, ask: Ask | None = None) -> tuple[Place, Playlist]:
        """Load and parse."""
        found_at, text = self.origin.text(place, ask)
        query = dict(found_at.query) if isinstance(found_at, StreamUrl) else {}
        return found_at, parse(text, str(place), query=query, variables=self._variables)


def _quality(variant: Variant) -> str:
    """What to call a rendition that is not watched."""
    return (f"{variant.height}p " if variant.height else "") + f"{variant.bandwidth / 1000:.0f} kb/s"


class _Listing:
    """The playlist of one rendition."""

    def __init__(self, directory: _Directory, label: str) -> None:
        self._directory = directory
        self._label = label
        self._known: MediaPlaylist | None = None

    def load(self, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        """The playlist, and the place that its references are relative to; what it leaves out is put in."""
        place, playlist = self._directory.media(self._label, ask)
        if playlist.skipped:
            completed = whole(self._known, playlist)
            if completed is None:
                place, completed = self._directory.media(self._label)
            playlist = completed
        self._known = playlist
        return place, playlist

    def refresh(self) -> None:
        """Ask the multivariant playlist anew where this one is."""
        self._directory.refresh()
