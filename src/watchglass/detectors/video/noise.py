"""Noise: grain or snow over a picture that was clean a moment ago.

## What it measures
`grain` (code values): the standard deviation of noise in the flattest tiles of a few bands of full-size luma, about
four times a second, with `likeness` (1): the correlation of the picture's tiles with those of the look before and of
the one a second ago.

## Why it matters
A receiver at the edge of its range, an analogue line, a camera whose gain ran away. All of the picture crawls, and
the encoders that come after spend their bits on it.

## Opens and closes
Opens as a warning when the grain of the last looks is above that of all those before by `rises_by` and `times`,
while the scene goes on (`likeness` of `same_at` or more), dated back between the two. Closes when the grain has been
less than half-way between both for `close_after`, dated back.

## Blind spots
Grain that begins with a cut, or within a second of one, is a look, as is grain that was there from the beginning or
grows little by little. A codec that wipes the noise away leaves none to be seen. Noise in a part of the picture.

## Sources
- J. Immerkaer, "Fast Noise Variance Estimation", 1996 (second differences). MVAD: grain of sigma 5 to 50.
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
from watchglass.model.looks import Levels, Looks
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Factor, Judged, Seconds, Share

BEFORE, ENOUGH, AFTER = 6, 3, 2
"""Looks, at most and at least, that make the old level, and those that make the new one."""


class NoiseSettings(Settings):
    """Thresholds of `video.noise`."""

    rises_by: Judged[CodeValues] = 2.0
    """By how much grain must leap."""
    times: Judged[Factor] = 2.0
    """And how many times what it was it must be."""
    same_at: Judged[Share] = 0.9
    """Likeness from which the scene goes on."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be little grain for it to be over."""


class Noise(Skims, Detector[VideoFrame]):
    """Judges whether grain leaps."""

    name = "video.noise"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = NoiseSettings
    limits: ClassVar = {"grain": Bound("rises_by")}
    settings: NoiseSettings
    decided_by = ("grain",)
    memory = BEFORE + AFTER

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._looks = Looks()
        self._levels = Levels(BEFORE, ENOUGH, AFTER)
        self._likeness = self._last = self._middle = 0.0
        self._usual = self._worst = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """How much grain there is, and whether the scene goes on."""
        likeness = self._looks.likeness(frame)
        if likeness is not None:
            yield frame.reading(self.name, "likeness", likeness, "1")
            yield frame.reading(self.name, "grain", frame.fidelity.grain, "code values")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Grain must leap while the scene goes on."""
        if reading.name == "likeness":
            self._likeness = reading.value
            return
        limits, since = self.settings, None
        self._last = reading.value
        if self._gate.is_idle:
            self._levels.add(reading.pts, reading.value, goes_on=self._likeness >= limits.same_at)
            leap = self._levels.leap()
            if leap and leap.after >= max(leap.before + limits.rises_by, limits.times * leap.before):
                since, self._middle = leap.at, 0.5 * (leap.before + leap.after)
                self._usual, self._worst = leap.before, leap.after
        is_bad = since is not None or (self._gate.is_open and reading.value >= self._middle)
        self._worst = max(self._worst, reading.value) if is_bad else self._worst
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)
        if self._gate.is_open:
            self._levels.forget()

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the last look was clean."""
        return self._gate.is_idle and self._last < self.settings.rises_by

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks with less grain than it must rise by."""
        return frames.value < self.settings.rises_by

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return (
            f"Noise of {self._worst:.0f} code values over a picture that had {self._usual:.1f}, in the middle of a "
            f"shot, for {lasted:.1f} s"
        )
