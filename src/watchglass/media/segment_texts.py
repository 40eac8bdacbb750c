"""The captions of a subtitle rendition: its segments are documents that say themselves when they are shown.

Nobody waits for them: they are small, seldom in step with picture and sound, and late ones are still of use.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from watchglass.media import text_fragments, ttml, webvtt
from watchglass.media.cue import Cue
from watchglass.media.own_time import OutrunError
from watchglass.media.part import Part
from watchglass.media.playlist import Segment
from watchglass.media.segment_events import Arrived, Missed
from watchglass.media.segment_rendition import Rendition
from watchglass.media.timeline import Timeline
from watchglass.model.errors import SourceError, WatchglassError
from watchglass.model.media import Caption, Damage, Item, NotWatched, Progress, Track, Tracks
from watchglass.model.transport import SegmentArrival
from watchglass.net.address import redact_reference

_STRAYS = 10.0
"""Seconds by which a cue may lie outside its segment: durations are declared roughly."""
_LIVE_STRAYS = 3.0
"""Target durations, likewise: live, renditions are joined at different places."""
_MOST_BYTES = webvtt.MOST_BYTES
_REMEMBERED = 128
"""Cues that are known again in the next segment, into which they last."""
_SAME = 0.1
"""Seconds by which the times of a cue may differ from segment to segment."""
_WAITING = 16
"""Segments that may wait until the clock of picture and sound is known."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A segment that was read."""

    segment: Segment
    expected: float
    """Where it lies by the durations that are declared, in seconds."""
    cues: tuple[Cue, ...]
    offset: float | None
    """Seconds from their clock to that of the stream, where the document tells it."""
    is_ticking: bool
    """True if that clock has 33 bits."""
    is_second_look: bool = False
    """True if its cues lay elsewhere when it was looked at first."""
    broken: int = 0
    """Cues whose times cannot be read."""


