"""Streams of segments: renditions become items, whatever manifest names them.

``SegmentedSource`` is what HLS and DASH have in common. A *directory* knows the manifest, chooses renditions and says
where their segments are; for each of them *runs* are handed to a converter: stretches of segments that one demuxer may
read as one file. An on-demand stream is pulled as fast as it is consumed and always gives the same items in the same
order; a live one runs in threads by the clock (``live.py``).
"""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from watchglass.media.content_keys import ContentKeys
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls_choice import HlsOptions
from watchglass.media.hls_items import RenditionItems
from watchglass.media.hls_schedule import Clock
from watchglass.media.hls_start import begins_at, from_second, known
from watchglass.media.ladder_watch import LadderWatch, Listed, Rung
from watchglass.media.live import LiveSource
from watchglass.media.part import Part
from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_events import Listing
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segment_rendition import Rendition
from watchglass.media.segment_run import runs
from watchglass.media.segment_texts import SegmentTexts
from watchglass.media.timeline import Timeline
from watchglass.media.track_union import TrackUnion
from watchglass.model.errors import PlaylistError, SourceError, TransferError, WatchglassError
from watchglass.model.media import Caption, Item, NotWatched, Progress, Track, Tracks, VideoFrame
from watchglass.model.transport import Aside
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

log = logging.getLogger(__name__)

LATE = 0.5
"""Seconds after the last picture or sound from which captions are for nobody."""


class Directory(Protocol):
    """Knows where the segments of the chosen renditions are, also after their URLs have run out."""

    origin: SegmentOrigin
    """Where they come from."""
    left_out: tuple[str, ...]
    """What else is offered and not watched, in words."""
    texts: Mapping[str, Track]
    """The renditions that are subtitles, as tracks."""
    places: Mapping[str, Place]
    """Where each rendition is listed, by its label."""
    aside: deque[Aside]
    """What is known of the manifest itself, and does not wait for media."""

    def listings(self) -> Sequence[tuple[str, Listing]]:
        """A label and a listing for each rendition, the picture first."""
        ...

    def rungs(self) -> Sequence[Rung]:
        """The same picture in other qualities, to be held against the one that is watched."""
        ...

    def converter(self, label: str, decode: DecodeOptions, timeline: Timeline) -> Converter:
        """The converter of a rendition; its sound is numbered as it is chosen."""
        ...


