"""Banding: gradients that have become steps.

## What it measures
`steps` (1): how evenly spaced the levels of luma are that are left, on a few bands of full-size luma, about four
times a second: how far the Fourier transform of their histogram rises again after it has fallen. 1 is a comb, and
what a camera sees is below 0.3. With `likeness` (1): the correlation of the picture's tiles with those of the look
before and of the one a second ago.

## Why it matters
Bits were lost on the way: a converter that keeps six of ten, a curve applied twice. Skies and faces fall into
contours like those of a map.

## Opens and closes
Opens as a warning when the steps of the last looks are at `stepped_at` or more and above those of all looks before
by `rises_by`, while the scene goes on (`likeness` of `same_at` or more), dated back between the two. Closes when
they have been less than half-way between both for `close_after`, dated back.

## Blind spots
Banding that was there from the beginning or came with a cut. Levels that are not evenly spaced. Contours of one or
two code values, which an encoder makes by itself, in a picture that has all other levels. Grain hides the steps from
the viewer, and from this.

## Sources
- Netflix, CAMBI (contours of few code values), for what a viewer sees; the transform of the histogram is our own.
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
from watchglass.model.units import Judged, Seconds, Share

BEFORE, ENOUGH, AFTER = 6, 3, 2
"""Looks, at most and at least, that make the old level, and those that make the new one."""


class BandingSettings(Settings):
    """Thresholds of `video.banding`."""

    stepped_at: Judged[Share] = 0.4
    """From where on levels are steps."""
    rises_by: Judged[Share] = 0.2
    """By how much they must leap."""
    same_at: Judged[Share] = 0.9
    """Likeness from which the scene goes on."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be few steps for it to be over."""


class Banding(Skims, Detector[VideoFrame]):
    """Judges whether levels become steps."""

    name = "video.banding"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BandingSettings
    limits: ClassVar = {"steps": Bound("stepped_at")}
    settings: BandingSettings
    decided_by = ("steps",)
    memory = BEFORE + AFTER

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._looks = Looks()
        self._levels = Levels(BEFORE, ENOUGH, AFTER)
        self._likeness = self._last = self._middle = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """How evenly spaced the levels are, and whether the scene goes on."""
        likeness = self._looks.likeness(frame)
        if likeness is not None:
            yield frame.reading(self.name, "likeness", likeness, "1")
            yield frame.reading(self.name, "steps", frame.fidelity.steps, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Steps must appear while the scene goes on."""
        if reading.name == "likeness":
            self._likeness = reading.value
            return
        limits, since = self.settings, None
        self._last = reading.value
        if self._gate.is_idle:
            self._levels.add(reading.pts, reading.value, goes_on=self._likeness >= limits.same_at)
            leap = self._levels.leap()
            if leap and leap.after >= max(leap.before + limits.rises_by, limits.stepped_at):
                since, self._middle = leap.at, 0.5 * (leap.before + leap.after)
        is_bad = since is not None or (self._gate.is_open and reading.value >= self._middle)
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)
        if self._gate.is_open:
            self._levels.forget()

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the last look was smooth."""
        return self._gate.is_idle and self._last < self.settings.stepped_at

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks without steps."""
        return frames.value < self.settings.stepped_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"Gradients have become steps in the middle of a shot, for {lasted:.1f} s"
