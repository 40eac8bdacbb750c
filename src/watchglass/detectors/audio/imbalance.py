"""Imbalance: one side of the sound is missing.

## What it measures
`difference` (dB), 20 times a second: level of the left front channel over the right one, on about 50 ms; of the sides
and the backs of a surround layout too (`difference_side`, `difference_back`); within -120 to 120 dB. Told only while
the louder of the two is above -60 dBFS, and no more than 25 dB below the loudest of late (a memory that fades by 2 dB
a second): in the pauses of speech both channels hold nothing but their noise.

## Why it matters
A lost channel, a bad cable or a wrong downmix: half of the programme is gone on headphones, and most monitoring,
which looks at the sum, sees a level only 3 dB lower.

## Opens and closes
The median of `difference` over 9 readings is compared with the stream's own past (the median of up to 30 s, which
does not learn while something is wrong). Opens when one side is more than `open_at` below the other, and
`apart` more than it used to be, for `open_after`, dated back; closes when it is back within `close_at` or
near its past. Without a past (one-sided from the start) or with a past that changed sides all the time (hard-panned
content) it is information, for the front only. Reason `channel_silent`, `channel_low`, or `one_sided` for information.

## Blind spots
Content that is panned hard for the first time in a programme looks the same as a fault. A channel that fades over
minutes becomes its own past. Nothing is judged while both are silent, nor for mono.

## Sources
- EBU QC 0007B (channel balance). Threshold and `open_after`: ours, set on the published test clips.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import Foreground, dbfs
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Decibels, Judged, Seconds

LIMIT = 120.0
"""dB told for a channel that is not there at all."""
SILENT_AT = 60.0
"""dB of difference from which the weaker channel is called silent."""
MEDIAN = 9
"""Readings behind one decision: single beats that are panned do not count."""
PAST = 600
"""Readings of the past that are kept: 30 s."""
ENOUGH = 20
"""Readings of the past (1 s of sound) that make it one."""
STEADY = 10.0
"""dB: nine tenths of a steady past lie this near to its median."""


class ImbalanceSettings(Settings):
    """When one side counts as missing."""

    open_at: Judged[Decibels] = 20.0
    """By how much one channel must be below the other."""
    close_at: Judged[Decibels] = 15.0
    """Difference below which they are balanced again."""
    apart: Judged[Decibels] = 12.0
    """By how much the difference must have changed against the stream's own past."""
    open_after: Judged[Seconds] = 3.0
    """How long it must last before it is told."""
    close_after: Judged[Seconds] = 0.5
    """How long they must be balanced before it is over."""


class Pair(NamedTuple):
    """Two channels that belong together."""

    reading: str
    left: str
    right: str


PAIRS = (Pair("difference", "FL", "FR"), Pair("difference_side", "SL", "SR"), Pair("difference_back", "BL", "BR"))


