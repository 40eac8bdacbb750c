"""Segment failed: what was asked for did not come, or not whole.

## What it measures
`failing` (s): since when a segment, an init section, a key, a playlist or a manifest has been asked for in vain, at
each failure; `lost` (s): media that will not be seen for it, or that the playlist itself says are not there;
`broken` (1): it came, and ends in the middle of a packet or a box; `delivered` (1): something came again.

## Why it matters
Errors of HTTP, time-outs, connections that break in the middle: each player meets them, too, and skips, waits or stops.

## Opens and closes
Opens with the first failure as information: a second try may help. It is a warning once something has been asked for
in vain for `alarm_after`, or as soon as media are lost or broken. Closes when all has come for `close_after`, dated
back. Explains the stall that follows; then it is critical.

## Blind spots
What a server delivers wrongly and whole, or cut between two packets or boxes. Other edges of the same network: ours
is one of many.

## Sources
- RFC 9110, 15 (status); RFC 8216bis, 6.3.1 (a player may try again), 4.4.4.7 (gaps).
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.transport import FetchFailure, SegmentArrival
from watchglass.model.units import Judged, Seconds


class SegmentFailedSettings(Settings):
    """Thresholds of `transport.segment_failed`."""

    alarm_after: Judged[Seconds] = 2.0
    """How long something must be asked for in vain to be more than information."""
    close_after: Judged[Seconds] = 2.0
    """How long all must come for it to be over."""


class SegmentFailed(Detector[FetchFailure | SegmentArrival]):
    """See the module's text."""

    name = "transport.segment_failed"
    status = Status.PROVISIONAL
    consumes: ClassVar = (FetchFailure, SegmentArrival)
    settings_type = SegmentFailedSettings
    settings: SegmentFailedSettings
    limits: ClassVar = {"failing": Bound("alarm_after")}

    def prepare(self) -> None:
        """All has come."""
        self._gate = Gate(self.name, None, close_after=self.settings.close_after)
        self._failures, self._broken, self._lost, self._why = 0, 0, 0.0, ""
        self._until = 0.0
        """Where the timeline would be at the latest failure, and behind what is missing."""
        self._well_from: float | None = None
        """Where the first that came lies since then."""

    def measure(self, item: FetchFailure | SegmentArrival) -> Iterator[Reading]:
        """What failed, and what came."""
        if isinstance(item, SegmentArrival) or item.is_over:
            yield Reading(self.name, None, "delivered", item.pts, 0.0, 1.0, "1")
            return
        why = f"{item.what} of {item.rendition}: {item.reason}" if item.rendition else f"{item.what}: {item.reason}"
        if item.is_broken:
            yield Reading(self.name, None, "broken", item.pts, 0.0, 1.0, "1", why)
            return
        name, value = ("lost", item.lost) if item.lost else ("failing", item.since)
        yield Reading(self.name, None, name, item.pts, 0.0, value, "s", why)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Media that are lost, or a failure that lasts, are more than information."""
        is_bad = reading.name != "delivered"
        severity = Severity.INFO
        since = None
        if not is_bad:  # the timeline goes on where it stopped, while the wait went on by the wall clock
            since = max(reading.pts, self._until)
            self._well_from = reading.pts if self._well_from is None else self._well_from
        else:
            self._well_from = None
            lost = reading.value if reading.name == "lost" else 0.0
            self._until = max(reading.pts, self._until if lost else 0.0) + lost
            self._why = self._why or reading.note
            self._failures += reading.name == "failing"
            self._lost += lost
            self._broken += reading.name == "broken"
            if reading.name in ("lost", "broken") or reading.value >= self.settings.alarm_after:
                severity = Severity.WARNING
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say, severity=severity)
        if self._well_from is not None and reading.pts - self._well_from >= self.settings.close_after - SLACK:
            yield from self._gate.finish(max(reading.pts, self._until), self._say)
        if self._gate.is_idle:
            self._failures, self._broken, self._lost, self._why = 0, 0, 0.0, ""

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(max(pts, self._until), self._say)

    def _say(self, lasted: float) -> str:
        said = []
        if self._failures:
            said.append(f"what was asked for did not come, {_times(self._failures)}")
        if self._broken:
            said.append(f"what came was not whole, {_times(self._broken)}")
        if self._lost:
            said.append(f"{self._lost:.1f} s of media are missing")
        text = "; ".join(said)
        return f"{text[:1].upper()}{text[1:]} ({self._why})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