class SegmentTexts:
    """Reads a subtitle rendition.

    Args:
        rendition: Where bytes come from.
        track: What it is.
        timeline: Of the stream.
        name: What to call the stream in messages (secrets removed).
        begins: Seconds of the stream that were left out before its first segment.
        part: What of it is wanted.
    """

    def __init__(
        self, rendition: Rendition, track: Track, timeline: Timeline, name: str, *, begins: float, part: Part
    ) -> None:
        self.rendition = rendition
        self.name = name
        self.has_media = False
        """Always: there is nothing to see or hear in it."""
        self.failure: WatchglassError | None = None
        """The first segment that could not be had, and why."""
        self.reach = begins
        """End of the latest segment, in seconds on the timeline."""
        self._track = track
        self._timeline = timeline
        self._part = part
        self._unplaced: deque[_Read] = deque(maxlen=_WAITING)
        self._known: deque[Caption] = deque(maxlen=_REMEMBERED)
        self._is_announced = False

    def __iter__(self) -> Iterator[Item]:
        """All captions to the end of the stream; begun anew, with the next segment."""
        if not self._is_announced:
            self._is_announced = True
            yield Tracks(0.0, (self._track,), is_live=self.rendition.is_live)
        while self._part.stop is None or self.reach < self._part.stop:
            yield Progress(self.reach)  # on demand, no segment is read before the others have come to it
            upcoming = self.rendition.next() or self.rendition.after_end()
            if upcoming is None:
                break
            expected = self.reach + upcoming.outrun
            self.reach = expected + upcoming.segment.duration
            yield from self._segment(upcoming.segment, expected)
            if self._timeline.has_begun:
                yield from self._place()
        yield from self._place(is_final=True)
        yield from self._happened(self.reach)

    def _segment(self, segment: Segment, expected: float) -> Iterator[Item]:
        try:
            with self.rendition.own.with_others():
                init, data = self._fetched(segment)
        except OutrunError:  # told by the picture
            yield from self._happened(expected)
            return
        except WatchglassError as error:
            self.failure = self.failure or error
            yield from self._happened(expected)
            reason = f"a segment of subtitles was skipped: {error}"
            yield NotWatched(expected, reason, track=self._track.id, duration=segment.duration)
            return
        yield from self._happened(expected)
        try:
            self._unplaced.append(self._read(segment, init, data, expected))
        except SourceError as error:
            yield Damage(self._track.id, expected, "undecodable", str(error))

    def _fetched(self, segment: Segment) -> tuple[bytes, bytes]:
        """The init section, where there is one, and the segment."""
        init = b"" if segment.init is None else self.rendition.init_section(segment.init, segment.sequence)
        data = bytearray()
        for chunk in self.rendition.segment(segment):
            data += chunk
            if len(data) > _MOST_BYTES:
                raise SourceError(
                    f"{redact_reference(segment.uri)[:200]}: more than {_MOST_BYTES / 1e6:g} MB is not read"
                )
        return init, bytes(data)

    def _read(self, segment: Segment, init: bytes, data: bytes, expected: float) -> _Read:
        name = redact_reference(segment.uri)[:200]
        if init or text_fragments.is_whole(data):
            cues = text_fragments.cues(text_fragments.text_track(init or data, name), data, name)
            return _Read(segment, expected, tuple(cues), segment.offset or 0.0, False)
        if self._track.codec == "ttml":
            return _Read(segment, expected, tuple(ttml.cues(data, name)), segment.offset or 0.0, False)
        document = webvtt.parse(data, name)
        # The map of a document is that of HLS; in DASH it is the manifest that says where its zero lies.
        offset = document.offset if segment.offset is None else segment.offset
        return _Read(segment, expected, document.cues, offset, segment.offset is None, broken=document.broken)

    def _place(self, *, is_final: bool = False) -> Iterator[Caption | Damage]:
        """Tell what waited; a segment whose cues lie elsewhere waits for another look.

        It may belong behind a discontinuity that picture and sound have not come to yet.
        """
        for _ in range(len(self._unplaced)):
            read = self._unplaced.popleft()
            if is_final or read.is_second_look or not any(self._is_astray(cue, read) for cue in read.cues):
                yield from self._placed(read)
            else:
                self._unplaced.append(replace(read, is_second_look=True))

    def _is_astray(self, cue: Cue, read: _Read) -> bool:
        strays = _STRAYS + (_LIVE_STRAYS * self.rendition.target_duration if self.rendition.is_live else 0.0)
        pts, end = self._pts(cue, read), read.expected + read.segment.duration
        return bool(cue.text) and (pts + cue.lasts < read.expected - strays or pts > end + strays)

    def _placed(self, read: _Read) -> Iterator[Caption | Damage]:
        """Its cues where they are shown; those that lie elsewhere than their segment are told."""
        astray = 0
        for cue in sorted(read.cues):
            pts = self._pts(cue, read)
            if self._is_astray(cue, read):
                astray += 1
                pts = read.expected
            caption = Caption(self._track.id, max(0.0, pts), cue.text, cue.lasts)
            if cue.text and not self._is_known(caption) and self._wants(caption):
                yield caption
        name = redact_reference(read.segment.uri)[:200]
        for count, what in ((astray, "lie outside the time of their segment"), (read.broken, "have no times")):
            if count:
                yield Damage(self._track.id, read.expected, "undecodable", f"{name}: {count} cues {what}")

    def _is_known(self, caption: Caption) -> bool:
        """Whether it was told with another segment, or goes on with what was: packagers cut cues where segments end."""
        is_known = any(
            caption.text == one.text and min(abs(caption.pts - one.pts), abs(caption.pts - one.pts - one.lasts)) < _SAME
            for one in self._known
        )
        self._known.append(caption)
        return is_known

    def _pts(self, cue: Cue, read: _Read) -> float:
        """Where a cue is shown; one that names no clock may mean that of the stream, or seconds from its beginning."""
        if read.offset is not None:
            return self._timeline.locate(cue.begin + read.offset, wraps=read.is_ticking)
        meant = (self._timeline.locate(cue.begin, wraps=True), cue.begin)
        return min(meant, key=lambda pts: abs(pts - read.expected))

    def _wants(self, caption: Caption) -> bool:
        start, stop = self._part
        return caption.pts + caption.lasts > start and (stop is None or caption.pts < stop)

    def _happened(self, pts: float) -> Iterator[Item]:
        """What was met on the way, as items."""
        events = self.rendition.events
        while events:
            event = events.popleft()
            if isinstance(event, Missed):
                yield NotWatched(pts, event.reason, track=self._track.id, duration=event.duration)
            elif isinstance(event, Arrived):
                yield SegmentArrival(
                    pts=pts,
                    duration=event.segment.duration,
                    uri=event.name,
                    rendition=self.rendition.label,
                    sequence=event.segment.sequence,
                    size=event.size,
                    fetch_seconds=event.fetch_seconds,
                )
