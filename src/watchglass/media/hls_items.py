"""The items of one rendition: what its converter sees, and what is known of how it arrived."""

from collections.abc import Generator, Iterator
from dataclasses import replace

from watchglass.media.decode import Converter
from watchglass.media.lasting_pictures import lasting
from watchglass.media.segment_events import Arrived, Began, Event, Missed
from watchglass.media.segment_rendition import Rendition
from watchglass.media.segment_run import Run, runs
from watchglass.media.splice_queue import SpliceQueue
from watchglass.model.coded import Played
from watchglass.model.errors import SourceError, WatchglassError
from watchglass.model.media import OUTRUN, ClockAnchor, Damage, Item, NotWatched, Progress, TimelineBreak
from watchglass.model.transport import SegmentArrival

_DRIFT = 0.5
"""Seconds by which declared durations may lead us astray before the decoded media sets us right."""
_PROBED = 0.1
"""Seconds of key frames that are looked at before anything is shown: the first tells all that there is."""
_CLOCK_STEP = 0.1
"""Seconds by which the programme's clock must move to be told anew."""


class RenditionItems:
    """Reads the runs of a rendition through a converter.

    Args:
        rendition: Where bytes come from.
        converter: Makes items of them.
        name: What to call the stream in messages (secrets removed).
        tells_time: True for the one rendition of a stream that yields ``ClockAnchor``.
    """

    def __init__(self, rendition: Rendition, converter: Converter, name: str, *, tells_time: bool) -> None:
        self.rendition = rendition
        self.has_media = False
        """True once a picture or sound came."""
        self.reach = 0.0
        """End of the latest picture or sound, in seconds on the timeline."""
        self.failure: WatchglassError | None = None
        """Why nothing came, where nothing came."""
        self.name = name
        self._converter = converter
        self._places = _Places()
        self._splices = SpliceQueue()
        self._outrun = 0.0
        """Seconds before the present run that we were too slow for, as its playlist reckons; 0 once that is told."""
        self._offset: float | None = None if tells_time else 0.0
        self._tells_time = tells_time

    def __iter__(self) -> Iterator[Item]:
        """All items to the end of the stream.

        Raises:
            SourceError: If what was delivered first is nothing that can be watched.
            AddressRefusedError: If it leads to where the guard does not let us.
        """
        for run in runs(self.rendition):
            wanted_less = yield from self._run(run)
            if wanted_less and not self.rendition.is_live:
                return
        yield from self._told(is_final=True)

    def _run(self, run: Run) -> Generator[Item, None, bool]:
        """One run; True in the end if the converter did not want all of it."""
        self._places.begin()
        self._outrun += run.outrun
        was_refused = False
        try:
            run.look_for_clock()
            items = self._converter.items(
                run,
                label=self.name,
                format=run.format,
                announced_break=run.announced_break,
                is_outrun=run.outrun > 0.0,
                is_live=self.rendition.is_live,
                clock=run.clock,
                offset=run.first.offset,
                probed=_PROBED if run.first.is_i_frame else None,
            )
            for item in lasting(items) if run.first.is_i_frame else items:
                is_media = isinstance(item, Played)
                yield from self._too_slow(item)
                if is_media:
                    run.bore_fruit()
                    self._places.met(item.pts)
                yield from self._told()
                if is_media:
                    self.has_media = True
                    self.reach = max(self.reach, item.end)
                was_refused |= isinstance(item, NotWatched) and self.has_media
                yield self._in_order(item)
        except SourceError as error:
            if not self.has_media and run.has_delivered:
                raise
            self.failure = self.failure or error
            if run.has_delivered:
                yield NotWatched(self.reach, str(error), duration=run.first.duration)
            was_refused = True
        self._places.met(self.reach)
        yield from self._told()
        return not run.is_over and not was_refused

    def _in_order(self, item: Item) -> Item:
        """An item, not ahead of what this rendition has shown.

        The timeline is that of all renditions: what is stamped with how far that has come would wait for the others.
        """
        if isinstance(item, Progress | Damage) and item.pts > self.reach:
            return replace(item, pts=self.reach)
        return item

    def _too_slow(self, item: Item) -> Iterator[NotWatched]:
        """What was left out before an item, as long as its clock says, or else the playlist."""
        is_hole = isinstance(item, TimelineBreak) and item.cause == "outrun"
        if self._outrun and (is_hole or isinstance(item, Played)):
            lasted = item.jump if isinstance(item, TimelineBreak) else self._outrun
            track = None if self._tells_time else item.track
            self._outrun = 0.0
            yield NotWatched(self.reach, OUTRUN, track, duration=lasted, is_outrun=True)

    def _told(self, *, is_final: bool = False) -> Iterator[Item]:
        """What happened meanwhile, as items."""
        events = self.rendition.events
        while events and (self._places.are_known or is_final):
            yield from self._as_items(events.popleft())
        if not self.rendition.is_live:  # else they are told as they happen, by ``LiveSource``
            while self.rendition.aside:
                yield replace(self.rendition.aside.popleft(), pts=self.reach)
        yield from self._splices.due(self.reach)

    def _as_items(self, event: Event) -> Iterator[Item]:
        if isinstance(event, Missed):
            yield NotWatched(self.reach, event.reason, duration=event.duration)
        elif isinstance(event, Began):
            corrected = self._places.began(event.segment.sequence, event.segment.duration, self.reach)
            if corrected:
                self.rendition.listener(corrected)
            told = event.segment.program_date_time
            if told is not None and self._tells_time:
                yield from self._anchor(self._places.of(event.segment.sequence), told, _CLOCK_STEP)
            for mark in event.segment.splices if self._tells_time else ():
                self._splices.hold(mark.splice(self._places.of(event.segment.sequence)))
        else:
            yield from self._arrival(event)

    def _arrival(self, event: Arrived) -> Iterator[Item]:
        segment, pts = event.segment, self._places.of(event.segment.sequence)
        if self._tells_time and self.rendition.is_live and segment.utc is None:
            # When it reached us is all we know of when it was; it jitters by as much as a segment lasts.
            yield from self._anchor(pts, event.utc, self.rendition.target_duration + _CLOCK_STEP, is_told=False)
        yield SegmentArrival(
            pts=pts,
            duration=segment.duration,
            uri=event.name,
            rendition=self.rendition.label,
            sequence=segment.sequence,
            size=event.size,
            fetch_seconds=event.fetch_seconds,
        )

    def _anchor(self, pts: float, utc: float, step: float, *, is_told: bool = True) -> Iterator[Item]:
        offset = utc - pts
        if self._offset is None or abs(offset - self._offset) > step:
            self._offset = offset
            yield ClockAnchor(pts, utc, "program-date-time" if is_told else "arrival")


