"""Overexposed: the picture is burnt out.

## What it measures
`luma_mean` (8-bit code values) of each picture.

## Why it matters
An iris that was left open shows nothing but light.

## Opens and closes
Opens when `luma_mean` has been at or above `open_at` for `open_after`; closes at the first picture below.

## Blind spots
Snow in the sun.

## Sources
- Acme house rules, 3.2.
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass import Detector, Finding, Gate, Reading, Settings, Status, VideoFrame
from watchglass.model.limits import Bound
from watchglass.model.units import CodeValues, Judged, Seconds


class OverexposedSettings(Settings):
    """Thresholds of `acme.overexposed`."""

    open_at: Judged[CodeValues] = 220.0
    """Mean luma from which it is overexposed."""
    open_after: Judged[Seconds] = 0.4
    """How long it must last before it is told."""


class Overexposed(Detector[VideoFrame]):
    """Judges whether the iris was left open."""

    name = "acme.overexposed"
    status = Status.STABLE
    kind = "video"
    consumes = (VideoFrame,)
    limits: ClassVar = {"luma_mean": Bound("open_at")}
    settings_type = OverexposedSettings
    settings: OverexposedSettings

    def prepare(self) -> None:
        """Nothing has been seen."""
        limits = self.settings
        self._gate = Gate(self.name, self.track_id, open_at=limits.open_at, open_after=limits.open_after)

    def measure(self, item: VideoFrame) -> Iterator[Reading]:
        """How bright it is."""
        yield item.reading(self.name, "luma_mean", item.luma_stats[0], "code values")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Too bright, for long enough."""
        yield from self._gate.update(reading, say=self._say)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"Overexposed for {lasted:.1f} s"
