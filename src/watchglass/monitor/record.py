"""From what was observed, one thing at a time, to a report; its memory does not grow with the media."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from watchglass.model.difference import Differences
from watchglass.model.exhibit import Exhibit
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import ClockAnchor, NotWatched, Track, Tracks
from watchglass.model.report import Coverage, Curve, Duty, FileReport, FindingKey, Unwatched, WallClock, Waveform
from watchglass.monitor.plots import Binner
from watchglass.monitor.watch import Observation

MOST_FINDINGS = 10_000
MOST_REASONS = 200
"""Reasons for not watching that are told apart."""
BETWEEN = "pictures between key frames"
_INFO_SHARE = 0.8
"""Part of the findings that information may fill, so that a flood of it never hides an alarm."""
_BATCH = 512
"""Readings that are gathered before they are counted: numpy is cheap by the batch only."""


class Record:
    """Takes the observations of one input and becomes its report.

    Args:
        source: Path or address, secrets removed.
        run: What tells this watching from another of the same source; part of each finding's id.
        most_findings: The most findings to keep; the rest is counted.
    """

    def __init__(self, source: str, *, run: str = "", most_findings: int = MOST_FINDINGS) -> None:
        self.clock = WallClock()
        """Media time to UTC, as far as the source told."""
        self._source = source
        self._run = run
        self._most_findings = most_findings
        self._tracks: dict[str, Track] = {}
        self._is_live = False
        self._findings: dict[FindingKey, Finding] = {}
        self._left_out = 0
        self._not_watched: dict[tuple[str, str | None, str | None], Unwatched] = {}
        self._waiting: dict[tuple[str, str | None, str, str], list[Reading]] = {}
        self._curves: dict[tuple[str, str | None, str, str], Binner] = {}
        self._end: float | None = None
        self._key_frames: dict[str, float] = {}
        """Since when there are only key frames of a track, in seconds."""

    def add(self, seen: Observation) -> None:
        """Take one observation of ``watch`` into account."""
        if type(seen) is Reading:  # some hundred a media second; everything else is rare
            key = (seen.detector, seen.track, seen.name, seen.unit)
            waiting = self._waiting.get(key)
            if waiting is None:
                self._waiting[key] = [seen]
                return
            waiting.append(seen)
            if len(waiting) >= _BATCH:
                self._fold(key)
        elif isinstance(seen, Finding):
            self._add_finding(seen)
        elif isinstance(seen, NotWatched):
            self._add_not_watched(seen)
        elif isinstance(seen, Tracks):
            self._is_live |= seen.is_live
            self._tracks.update((track.id, track) for track in seen.tracks)
            self._by_tier(seen)
        elif isinstance(seen, ClockAnchor):
            self.clock.set(seen)

    def report(
        self,
        *,
        duration: float | None = None,
        asked: tuple[float, float | None] | None = None,
        error: str | None = None,
        waveforms: Sequence[Waveform] = (),
        exhibits: Mapping[FindingKey, Exhibit] | None = None,
        duties: Sequence[Duty] = (),
        compared: Callable[[Iterable[Finding]], Differences] | None = None,
    ) -> FileReport:
        """Everything that was observed so far, as a report.

        Args:
            duration: Seconds of media that the source has, where that is known.
            asked: From and to where it was to be watched, in seconds; None for the end.
            error: Why the source could not be read (further), as a sentence.
            waveforms: As ``Evidence`` drew them.
            exhibits: As ``Evidence`` gathered them.
            duties: Who watched what, as ``Roster`` has it.
            compared: Says how the findings differ from others.
        """
        curves = self._drawn()  # first: it also says how far was watched
        return FileReport(
            source=self._source,
            error=error,
            duration=self._end if duration is None else duration,
            tracks=tuple(self._tracks.values()),
            is_live=self._is_live,
            coverage=self._coverage(duration, asked),
            findings=tuple(sorted(self._findings.values(), key=lambda finding: (finding.opened_at, finding.detector))),
            run=self._run,
            clock=self.clock,
            curves=curves,
            waveforms=tuple(waveforms),
            exhibits=exhibits or {},
            duties=tuple(duties),
            differences=compared(self._findings.values()) if compared else None,
        )

    def _drawn(self) -> tuple[Curve, ...]:
        for key in self._waiting:
            self._fold(key)
        curves = []
        for (detector, track, name, unit), binner in self._curves.items():
            bins = binner.bins()
            curves.append(Curve(detector, track, name, unit, bins.begin, bins.step, bins.low, bins.high, bins.mean))
        return tuple(curves)

    def _fold(self, key: tuple[str, str | None, str, str]) -> None:
        readings = self._waiting[key]
        if not readings:
            return
        _, _, _, pts, duration, value, *_ = zip(*readings, strict=True)
        readings.clear()
        if key not in self._curves:
            self._curves[key] = Binner()
        self._curves[key].add(pts, duration, value)
        self.watched(pts[-1] + duration[-1])

    def draw(self, key: tuple[str, str | None, str, str], binner: Binner) -> None:
        """Take a finished curve: of a detector, on a track, by name and unit."""
        self._curves[key] = binner

    @property
    def end(self) -> float:
        """Media time up to which was watched, in seconds."""
        return self._end or 0.0

    def watched(self, end: float) -> None:
        """The source was watched up to ``end`` (seconds); readings and findings say so themselves."""
        self._end = end if self._end is None else max(end, self._end)

    def _by_tier(self, announced: Tracks) -> None:
        """Remember for how long pictures between key frames were not watched."""
        few = {track.id for track in announced.tracks if track.has_key_frames_only}
        for track in [track for track in self._key_frames if track not in few]:
            self._add_not_watched(self._between(track, announced.pts))
            del self._key_frames[track]
        for track in few:
            self._key_frames.setdefault(track, announced.pts)

    def _between(self, track: str, end: float) -> NotWatched:
        since = self._key_frames[track]
        return NotWatched(since, BETWEEN, track=track, duration=max(0.0, end - since), is_loss=False)

    def _add_finding(self, finding: Finding) -> None:
        self.watched(finding.told_at)
        is_new = finding.key not in self._findings
        room = self._most_findings * (1.0 if finding.severity > Severity.INFO else _INFO_SHARE)
        if is_new and len(self._findings) >= room:
            self._left_out += finding.event is Event.OPENED
            return
        if is_new and finding.event is not Event.OPENED and self._left_out:
            self._left_out -= 1  # it had been left out as information, and has become graver
        self._findings[finding.key] = finding

    def _add_not_watched(self, seen: NotWatched) -> None:
        key = (seen.reason, seen.track, seen.detector)
        end = seen.pts + seen.duration if seen.duration else None
        known = self._not_watched.get(key)
        if known is None and len(self._not_watched) >= MOST_REASONS:
            key = ("further reasons", None, None)
            known = self._not_watched.get(key)
        if known is None:
            self._not_watched[key] = Unwatched(*key, seen.pts, end, seen.duration, is_loss=seen.is_loss)
            return
        self._not_watched[key] = replace(
            known,
            start=min(known.start, seen.pts),
            end=None if known.end is None or end is None else max(known.end, end),
            seconds=known.seconds + seen.duration,
            count=known.count + 1,
            is_loss=known.is_loss or seen.is_loss,
        )

    def _coverage(self, duration: float | None, asked: tuple[float, float | None] | None) -> Coverage:
        begin, until = asked or (0.0, None)
        self._by_tier(Tracks(self.end, ()))
        not_watched = list(self._not_watched.values())
        if begin > 0.0:
            not_watched.insert(0, Unwatched("before the part that was asked for", None, None, 0.0, begin, begin))
        if until is not None and (duration is None or until < duration):
            rest = 0.0 if duration is None else duration - until
            not_watched.append(Unwatched("after the part that was asked for", None, None, until, duration, rest))
        return Coverage(begin, self._end, tuple(not_watched), self._left_out)