class _Places:
    """Where on the timeline segments begin, reckoned from declared durations and set right by decoded media.

    The media that comes out of the decoder lags behind the bytes that go in by an amount that hardly changes; it is
    measured at the first boundary of a run.
    """

    def __init__(self) -> None:
        self._base: float | None = None
        self._declared = 0.0
        self._lag: float | None = None
        self._pts: dict[int, float] = {}

    @property
    def are_known(self) -> bool:
        """True once media of this run has been seen."""
        return self._base is not None

    def begin(self) -> None:
        """A run begins."""
        self._base, self._declared, self._lag = None, 0.0, None

    def met(self, pts: float) -> None:
        """Media of this run was seen."""
        if self._base is None:
            self._base = pts

    def began(self, sequence: int, duration: float, reach: float) -> float:
        """The bytes of a segment begin, media having come as far as ``reach``.

        Returns:
            Seconds by which the segments before it were longer than declared.
        """
        base = self._base or 0.0
        pts, corrected = base + self._declared, 0.0
        if self._declared > 0.0 and reach > base:
            if self._lag is None:
                self._lag = min(max(0.0, pts - reach), _DRIFT)
            drift = reach + self._lag - pts
            if abs(drift) > _DRIFT:
                self._base, corrected = base + drift, drift
                pts += drift
        self._declared += duration
        self._pts[sequence] = pts
        while len(self._pts) > 16:
            del self._pts[next(iter(self._pts))]
        return corrected

    def of(self, sequence: int) -> float:
        """Where a segment that has begun lies."""
        return self._pts.get(sequence, self._base or 0.0)
