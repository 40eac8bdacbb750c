"""Combing: the teeth of two moments woven into one picture, line by line.

## What it measures
`combed_share` (fraction of what moves): pixels where lines alternate by more than `tooth_at` while the lines beyond
them agree, as a share of the pixels that have changed since the last look. Alternation that was there at the last look
is stripes and counts against teeth, and so does detail that alternates as much from column to column. Looked at
about 12 times a second, on bands of lines all over the picture, and only while something moves.

## Why it matters
Interlaced pictures that were taken for progressive ones: everything that moves has teeth, and no later step can tell
the fields apart again.

## Opens and closes
Opens when `open_hits` more looks than not have shown teeth in `combed_at` of what moves, dated back to the first; two
misses outweigh a hit, so that film with two woven pictures in five is found and the one woven picture of a cut is not.
Closes `close_after` after the last teeth, dated back to them: where nothing moves there are none.

## Blind spots
Pictures flagged as interlaced are not judged, also not on the order of their fields: their players weave or part
them. Teeth of less than `tooth_at`, those of very slow motion, and those that were scaled or blurred away. Stripes of
one line each that move up or down may pass for teeth.

## Sources
- FFmpeg, `libavfilter/vf_idet.c` (lines of unlike parity against lines of the same), threshold 1.04.
- Alternation across columns as the measure of chance: our own.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.teeth import Bands, bands, combed_share
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Factor, Judged, Measured, Seconds, Share

STEP = 0.06
"""Seconds between two looks, at least."""
STILL = 0.5
"""Change of the busiest tile, in code values, up to which nothing moves."""
MISS, MOST = 0.5, 4.0
"""What a look without teeth takes from the hits before it, and how many hits are remembered."""
PAUSE = 0.5
"""Seconds between looks after which they do not belong together."""


class CombingSettings(Settings):
    """Thresholds of `video.combing`."""

    tooth_at: Measured[CodeValues] = 8.0
    """How far lines must alternate to be teeth."""
    least: Measured[Share] = 0.0002
    """Share of the picture that must be teeth to be more than chance."""
    combed_at: Judged[Share] = 0.05
    """Share of what moves that must be teeth."""
    open_hits: Judged[Factor] = 2.0
    """How many looks must have shown teeth, less half of those that did not."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be no teeth for it to be over."""


class Combing(Skims, Detector[VideoFrame]):
    """Judges whether what moves has teeth."""

    name = "video.combing"
    status = Status.STABLE
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    settings_type = CombingSettings
    limits: ClassVar = {"combed_share": Bound("combed_at")}
    settings: CombingSettings
    decided_by = ("combed_share",)
    memory = 1

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._before: Bands | None = None
        self._looked_at = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)
        self._hits = 0.0
        self._since = self._last = 0.0
        self._most = 0.0

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Count teeth in what has moved since the last look."""
        before = self._before
        if frame.interlaced or frame.change is None:
            before = self._before = None
        if frame.interlaced or (before is not None and 0.0 <= frame.pts - self._looked_at < STEP):
            return
        share = 0.0
        if before is None or frame.change is None:
            self._before = bands(frame.luma, frame.bit_depth)
        elif float(frame.change.max()) > STILL:
            self._before = now = bands(frame.luma, frame.bit_depth)
            if now is not None and now.teeth.shape == before.teeth.shape:
                share = combed_share(now, before, self.settings.tooth_at, self.settings.least)
        self._looked_at = frame.pts
        yield frame.reading(self.name, "combed_share", share, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Hits must outweigh misses."""
        limits, is_hit = self.settings, reading.value >= self.settings.combed_at
        if not 0.0 <= reading.pts - self._last < PAUSE:
            self._hits = 0.0
        self._last = reading.pts
        if is_hit:
            if not self._hits:
                self._since = reading.pts
            self._hits = min(MOST, self._hits + 1.0)
        else:
            self._hits = max(0.0, self._hits - MISS)
        if self._gate.is_idle:
            self._most = 0.0
        self._most = max(self._most, reading.value)
        is_bad = is_hit and (self._gate.is_open or self._hits >= limits.open_hits)
        since = self._since if is_bad else None
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)

    @property
    def is_settled(self) -> bool:
        """No look in memory has shown teeth."""
        return self._gate.is_idle and not self._hits

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks without teeth."""
        return frames.value < self.settings.combed_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"What moves has teeth, line by line, for {lasted:.1f} s, in up to {100 * self._most:.0f} % of it"
