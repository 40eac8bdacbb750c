"""Segment slow: segments take longer to come than they last.

## What it measures
`slowness` (times): seconds that each segment took to be fetched, from the request to the last byte, by the seconds that
it lasts.

## Why it matters
A player's buffer runs dry. It changes to a smaller rendition, and where there is none it stops.

## Opens and closes
Opens when `segments` in a row of the same rendition were slower than `open_at`, dated back to the first of them; closes
with one that is not. Explains a stall that follows; then it is critical.

## Blind spots
How it is elsewhere: it is our way to the server that is measured. Parts of low latency come as they are made and say
nothing of speed.

## Sources
- RFC 8216bis, 6.3.3 (a player must load ahead of what it plays). Three in a row: ours, so that one hiccup is none.
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.transport import SegmentArrival
from watchglass.model.units import Count, Factor, Judged


class SegmentSlowSettings(Settings):
    """Thresholds of `transport.segment_slow`."""

    open_at: Judged[Factor] = 1.0
    """How many times as long as it lasts a segment may take."""
    segments: Judged[Count] = 3
    """How many in a row must be slower."""


class SegmentSlow(Detector[SegmentArrival]):
    """See the module's text."""

    name = "transport.segment_slow"
    status = Status.PROVISIONAL
    consumes: ClassVar = (SegmentArrival,)
    settings_type = SegmentSlowSettings
    settings: SegmentSlowSettings
    limits: ClassVar = {"slowness": Bound("open_at")}

    def prepare(self) -> None:
        """None was slow."""
        self._slow: dict[str, list[Reading]] = {}
        """By rendition, the slow ones in a row."""
        self._said = ""
        self._gate = Gate(self.name, None)

    def measure(self, item: SegmentArrival) -> Iterator[Reading]:
        """Of each segment."""
        if item.duration > 0.0 and item.fetch_seconds > 0.0:
            slowness = item.fetch_seconds / item.duration
            yield Reading(self.name, None, "slowness", item.pts, item.duration, slowness, "times", item.rendition)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Enough in a row, of any rendition."""
        if reading.value > self.settings.open_at:
            self._slow.setdefault(reading.note, []).append(reading)
        else:
            self._slow.pop(reading.note, None)
        lasting = [row for row in self._slow.values() if len(row) >= max(1, self.settings.segments)]
        since = min((row[0].pts for row in lasting), default=reading.pts)
        if lasting:
            worst = max((one for row in lasting for one in row), key=lambda one: one.value)
            self._said = f"Segments take up to {worst.value:.1f} times as long to come as they last ({worst.note})"
        yield from self._gate.update(reading, value=float(bool(lasting)), since=since, say=self._say)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return self._said