class Imbalance(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.imbalance"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = ImbalanceSettings
    limits: ClassVar = {pair.reading: Bound("open_at", "beyond") for pair in PAIRS}
    shows = ("levels",)
    settings: ImbalanceSettings
    decided_by = tuple(pair.reading for pair in PAIRS)
    memory = PAST + MEDIAN

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._foregrounds = {pair: Foreground() for pair in PAIRS}
        self._judges = {pair.reading: _PairJudge(self, pair) for pair in PAIRS}

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Difference of each pair, by hop, where there is sound."""
        for pair in PAIRS:
            if rows := item.rows(pair.left, pair.right):
                yield from self._differences(item, pair, *rows)

    def _differences(self, item: AudioBlock, pair: Pair, left: int, right: int) -> Iterator[Reading]:
        power, seconds = item.hops.power, item.hops.seconds
        for i, (a, b) in enumerate(zip(power[left].tolist(), power[right].tolist(), strict=True)):
            one, other = dbfs(a**0.5), dbfs(b**0.5)
            if self._foregrounds[pair].hears(max(one, other), seconds):
                difference = min(max(one - other, -LIMIT), LIMIT)
                yield item.reading(self.name, pair.reading, difference, "dB", (item.pts + i * seconds, seconds))

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare with the past of the same pair."""
        yield from self._judges[reading.name].judge(reading)

    @property
    def is_settled(self) -> bool:
        """No pair is apart, or has just been."""
        return all(judge.is_settled for judge in self._judges.values())

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Both sides are there."""
        return np.abs(frames.value) < min(self.settings.open_at, self.settings.close_at)

    def lanes(self, frames: Frames) -> NDArray[np.intp]:
        """Each pair has a past of its own."""
        return frames.columns.name[frames.ends].astype(np.intp)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        for judge in self._judges.values():
            yield from judge.finish(pts)


class _PairJudge:
    """Decides for one pair; its own past, its own gate."""

    def __init__(self, detector: Imbalance, pair: Pair) -> None:
        settings = detector.settings
        self._settings = settings
        self._pair = pair
        self._recent: deque[Reading] = deque(maxlen=MEDIAN)
        self._past: deque[float] = deque(maxlen=PAST)
        self._has_decided = False
        self._usual = 0.0
        self._severity = Severity.WARNING
        self._weaker = ""
        self._gate = Gate(
            detector.name,
            detector.track_id,
            open_at=settings.open_at,
            close_at=settings.close_at,
            open_after=settings.open_after,
            close_after=settings.close_after,
        )

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and no difference of late could open anything."""
        most = min(self._settings.open_at, self._settings.close_at)
        decided = self._has_decided and self._gate.is_idle and all(abs(r.value) < most for r in self._recent)
        return decided or not self._recent

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Take one difference into account."""
        self._recent.append(reading)
        if len(self._recent) < MEDIAN:
            return
        middle = self._recent[MEDIAN // 2]
        since = None if self._has_decided else self._first_apart()
        self._has_decided = True
        difference = sorted(r.value for r in self._recent)[MEDIAN // 2]
        excess = abs(difference)
        if self._gate.is_idle:
            if excess >= self._settings.open_at:
                self._look_back()
            else:
                self._past.append(difference)
        if abs(difference - self._usual) < self._settings.apart:
            excess = 0.0
        if self._severity is Severity.INFO and self._pair is not PAIRS[0]:
            return  # surrounds are one-sided as they like
        if excess >= self._settings.close_at:
            self._weaker = self._pair.right if difference > 0 else self._pair.left
        yield from self._tell(
            self._gate.update(middle, value=excess, since=since, say=self._say, **self._verdict(excess)), reading.end
        )

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._tell(self._gate.finish(pts, self._say), pts)

    def _first_apart(self) -> float | None:
        """The first decision stands for the readings before it, too: what began with the sound is dated so."""
        return next((r.pts for r in self._recent if abs(r.value) >= self._settings.open_at), None)

    def _look_back(self) -> None:
        """Something begins: what was usual until now, and is it worth comparing with?"""
        self._usual, self._severity = 0.0, Severity.INFO
        if len(self._past) >= ENOUGH:
            past = np.array(self._past)
            usual = float(np.median(past))
            if np.quantile(np.abs(past - usual), 0.9) < STEADY:
                self._usual, self._severity = usual, Severity.WARNING

    def _verdict(self, excess: float) -> dict[str, Any]:
        if self._severity is Severity.INFO:
            return {"reason": "one_sided", "confidence": 0.4}
        if excess >= SILENT_AT:
            return {"reason": "channel_silent", "confidence": 0.95}
        return {"reason": "channel_low", "confidence": 0.8}

    def _tell(self, findings: Iterator[Finding], now: float) -> Iterator[Finding]:
        """The gate lives in the middle of the median; what it says is told now."""
        for finding in findings:
            yield replace(finding, told_at=now, severity=self._severity)

    def _say(self, lasted: float) -> str:
        return f"{self._weaker} is {self._gate.worst:.0f} dB below the other channel for {lasted:.1f} s"
