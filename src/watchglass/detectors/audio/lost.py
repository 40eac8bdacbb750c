"""Lost: a track that was declared gives no sound any more.

## What it measures
`hole` (s): length of a stretch between two blocks, or before the first, for which there are no samples. `lag` (s), a
few times a second: how far the track is behind the furthest track of the stream; 0 when samples arrive again.

## Why it matters
A sound encoder that died or a PID that went away: the picture goes on, players fall silent or stop. Silence detectors
see nothing, because there are no samples to be silent.

## Opens and closes
A `hole` longer than `open_after` is a finding with exactly its span. While watching, it opens as soon as `lag` exceeds
by `open_after` the largest lag that the track has caught up before (containers write tracks in turns of seconds; in
its first `settling` seconds it may lag by as much), dated back to the last sample, and closes when samples have been
back for `close_after`, dated back to the first of them. A track that ends more than `open_after` before the media, or
never gives a sample, is lost to the end. Reason `hole`, `stopped` or `never`.

## Blind spots
Sound that goes on as zeros is silence, not lost. Where every track stops nothing is said here: that is a stall. A
track that ends early in a file is told exactly, but only at the end if it is written in long turns. What we were too
slow for counts as delivered.

## Sources
- ETSI TR 101 290, 5.2.1 (PID missing), applied to decoded samples. `open_after` 1 s: ours.
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock, NotWatched, Progress, TimelineBreak, Tracks
from watchglass.model.units import Judged, Seconds


class LostSettings(Settings):
    """When a track counts as lost."""

    open_after: Judged[Seconds] = 1.0
    """How long samples must be missing."""
    close_after: Judged[Seconds] = 0.5
    """How long samples must be back before it is over: a decoder that runs dry may still give a crumb."""
    settling: Judged[Seconds] = 10.0
    """Seconds of sound it takes to know how the container takes turns; until then the track may lag by as much."""


TOLD_EVERY = 0.5
"""Seconds of sound between two readings that all is well."""
SEAM = 0.05
"""Seconds between two blocks that are no hole: timestamps are rounded."""


class Lost(Detector[AudioBlock | Progress | Tracks | NotWatched | TimelineBreak]):
    """See the module's text."""

    name = "audio.lost"
    status = Status.STABLE
    kind = "audio"
    consumes: ClassVar = (AudioBlock, Progress, Tracks, NotWatched, TimelineBreak)
    settings_type = LostSettings
    limits: ClassVar = {"hole": Bound("open_after")}
    shows = ("levels",)
    settings: LostSettings

    def prepare(self) -> None:
        """Nothing has come yet."""
        self._delivered: float | None = None
        self._told = float("-inf")
        self._start: float | None = None
        self._end = 0.0
        self._lag = self._largest_lag = 0.0
        self._is_back = True
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock | Progress | Tracks | NotWatched | TimelineBreak) -> Iterator[Reading]:
        """Holes between blocks, and how far the track is behind the others."""
        if isinstance(item, NotWatched | TimelineBreak):
            self._skip(item)
            return
        if self._delivered is None:
            self._delivered = item.pts
            yield self._reading("lag", item.pts, 0.0)
        if isinstance(item, AudioBlock):
            if item.pts - self._delivered > SEAM:
                yield self._reading("hole", self._delivered, item.pts - self._delivered)
            self._delivered = max(self._delivered, item.end)
            if self._delivered - self._told >= TOLD_EVERY - SLACK:
                yield self._reading("lag", self._delivered, 0.0)
        elif isinstance(item, Progress) and item.pts > self._delivered + SLACK:
            yield self._reading("lag", self._delivered, item.pts - self._delivered)

    def _skip(self, item: NotWatched | TimelineBreak) -> None:
        """What we were too slow for was there: it counts as delivered."""
        if self._delivered is None:
            return
        if isinstance(item, NotWatched):
            self._delivered = max(self._delivered, item.end if item.is_outrun else 0.0)
        elif item.cause == "outrun":
            self._delivered = max(self._delivered, item.pts + item.jump)

    def _reading(self, name: str, pts: float, seconds: float) -> Reading:
        self._told = pts if seconds == 0.0 else float("-inf")  # the next block tells that the track has caught up
        return Reading(self.name, self.track_id, name, pts, seconds, seconds, "s")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """A hole is exact; a lag counts from where it exceeds what is usual."""
        if self._start is None:
            self._start = self._end = reading.pts
        if reading.name == "hole":
            if reading.value > self.settings.open_after + SLACK:
                yield from self._open(reading, "hole")
            self._end = reading.end
            self._lag, self._is_back = 0.0, True
            yield from self._gate.update(reading._replace(pts=reading.end, duration=0.0), value=0.0, say=self._say)
        elif reading.value == 0.0:
            if not self._gate.is_open:
                self._largest_lag = max(self._largest_lag, self._lag)
            self._lag, self._end, self._is_back = 0.0, reading.pts, True
            yield from self._gate.update(reading, value=0.0, say=self._say)
        else:
            self._lag, self._end = reading.value, reading.pts
            is_settling = self._end - self._start < self.settings.settling
            allowed = max(self._largest_lag, self.settings.settling) if is_settling else self._largest_lag
            if self._gate.is_open:
                allowed = 0.0 if self._is_back else -self.settings.open_after
            if self._lag > allowed + self.settings.open_after + SLACK:
                yield from self._open(reading, "")

    def finish(self, pts: float) -> Iterator[Finding]:
        """What is missing up to the end of the media is lost; then close what is open."""
        if self._start is not None and pts - self._end > self.settings.open_after + SLACK:
            missing = pts - self._end
            yield from self._open(Reading(self.name, self.track_id, "hole", self._end, missing, missing, "s"), "")
        yield from self._gate.finish(pts, self._say)

    def _open(self, missing: Reading, reason: str) -> Iterator[Finding]:
        self._is_back = False
        reason = reason or ("never" if self._end == self._start else "stopped")
        yield from self._gate.update(missing, value=1.0, say=self._say, reason=reason)

    def _say(self, lasted: float) -> str:
        what = "never gave a sample" if self._end == self._start else "gave no samples"
        return f"the track {what} for {lasted:.1f} s"
