"""Timestamps: the clock of a track jumps, overlaps, leaves holes or drifts.

## What it measures
`error` (s) of each picture and each block of sound on the unrolled timeline: how much later (positive) or earlier
(negative) it comes than the one before it said. For a picture that is the interval beyond the track's own regular
one; for sound the distance from the end of the samples before. `jump` (s): a step to another clock. `drift` (s): the
sum of the small errors of sound, which no single one of them shows, and `drift_age` (s), for how long it has been more
than rounding. What is missing where packets were damaged is a hole and no drift.

## Why it matters
Players answer holes with a stutter, overlaps with dropped pictures, jumps with a reload, and drift with lips that
leave the voice.

## Opens and closes
Opens with the first error of `error_at` or more, or with a step to another clock that nobody announced, or with drift
of `drift_at`, dated back to where it set in; closes after `close_after` without another. Wraps of 33-bit clocks,
announced discontinuities and holes for which we were too slow are silent.

## Blind spots
The intervals of pictures are judged only where the track has kept a regular cadence for a second; variable frame
rates are not. A track that simply ends is `audio.lost`.

## Sources
- ISO/IEC 13818-1, 2.4.3.7 and 2.7.4 (PTS, at most 0.7 s apart); RFC 8216bis, 4.4.4.3 (discontinuities).
"""

from collections import deque
from collections.abc import Iterator
from statistics import median
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.model.coded import CodedPicture, Played
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock, Damage, TimelineBreak, VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds

ROUNDING = 0.045
"""Seconds: smaller steps of sound are no holes; they count as drift if they add up."""
NO_DRIFT = 0.02
"""Seconds up to which the steps of sound are rounding of the container."""
HURTS = 1.0
"""Seconds after a damaged packet in which a step of sound is what that cost."""
REGULAR = 25
"""Pictures of regular cadence before an interval is judged."""


class TimestampsSettings(Settings):
    """Thresholds of `sync.timestamps`."""

    audio_error_at: Judged[Seconds] = 0.045
    """Error of sound from which it is a finding."""
    video_error_at: Judged[Seconds] = 0.15
    """Error of an interval between pictures from which it is a finding, beyond two intervals."""
    drift_at: Judged[Seconds] = 0.1
    """Drift from which it is a finding."""
    settle: Judged[Seconds] = 0.5
    """Seconds after the first timestamp in which an error is information only."""
    close_after: Judged[Seconds] = 1.0
    """Seconds without an error that end it."""


class Timestamps(Skims, Detector[Played | TimelineBreak | Damage]):
    """Does the arithmetic of presentation times."""

    name = "sync.timestamps"
    status = Status.STABLE
    kind = "any"
    consumes: ClassVar = (VideoFrame, CodedPicture, AudioBlock, TimelineBreak, Damage)
    settings_type = TimestampsSettings
    limits: ClassVar = {"drift": Bound("drift_at", "beyond")}
    shows = ("waveform",)
    settings: TimestampsSettings
    decided_by = ("error", "jump")
    memory = 1

    def prepare(self) -> None:
        """No timestamp is known."""
        self._expected: float | None = None
        self._before: float | None = None
        self._intervals: deque[float] = deque(maxlen=REGULAR)
        self._excused = False
        self._drift = self._drift_age = 0.0
        self._damaged_until = float("-inf")
        self._in_step_until = 0.0
        self._what, self._weight = "", 0.0
        self._severity = Severity.WARNING
        self._first: float | None = None
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: Played | TimelineBreak | Damage) -> Iterator[Reading]:
        """Compare with what the item before let expect."""
        if isinstance(item, Damage):
            self._damaged_until = item.pts + HURTS
            return
        if isinstance(item, TimelineBreak):
            if item.cause in ("discontinuity", "outrun"):
                self._excused = True
                if item.cause == "discontinuity" and not item.announced:
                    yield Reading(self.name, item.track, "jump", item.pts, 0.0, item.jump, "s")
            return
        error = self._audio_error(item) if isinstance(item, AudioBlock) else self._video_error(item)
        self._excused = False
        if isinstance(item, AudioBlock):
            if abs(self._drift) <= NO_DRIFT:
                self._in_step_until = item.end
            else:
                yield item.reading(self.name, "drift_age", item.pts - self._in_step_until, "s")
            yield item.reading(self.name, "drift", self._drift, "s")
        yield Reading(self.name, item.track, "error", item.pts, item.duration, error, "s")

    def _video_error(self, frame: VideoFrame | CodedPicture) -> float:
        before, self._before = self._before, frame.pts
        if before is None or self._excused:
            return 0.0
        interval = frame.pts - before
        usual = median(self._intervals) if len(self._intervals) == REGULAR else None
        regular = usual is not None and max(self._intervals) - min(self._intervals) <= max(0.3 * usual, 0.004)
        self._intervals.append(interval)
        if interval <= 0.0:
            return interval - (usual or 0.0)
        if not regular or usual is None or interval <= 2.5 * usual:
            return 0.0
        self._intervals.pop()  # a hole does not make the cadence irregular
        return interval - usual

    def _audio_error(self, block: AudioBlock) -> float:
        expected, self._expected = self._expected, block.end
        if expected is None or self._excused:
            return 0.0
        error = block.pts - expected
        if abs(error) < ROUNDING and block.pts > self._damaged_until:
            self._drift += error
        return error

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Errors, jumps, drift: whatever is there first opens, all together keep it open."""
        limits, value = self.settings, reading.value
        if reading.name == "drift_age":
            self._drift_age = value
            return
        since = reading.pts
        if reading.name == "jump":
            self._note(f"the clock jumps by {value:+.3f} s to another time", 1.0)
            bad = True
        elif reading.name == "drift":
            bad = abs(value) >= limits.drift_at
            if bad:
                self._note(f"sound has drifted by {value:+.3f} s from its sample count", 1.0)
                since = max(0.0, reading.pts - self._drift_age)
            else:
                return  # the error of the same block speaks for both
        else:
            is_sound = (reading.track or "").startswith("audio")
            bad = abs(value) >= (limits.audio_error_at if is_sound else limits.video_error_at)
            if bad:
                how = f"leave a hole of {value:.3f} s" if value > 0 else f"overlap by {-value:.3f} s"
                self._note(f"timestamps {how}", abs(value))
                since = max(0.0, reading.pts - max(0.0, value))
        if self._first is None:
            self._first = reading.pts
        yield from self._gate.update(
            reading, value=1.0 if bad else 0.0, since=since, say=self._say, severity=self._how_bad(reading.pts)
        )

    def _how_bad(self, pts: float) -> Severity:
        """Joining a stream, or cutting one, leaves an incomplete beginning: that is no alarm."""
        assert self._first is not None
        return Severity.INFO if pts - self._first < self.settings.settle else Severity.WARNING

    def _note(self, what: str, weight: float) -> None:
        """Remember the worst of what is open for the message."""
        if self._gate.is_idle or weight > self._weight:
            self._what, self._weight = what, weight

    @property
    def is_settled(self) -> bool:
        """The clock runs."""
        return self._first is not None and self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Neither an error nor a jump, and no drift to speak of."""
        limits, columns = self.settings, frames.columns
        is_error = columns.is_word(columns.name[frames.ends], "error")
        is_small = np.abs(frames.value) < min(limits.audio_error_at, limits.video_error_at)
        return is_error & is_small & ~(np.abs(frames.of("drift")) >= limits.drift_at)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return self._what[:1].upper() + self._what[1:]
