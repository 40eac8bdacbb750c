"""Stall: nothing arrives.

## What it measures
`buffer` (s): media that a model player still holds, negative for as long as it has held none; it starts three target
durations behind live and plays at 1x (for inputs that are not segmented it is empty at once). `waited` (s): time since
something last arrived.

## Why it matters
The viewer sees a spinning wheel. Everything else that is said about pictures meanwhile is said about nothing.

## Opens and closes
Opens when the model player has had nothing to play for `open_after`, dated back to when its buffer ran dry;
closes when media arrive again. Explains what other detectors find meanwhile.

## Blind spots
A player that holds more than the model is still playing; one that holds less has stopped before.

## Sources
- RFC 8216bis, 6.3.3 (start three target durations before the end of the playlist).
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import Gate
from watchglass.model.media import Progress, Stall
from watchglass.model.units import Judged, Seconds


class StallSettings(Settings):
    """Thresholds of `transport.stall`."""

    open_after: Judged[Seconds] = 2.0
    """How long the model player must have had nothing to play."""


class NothingArrives(Detector[Stall | Progress]):
    """Judges whether a viewer's player has run dry."""

    name = "transport.stall"
    status = Status.PROVISIONAL
    consumes: ClassVar = (Stall, Progress)
    settings_type = StallSettings
    settings: StallSettings

    def prepare(self) -> None:
        """Nothing has stalled."""
        self._gate = Gate(
            self.name, None, open_at=0.0, falls=True, open_after=self.settings.open_after, severity=Severity.CRITICAL
        )
        self._stalled = False
        self._waited = 0.0
        self._why = ""

    def measure(self, item: Stall | Progress) -> Iterator[Reading]:
        """What the model player holds."""
        if isinstance(item, Stall):
            self._stalled = True
            yield Reading(self.name, None, "waited", item.pts, 0.0, item.waited, "s", item.reason)
            yield Reading(self.name, None, "buffer", item.pts, 0.0, item.buffer, "s")
        elif self._stalled:
            self._stalled = False
            yield Reading(self.name, None, "arrived", item.pts, 0.0, 1.0, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """An empty buffer is bad, an arrival ends it."""
        if reading.name == "waited":
            self._waited, self._why = reading.value, reading.note
        elif reading.name == "buffer":
            self._ends = reading.end
            yield from self._gate.update(reading, since=reading.pts + min(0.0, reading.value), say=self._say)
        elif reading.name == "arrived":
            # The timeline goes on where it stopped, while the wait went on by the wall clock.
            yield from self._gate.finish(max(reading.pts, self._ends), self._say)

    _ends = 0.0

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(max(pts, self._ends), self._say)

    def _say(self, lasted: float) -> str:
        because = f" ({self._why})" if self._why else ""
        return f"Nothing has arrived for {self._waited:.0f} s, a player has run dry{because}"
