"""Mono: a stereo track whose two sides are the same.

## What it measures
`likeness` (1), 20 times a second: correlation of the left and the right front channel over about 50 ms, whatever their
levels; 1 where they hold the same. Told only while the louder one is above -60 dBFS and no more than 25 dB below the
loudest of late (a memory that fades by 2 dB a second).

## Why it matters
A fact that a delivery may forbid: the stereo mix was lost on the way, or half of the bits are wasted.

## Opens and closes
Only against a delivery profile, and always as information: one voice in the middle is mono by right. Opens when the
median of `likeness` over 9 readings has been at or above `open_at` for `open_after`, dated back; closes when it has
been below for `close_after`. Without a profile it measures and judges nothing.

## Blind spots
Mono behind a codec that treats the sides differently, or with a reverb of its own on each, is stereo. A delay of one
side against the other is, too. Surround is judged by its front channels.

## Sources
- EBU QC 0124B (mono in a stereo track). `open_at` stands for a difference of the sides 36 dB below their sum.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import Foreground
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound, Limit
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

MEDIAN = 9
"""Readings behind one decision: one that differs by chance does not count."""


class MonoSettings(Settings):
    """How alike the two sides may be."""

    open_at: Judged[Share] = 0.9995
    """Correlation from which on they are the same."""
    open_after: Judged[Seconds] = 4.0
    """How long they must be the same before it is told."""
    close_after: Judged[Seconds] = 1.0
    """How long they must differ before it is over."""


class Mono(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.mono"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = MonoSettings
    limits: ClassVar = {"likeness": Bound("open_at")}
    shows = ("levels", "samples")
    settings: MonoSettings
    decided_by = ("likeness",)
    memory = MEDIAN

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._foreground = Foreground()
        self._recent: deque[Reading] = deque(maxlen=MEDIAN)
        limits = self.settings
        self._gate = Gate(
            self.name,
            self.track_id,
            open_at=limits.open_at,
            open_after=limits.open_after,
            close_after=limits.close_after,
            severity=Severity.INFO,
        )

    @property
    def judges(self) -> bool:
        """Only against a delivery profile."""
        return self.delivery is not None

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """None where nothing is judged."""
        return super().thresholds() if self.judges else {}

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Correlation of the front channels, by hop, where there is sound."""
        for level, correlation, hop in item.fronts.by_hop(item.pts) if item.fronts else ():
            if self._foreground.hears(level, hop[1]):
                yield item.reading(self.name, "likeness", correlation, "1", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """The same on both sides, or not."""
        if self.delivery is None:
            return
        self._recent.append(reading)
        if len(self._recent) == MEDIAN:
            middle = self._recent[MEDIAN // 2]
            value = median(each.value for each in self._recent)
            same = (each.pts for each in self._recent if each.value >= self.settings.open_at)
            since = next(same, None) if self._gate.is_idle else None
            told = self._gate.update(middle, value=value, since=since, say=self._say, reason="same")
            yield from (replace(finding, told_at=reading.end) for finding in told)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the sides differed of late."""
        return self._gate.is_idle and all(each.value < self.settings.open_at for each in self._recent)

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """The sides differ."""
        return frames.value < self.settings.open_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"left and right hold the same sound for {lasted:.1f} s"
