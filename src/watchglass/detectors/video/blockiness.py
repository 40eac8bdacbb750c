"""Blockiness: a codec starved of bits, so that the grid of its blocks shows.

## What it measures
`grid` (times): edges at the borders of blocks of 8 or 16 pixels, wherever the grid begins, in times those at the
columns between; an edge is what a step has more than the steps beside it. On a few bands of full-size luma, about
four times a second, with `motion` (code values), the change since the picture before, and `likeness` (1), the
correlation of the picture's tiles with those of the look before and of the one a second ago.

## Why it matters
Somewhere on the way the bit rate collapsed: a wrong setting, a crowded multiplex, a contribution link that steps
down. Everything is there, and nobody wants to look at it.

## Opens and closes
Opens as a warning when the grid of the last looks is at `shows_at` or more, `times` what was usual, and above that
of all looks before, while the scene goes on (`likeness` of `same_at` or more) and moves no more than it did, dated
back between the two. Closes when it has been less than half-way between both for `close_after`, dated back.

## Blind spots
A grid that was there from the beginning, came with a cut or within a second of one. Blocks that were scaled after
they were coded. Codecs that smooth the borders of their blocks (HEVC, AV1) starve without a grid: the picture melts
instead.

## Sources
- FFmpeg, `libavfilter/vf_blockdetect.c` (Marziliano, Muijs: edges on the grid against edges beside it). MVAD: QP 32
  to 47.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.looks import Leap, Levels, Looks
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Factor, Judged, Seconds, Share

BEFORE, ENOUGH, AFTER = 6, 3, 3
"""Looks, at most and at least, that make the old level, and those that make the new one."""
CLEAR = 1.1
"""Times by which every one of these must exceed every one of those: a key frame alone may show more of a grid."""
AT_ONCE = 1.4
"""Times by which the first of these must exceed the last of those: as a picture comes to rest, detail goes slowly."""
ALREADY = 1.3
"""Times the limit, beyond which the grid showed before: such a stream is coded like that."""
CALMER, LIVELY = 4.0, 3.0
"""Times by which there may be less motion than before, where that was more than that (code values): a dissolve ends."""
LIVELIER, STILL = 1.5, 1.0
"""Times by which there may be more motion than before, and code values up to which no encoder is short of bits."""


class BlockinessSettings(Settings):
    """Thresholds of `video.blockiness`."""

    shows_at: Judged[Factor] = 2.3
    """Edges at the borders of blocks, in times those elsewhere, from which the grid shows."""
    times: Judged[Factor] = 1.6
    """How many times what it was the grid must be."""
    same_at: Judged[Share] = 0.9
    """Likeness from which the scene goes on."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be less of a grid for it to be over."""


class Blockiness(Skims, Detector[VideoFrame]):
    """Judges whether the grid of blocks appears."""

    name = "video.blockiness"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BlockinessSettings
    limits: ClassVar = {"grid": Bound("shows_at")}
    settings: BlockinessSettings
    decided_by = ("grid",)
    memory = BEFORE + AFTER

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._looks = Looks()
        self._levels, self._motion = Levels(BEFORE, ENOUGH, AFTER), Levels(BEFORE, ENOUGH, AFTER)
        self._now: dict[str, float] = {}
        self._last = self._middle = 0.0
        self._worst = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """How much of a grid there is, and whether the scene goes on."""
        likeness = self._looks.likeness(frame)
        if likeness is not None:
            moved = 0.0 if frame.change is None else float(frame.change.mean())
            yield frame.reading(self.name, "likeness", likeness, "1")
            yield frame.reading(self.name, "motion", moved, "code values")
            yield frame.reading(self.name, "grid", frame.fidelity.grid, "times")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """The grid must appear while the scene goes on."""
        if reading.name != "grid":
            self._now[reading.name] = reading.value
            return
        since, self._last = None, reading.value
        if self._gate.is_idle:
            goes_on = self._now.get("likeness", 0.0) >= self.settings.same_at
            self._levels.add(reading.pts, reading.value, goes_on=goes_on)
            self._motion.add(reading.pts, self._now.get("motion", 0.0), goes_on=goes_on)
            leap = self._leap()
            if leap is not None:
                since, self._middle, self._worst = leap.at, 0.5 * (leap.usual + leap.now), leap.now
        self._now.clear()
        is_bad = since is not None or (self._gate.is_open and reading.value >= self._middle)
        self._worst = max(self._worst, reading.value) if is_bad else self._worst
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)
        if self._gate.is_open:
            self._levels.forget()
            self._motion.forget()

    def _leap(self) -> Leap | None:
        """Where the grid appeared at once, if nothing else explains it."""
        leap, motion, limits = self._levels.leap(), self._motion.leap(), self.settings
        if leap is None or motion is None or motion.now > max(STILL, LIVELIER * motion.before):
            return None
        if motion.before > LIVELY and motion.now * CALMER < motion.before:
            return None
        shows = leap.now >= max(limits.shows_at, limits.times * leap.usual) and leap.usual <= ALREADY * limits.shows_at
        return leap if shows and leap.step >= AT_ONCE and leap.after >= CLEAR * leap.before else None

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the last look had no grid."""
        return self._gate.is_idle and not self._now and self._last < self.settings.shows_at

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks without a grid."""
        return frames.value < self.settings.shows_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The grid of blocks shows, {self._worst:.1f} times the edges elsewhere, for {lasted:.1f} s"
