"""The captions of one stream: those in pictures, those in packets of their own, and the tracks that they make."""

from collections.abc import Collection, Iterable, Iterator
from heapq import heappop, heappush
from typing import Any

from av.packet import Packet
from av.stream import Disposition, Stream

from watchglass.media import closed_captions, probe
from watchglass.media.caption_data import CaptionData
from watchglass.media.closed_captions import ClosedCaptions
from watchglass.media.subtitle_packets import Subtitles
from watchglass.media.timeline import Timeline, in_seconds
from watchglass.model.media import Caption, Damage, Track

MOST_HELD = 1_000
"""Captions that wait for their time."""
WANTED = ("all", "none")
_FORCED = ("forced", "signs")
"""Words in the title of a track that captions only what is foreign."""


def wants(wanted: str, language: str | None) -> bool:
    """Whether captions in this language are to be watched: ``all``, ``none``, or a language that is this one."""
    if wanted in WANTED:
        return wanted == "all"
    said = (language or "und").lower()
    return said == wanted.lower() or said.startswith(wanted.lower() + "-")


class CaptionTracks:
    """All captions of one stream, over all its containers.

    Args:
        wanted: ``all``, ``none`` or a language.
        timeline: Of the stream.
        first: Number of the first track that is not in pictures, where others have the ones before.
        announced: Services that are announced outside the pictures that carry them.
    """

    def __init__(self, wanted: str, timeline: Timeline, first: int = 0, announced: Iterable[Track] = ()) -> None:
        self._wanted = wanted
        self._first = self._next = first
        self._timeline = timeline
        self._embedded = {track.id: track for track in announced if wants(wanted, track.language)}
        self._languages = {track.id: track.language for track in announced}
        self._separate: dict[int, tuple[Track, Subtitles]] = {}
        self._closed = ClosedCaptions()
        self._carried = CaptionData()
        self._waiting: list[tuple[float, int, Caption]] = []
        self._count = 0

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Those that are known by now."""
        return (*(track for track, _ in self._separate.values()), *self._embedded.values())

    def begin(self) -> None:
        """Another container: its streams are chosen anew."""
        self._separate.clear()
        self._carried.forget()
        self._next = self._first

    def choose(self, stream: Stream) -> str:
        """Take the next stream of subtitles; why not, in words, if it is not wanted."""
        number, self._next = self._next, self._next + 1
        language = probe.language(stream)
        if not wants(self._wanted, language):
            return f"subtitles {number} ({language or 'no language'}) were not chosen"
        codec = stream.codec_context.name if stream.codec_context is not None else ""
        undecoded = "teletext" if stream.container.format.name == "mpegts" else "ttml"  # FFmpeg has no decoder for them
        facts: dict[str, str | int | float] = {}
        title = stream.metadata.get("title", "").lower()
        if stream.disposition & Disposition.forced or any(word in title for word in _FORCED):
            facts["forced"] = 1
        track = Track(f"captions:{number}", "captions", codec or undecoded, language, facts)
        self._separate[stream.index] = track, Subtitles(track.id, codec)
        return ""

    @property
    def streams(self) -> Collection[int]:
        """Indices of the streams that were taken."""
        return self._separate.keys()

    def packet(self, packet: "Packet[Any]", clock: float, *, wraps: bool) -> Iterator[Damage]:
        """Take a packet of a stream that was taken; what it says comes when it is ``due``."""
        if not packet.size or packet.pts is None:
            return
        _, subtitles = self._separate[packet.stream.index]
        raw = in_seconds(packet.pts, packet.time_base) + clock
        lasts = in_seconds(packet.duration or 0, packet.time_base)
        pts = self._timeline.locate(raw, wraps=wraps)
        for told in subtitles.take(bytes(packet), pts, lasts, zero=pts - raw + clock):
            if isinstance(told, Damage):
                yield told
            else:
                self._hold(told)

    def coded(self, packet: "Packet[Any]") -> None:
        """Look into a coded picture: what it carries is told when it is shown."""
        if self._wanted != "none" and packet.size:
            self._carried.coded(packet)

    def pictured(self, ticks: int | None, pts: float) -> Iterator[Caption | Damage]:
        """What a picture that is shown at ``pts`` (seconds) carries; a service is a track once it shows something.

        Args:
            ticks: The same time by the container's clock.
            pts: Seconds.
        """
        for data in self._carried.shown(ticks):
            for told in self._closed.take(data, pts):
                if told.track not in self._embedded and isinstance(told, Caption):
                    self._meet(told.track)
                if told.track in self._embedded:
                    yield told

    def restart(self) -> None:
        """The clock of the stream jumped."""
        self._closed.restart()

    def due(self, reached: float) -> Iterator[Caption]:
        """What was held until the media have come to it."""
        while self._waiting and self._waiting[0][0] <= reached:
            yield heappop(self._waiting)[2]

    def _meet(self, track: str) -> None:
        language = self._languages.get(track)
        if wants(self._wanted, language) or (language is None and self._wanted != "none"):
            self._embedded[track] = closed_captions.track(track.partition(":")[2], language)

    def _hold(self, caption: Caption) -> None:
        if len(self._waiting) < MOST_HELD:
            self._count += 1
            heappush(self._waiting, (caption.pts, self._count, caption))