class SegmentedSource:
    """A stream of segments, on demand or live.

    Args:
        place: The manifest: a URL, or a local file (which is watched as it is, never as a live one).
        open_directory: Reads it.
        client: Fetches what is on the web; needed for a local manifest too, which may name public URLs. It is closed
            with the source.
        options: What to watch of it.
        decode: What to decode of that, and how.
        clock: For live streams.

    Attributes:
        is_live: True if the manifest may still grow.
        duration: Seconds as declared by the manifest, None when live.

    Raises:
        PlaylistError: If the manifest cannot be followed.
        TransferError: If it cannot be fetched.
        AddressRefusedError: If it lies where the guard does not let us.
        NotFoundError: If there is no such local file.
    """

    def __init__(
        self,
        place: Place,
        open_directory: Callable[[SegmentOrigin, Clock], Directory],
        *,
        client: HttpClient,
        options: HlsOptions = HlsOptions(),  # noqa: B008 (a constant)
        decode: DecodeOptions = DecodeOptions(),  # noqa: B008 (a constant)
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._decode = decode
        self._clock = clock or Clock()
        self._stop = threading.Event()
        self._name = str(place)
        try:
            self._directory = open_directory(SegmentOrigin(place, client, decode.keys), self._clock)
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
        wholes = {label: media.duration for label, _, (_, media) in firsts}
        if self._start > 0.0:
            self._begin(timeline, firsts[0])
            firsts = [(label, listing, (at, from_second(media, self._start))) for label, listing, (at, media) in firsts]
        self._renditions: list[RenditionItems | SegmentTexts] = []
        for label, listing, first in firsts:
            rendition = self._rendition(label, listing, first, waits_after_end=options.waits_after_end)
            text = self._directory.texts.get(label)
            if text is None:
                how = _of_i_frames(decode) if first[1].is_i_frames_only else decode
                converter, is_first = self._directory.converter(label, how, timeline), not self._renditions
                self._renditions.append(RenditionItems(rendition, converter, self._name, tells_time=is_first))
            else:
                if first[1].of == "hls":  # whose playlists say it by what their segments are
                    text = replace(text, codec="ttml" if any(one.init for one in first[1].segments[:1]) else "webvtt")
                begins, part = wholes[label] - first[1].duration, Part(self._start, decode.stop)
                self._renditions.append(SegmentTexts(rendition, text, timeline, self._name, begins=begins, part=part))
        self._texts = {number for number, items in enumerate(self._renditions) if isinstance(items, SegmentTexts)}

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
        self, label: str, listing: Listing, first: tuple[Place, MediaPlaylist], *, waits_after_end: bool = False
    ) -> Rendition:
        return Rendition(
            label,
            listing,
            first,
            self._directory.origin,
            is_live=self.is_live,
            waits_after_end=waits_after_end,
            is_text=label in self._directory.texts,
            stop=self._stop,
            clock=self._clock,
        )

    def _begin(self, timeline: Timeline, first: "_First") -> None:
        """Let the timeline begin where the stream does, although its first segments are left out."""
        label, listing, (place, playlist) = first
        for part, ahead in known(playlist, self._start):
            run = next(runs(self._rendition(label, listing, (place, part))), None)
            raw = None if run is None else begins_at(run, self._decode.max_pixels)
            if raw is not None:
                timeline.begin_at(raw - ahead)
                return

    def __enter__(self) -> Self:
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
            elif number in self._texts:
                if isinstance(item, Progress) or (
                    isinstance(item, Caption) and item.pts > reach + LATE and not self.is_live
                ):
                    continue  # what would be shown when all is over
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
        yield from self._aside()
        yield from heapq.merge(*streams, key=lambda entry: entry[1].pts)
        yield from self._aside()
        if self._start == 0.0:  # last, so that nobody waits for renditions that are not watched
            yield from ((0, check) for check in self._ladder().once())

    def _aside(self) -> Iterator[tuple[int, Item]]:
        """What became known of the manifest."""
        aside = self._directory.aside
        while aside:
            yield 0, replace(aside.popleft(), pts=self._renditions[0].reach)

    def _live(self) -> Iterator[tuple[int, Item]]:
        yield from ((0, note) for note in self._left_out())
        aside, ladder = self._directory.aside, self._ladder()
        threading.Thread(target=ladder.follow, args=(aside, self._stop), name="ladder", daemon=True).start()
        yield from LiveSource(self._renditions, clock=self._clock, stop=self._stop, aside=aside, unawaited=self._texts)

    def _ladder(self) -> LadderWatch:
        watched = self._renditions[0].rendition
        return LadderWatch(
            self._directory.rungs(), (watched.label, lambda: watched.listed), self._first_picture, self._clock
        )

    def _first_picture(self, label: str, listed: Listed, segment: Segment) -> NDArray[np.float32] | None:
        """Of a segment by itself, as means of its tiles."""
        place, playlist = listed
        first = place, replace(playlist, segments=(segment,), is_ended=True)
        rendition = Rendition(
            label, _Still(first), first, self._directory.origin, is_live=False, stop=self._stop, clock=self._clock
        )
        decode = replace(self._decode, audio="none", start=0.0, stop=None, ring=None, attention=None)
        try:
            for run in runs(rendition):
                for item in Converter(decode, Timeline()).items(run, label=self._name, format=run.format):
                    if isinstance(item, VideoFrame):
                        return item.tiles
        except WatchglassError as error:
            log.info("%s: no picture to compare: %s", label, error)
        return None

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


_First = tuple[str, Listing, tuple[Place, MediaPlaylist]]
"""Label, where to load it from, and how it was found first."""


class _Still:
    """A playlist that is what it is."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed

    def load(self, ask: Ask | None = None) -> Listed:
        return self._listed

    def refresh(self) -> None:
        """There is nowhere to ask."""


def _expect_watchable(playlist: MediaPlaylist, name: str, keys: ContentKeys) -> None:
    refusals = [segment.key.refusal(keys) if segment.key else "" for segment in playlist.segments]
    if refusals and all(refusals):
        raise PlaylistError(f"{name}: its segments are {refusals[0]}")


def _of_i_frames(decode: DecodeOptions) -> DecodeOptions:
    """Of sound there are only scraps beside them."""
    return replace(decode, audio="none", key_frames_only=True, attention=None)


def _numbered(number: int, items: RenditionItems | SegmentTexts) -> Iterator[tuple[int, Item]]:
    for item in items:
        yield number, item
