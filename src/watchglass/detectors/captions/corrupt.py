"""Corrupt: caption data that cannot be read.

## What it measures
`errors` (errors), about once a second, from the first of them on: pictures whose caption bytes have wrong parity
(CEA-608), packets and blocks of CEA-708 that are cut short or do not follow each other, DVB display sets that are none,
lines of teletext that cannot be read, WebVTT and TTML documents that do not parse or whose cues lie outside their
segment.

## Why it matters
Garbled words, wrong characters, lines that stay or are missing: for many viewers that is the whole sound.

## Opens and closes
Opens when `open_at` errors came within `within`, dated back to the first of them; closes when none has come for
`within`, dated back to the last. One error alone is what a splice leaves behind.

## Blind spots
Text that is intact and wrong. A byte with two wrong bits has the right parity. Errors of a service that has not
shown anything yet are not counted.

## Sources
- ANSI/CTA-608-E, 8.2 (odd parity); ANSI/CTA-708-E, 5.1 (sequence numbers) and 6.2 (service blocks).
- ETSI EN 300 743, 7.2; ETSI EN 300 706, 8.2; W3C WebVTT; W3C TTML2; RFC 8216bis, 3.1.4.
"""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK, Gate
from watchglass.model.media import Damage, Progress
from watchglass.model.units import Count, Judged, Seconds

EVERY = 1.0
"""Seconds between two readings."""


class CorruptSettings(Settings):
    """How many errors are too many."""

    open_at: Judged[Count] = 3
    """Errors from which it is a finding."""
    within: Judged[Seconds] = 10.0
    """Seconds in which they must come, and without any of which it is over."""


class Corrupt(Detector[Damage | Progress]):
    """See the module's text."""

    name = "captions.corrupt"
    status = Status.PROVISIONAL
    kind = "captions"
    consumes: ClassVar = (Damage, Progress)
    settings_type = CorruptSettings
    settings: CorruptSettings

    def prepare(self) -> None:
        """Nothing was wrong."""
        self._errors = 0
        self._detail = ""
        self._from: float | None = None
        self._recent: deque[Reading] = deque()
        self._last_end = 0.0
        self._count = 0.0
        self._what = ""
        self._gate = Gate(self.name, self.track_id)

    def measure(self, item: Damage | Progress) -> Iterator[Reading]:
        """Errors since the last reading."""
        if self._from is None:
            self._from = item.pts
        if isinstance(item, Damage):
            if not self._errors:
                self._from = max(self._from, item.pts)
            self._errors += 1
            self._detail = item.detail
        elif item.pts - self._from >= EVERY - SLACK:
            lasted, errors = item.pts - self._from, float(self._errors)
            yield Reading(self.name, self.track_id, "errors", self._from, lasted, errors, "errors", self._detail)
            self._from, self._errors, self._detail = item.pts, 0, ""

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Several within a short time."""
        recent = self._recent
        if reading.value:
            recent.append(reading)
            self._last_end, self._what = reading.end, reading.note
        while recent and recent[0].end <= reading.end - self.settings.within + SLACK:
            recent.popleft()
        errors = sum(each.value for each in recent)
        if self._gate.is_open:
            self._count += reading.value
            yield from self._gate.update(reading, value=float(errors > 0), since=self._last_end, say=self._say)
        else:
            self._count = errors
            since = recent[0].pts if recent else None
            is_bad = errors >= self.settings.open_at
            yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(min(pts, self._last_end), self._say)

    def _say(self, lasted: float) -> str:
        return f"{self._count:.0f} errors in caption data within {lasted:.0f} s: {self._what}"
