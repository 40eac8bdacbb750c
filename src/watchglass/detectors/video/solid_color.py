"""Solid colour: one colour where there should be a picture.

## What it measures
`flat_share` (fraction of the picture): pixels of `small` whose luma is within `spread` of the mean; and, only where
luma is flat, both without the corner that may hold a logo: `rest_spread` (8-bit
code values, standard deviation of luma), which tells a title from noise, `shading` (the same of the means of tiles),
which tells a sky from noise, and `chroma_spread` (the same of the busier of both colour-difference planes).

## Why it matters
The green of an empty decoder buffer, the blue of "no signal": a picture that no transport check doubts.

## Opens and closes
Opens as information once the picture has been one colour, not black, for `open_after`; an alarm after `alarm_after`,
or `grey_alarm_after` without colour, unless the picture became so little by little: a camera found the sky. Closes at
the first frame that is anything else. The reason is the colour.

## Blind spots
A title card of one colour without text for longer than `open_after` is reported, and so is a sky without any shading.
A colour with text on it ("no signal"), or with a logo outside the corners, is not.

## Sources
- EBU QC 0016B (uniform colour); FFmpeg, `libavcodec/h264_slice.c` (buffers that are not filled stay green).
"""

from collections.abc import Iterator
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Judged, Measured, Seconds, Share

NEARLY, SLOWLY = 2.0, 0.4
"""Up to so many times the detail of one colour, for so many seconds before: it came little by little."""


class SolidColorSettings(Settings):
    """Thresholds of `video.solid_color`."""

    spread: Measured[CodeValues] = 3.0
    """How far a pixel may be from the mean and still be of the one colour."""
    open_at: Judged[Share] = 0.98
    """Share of the picture that must be of one colour."""
    chroma_spread: Judged[CodeValues] = 2.0
    """Standard deviation of colour up to which it is one colour."""
    shading: Judged[CodeValues] = 0.8
    """Standard deviation of luma over the picture, outside a corner, above which it is painted: an even sky."""
    detail: Judged[CodeValues] = 3.5
    """Standard deviation of luma, outside a corner, above which there is something on the colour, such as a title."""
    black_below: Judged[CodeValues] = 32.0
    """Mean luma up to which a colourless picture is black and not a colour."""
    open_after: Judged[Seconds] = 0.3
    """How long it must last before it is told, as information."""
    alarm_after: Judged[Seconds] = 1.0
    """How long a colour must last before it is an alarm."""
    grey_alarm_after: Judged[Seconds] = 2.0
    """How long grey or white must last before it is an alarm: titles and transitions are made of them."""


class SolidColor(Skims, Detector[VideoFrame]):
    """Judges whether the picture is one colour only."""

    name = "video.solid_color"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = SolidColorSettings
    limits: ClassVar = {"flat_share": Bound("open_at")}
    settings: SolidColorSettings
    decided_by = ("flat_share",)
    memory = 1

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._gate = Gate(self.name, self.track_id, open_at=self.settings.open_at, open_after=self.settings.open_after)
        self._now: dict[str, float] = {}
        self._color = ""
        self._nearly_since: float | None = None

    def _make_gate(self, alarm_after: float) -> Gate:
        limits = self.settings
        return Gate(
            self.name, self.track_id, open_at=limits.open_at, open_after=limits.open_after, alarm_after=alarm_after
        )

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Look at the spread of luma, and only then at colour."""
        mean, deviation = frame.luma_stats
        # With 98 % within `spread` the deviation may still reach this; above it there is no need to count.
        if deviation > 0.15 * 255:
            yield frame.reading(self.name, "flat_share", 0.0, "1")
            return
        share = 1.0
        if deviation > 0.0:
            share = picture.share_within(frame.small, mean, self.settings.spread)
        if share >= 0.5:  # a logo draws the mean of the picture away from the one colour
            mean, rest = picture.outside_corner(frame.small)
            share = picture.share_within(frame.small, mean, self.settings.spread)
            yield frame.reading(self.name, "rest_spread", rest, "code values")
            shading = picture.outside_corner(frame.tiles)[1]
            yield frame.reading(self.name, "shading", shading, "code values")
        if share >= 0.9 and frame.small_chroma is not None:
            blue, red = (picture.mean_and_spread(plane)[0] for plane in frame.small_chroma)
            spread = max(picture.outside_corner(plane)[1] for plane in frame.small_chroma)
            yield frame.reading(self.name, "luma_mean", mean, "code values")
            yield frame.reading(self.name, "blue_mean", blue, "code values")
            yield frame.reading(self.name, "red_mean", red, "code values")
            yield frame.reading(self.name, "chroma_spread", spread, "code values")
        elif share >= 0.9:
            yield frame.reading(self.name, "luma_mean", mean, "code values")
        yield frame.reading(self.name, "flat_share", share, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """One colour, and not black."""
        self._now[reading.name] = reading.value
        if reading.name != "flat_share":
            return
        now, limits = self._now, self.settings
        share = reading.value
        blue, red = now.get("blue_mean", 128.0), now.get("red_mean", 128.0)
        colourless = abs(blue - 128.0) < 12.0 and abs(red - 128.0) < 12.0
        is_black = now.get("luma_mean", 0.0) <= limits.black_below and colourless
        is_one = share >= limits.open_at and not is_black
        if not is_one or self._has_detail(1.0) or now.get("shading", 0.0) > limits.shading:
            share = 0.0
        if not is_one or self._has_detail(NEARLY):
            self._nearly_since = None
        elif self._nearly_since is None:
            self._nearly_since = reading.pts
        if share >= limits.open_at and self._gate.is_idle and self._nearly_since is not None:
            self._color = color_name(now.get("luma_mean", 0.0), blue, red)
            alarm_after = limits.grey_alarm_after if colourless else limits.alarm_after
            self._gate = self._make_gate(inf if reading.pts - self._nearly_since >= SLOWLY else alarm_after)
        now.clear()
        yield from self._gate.update(reading, value=share, say=self._say, reason=self._color)

    def _has_detail(self, times: float) -> bool:
        """Whether there is so many times as much on the colour as one colour may have."""
        luma, chroma = self._now.get("rest_spread", 0.0), self._now.get("chroma_spread", 0.0)
        return luma > times * self.settings.detail or chroma > times * self.settings.chroma_spread

    @property
    def is_settled(self) -> bool:
        """There is more than one colour."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures of more than one colour."""
        return frames.value < self.settings.open_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"One colour and no picture: {self._color} for {lasted:.1f} s"


def color_name(luma: float, blue: float, red: float) -> str:
    """A word for a colour, from 8-bit code values of Y, Cb and Cr (limited range)."""
    cb, cr = blue - 128.0, red - 128.0
    if abs(cb) < 12.0 and abs(cr) < 12.0:
        return "white" if luma > 200 else "grey"
    if cb < -12.0 and cr < -12.0:
        return "green"
    if cb > 12.0 and cr > 12.0:
        return "magenta"
    if abs(cb) >= abs(cr):
        return "blue" if cb > 0 else "yellow"
    return "red" if cr > 0 else "cyan"
