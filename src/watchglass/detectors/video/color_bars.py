"""Colour bars: a line-up signal where there should be a programme.

## What it measures
`bars_width` (fraction of the picture's width): what the six colours of a line-up signal take together, 0 where they
are not there: yellow, cyan, green, magenta, red and blue, side by side and about as wide, each flat, darker than the
one before and as rich in colour as the others. Rows in the upper half are looked at, about 12 times a second, because
many signals have other patches below; a clock or a name may cover some. Where they are there, also `saturation` (1):
0.75 for colours of 75 %.

## Why it matters
Somebody left the generator on, or the stream fell back to a test signal: nothing is frozen, black or lost, and every
level is perfect.

## Opens and closes
Opens as information once `bars_width` has been at or above `open_at` for `open_after`; an alarm after `alarm_after`.
Closes when they have been gone for `close_after`, dated back to the first look without them. Context makes it
critical while a test tone sounds, which is then one incident with the bars.

## Blind spots
Bars without colour, staircases of grey, and test cards whose colours are not side by side in this order. Bars in less
than a fifth of the width, or only in the lower half. Bars on a screen in the picture, askew.

## Sources
- SMPTE EG 1 and RP 219 (7 bars above other patches), EBU Tech 3325, ITU-R BT.471 (100/0/75/0 and 100/0/100/0): all in
  the order of falling luma.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import bars
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Judged, Measured, Seconds, Share

FULL = 0.88
"""Saturation between colours of 75 % and of 100 %."""
STEP = 0.06
"""Seconds between two looks, at least."""


class ColorBarsSettings(Settings):
    """Thresholds of `video.color_bars`."""

    spread: Measured[CodeValues] = 12.0
    """How far pixels of a band that are above one another may differ."""
    open_at: Judged[Share] = 0.2
    """Share of the picture's width that the six colours must take."""
    open_after: Judged[Seconds] = 0.2
    """How long they must be there before it is told, as information."""
    alarm_after: Judged[Seconds] = 0.6
    """How long they must be there before it is an alarm; in a trailer they may flash up."""
    close_after: Judged[Seconds] = 0.2
    """How long they must be gone before it is over."""


class ColorBars(Skims, Detector[VideoFrame]):
    """Judges whether the picture is a line-up signal."""

    name = "video.color_bars"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = ColorBarsSettings
    limits: ClassVar = {"bars_width": Bound("open_at")}
    settings: ColorBarsSettings
    decided_by = ("bars_width",)
    memory = 1
    noted = frozenset({"saturation"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        limits = self.settings
        self._saturation = 0.0
        self._looked_at = -STEP
        self._gate = Gate(
            self.name,
            self.track_id,
            open_at=limits.open_at,
            open_after=limits.open_after,
            close_after=limits.close_after,
            alarm_after=limits.alarm_after,
        )

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Look at a few rows of luma, and only where these are alike at colour."""
        if 0.0 <= frame.pts - self._looked_at < STEP:
            return
        self._looked_at = frame.pts
        found, spread = bars.NONE, self.settings.spread
        if bars.may_be(frame.small, spread) and frame.chroma is not None and len(frame.chroma) == 2:
            found = bars.find(frame.small, frame.chroma, spread, frame.bit_depth)
        if found.width:
            yield frame.reading(self.name, "saturation", found.saturation, "1")
        yield frame.reading(self.name, "bars_width", found.width, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Bars for long enough."""
        if reading.name != "bars_width":
            self.note({reading.name: reading.value})
            return
        if reading.value < self.settings.open_at and self._gate.is_idle:
            self._saturation = 0.0
            return
        yield from self._gate.update(reading, say=self._say, reason="full" if self._saturation >= FULL else "usual")

    @property
    def is_settled(self) -> bool:
        """There are none."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures without bars."""
        return frames.value < self.settings.open_at

    def note(self, values: Mapping[str, float]) -> None:
        """How rich in colour the bars of the next decision are."""
        self._saturation = values.get("saturation", self._saturation)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        percent = 100 if self._saturation >= FULL else 75
        return f"Colour bars ({percent} %) instead of a programme for {lasted:.1f} s"
