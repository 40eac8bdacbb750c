"""Levels: luma or colours beyond what a delivery allows.

## What it measures
Twice a second, on a grid of up to 240 x 135 pixels, as fractions of the picture: `luma_out` (Y' below 5 or above
246) and `illegal_share` (that, or R', G' or B' below 5 or above 246), in 8-bit code values. Only where the range is
limited, as broadcast has it.

## Why it matters
What lies beyond is clipped somewhere on the way, each time elsewhere: faces without features, colours that bleed; and
deliveries are refused for it.

## Opens and closes
Only against a delivery profile: opens when `illegal_share` has been above `open_at` for `open_after`, dated back;
closes when it has not for `close_after`. Without a profile it measures and judges nothing.

## Blind spots
Full-range pictures. R', G' and B' are computed as ITU-R BT.709 has it from 720 lines on and as BT.601 below, whatever
the stream says. Overshoot of single pixels between those that are looked at.

## Sources
- EBU R 103 (2020): 5 to 246 for luma and for R', G', B', at most 1 % of the pixels outside; EBU QC 0051B.
- ITU-R BT.709 and BT.601 (how R', G', B' follow from Y', Cb, Cr).
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.gamut import illegal
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound, Limit
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

STEP = 0.5
"""Seconds between two looks."""


class LevelsSettings(Settings):
    """How much of a picture may be out."""

    open_at: Judged[Share] = 0.01
    """Share of the pixels that may be beyond the limits."""
    open_after: Judged[Seconds] = 1.0
    """How long more of them must be before it is told: titles and flashes pass."""
    close_after: Judged[Seconds] = 2.0
    """How long fewer must be before it is over."""


class Levels(Skims, Detector[VideoFrame]):
    """Judges whether pictures keep to the limits of a delivery."""

    name = "video.levels"
    status = Status.PROVISIONAL
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = LevelsSettings
    limits: ClassVar = {"illegal_share": Bound("open_at")}
    settings: LevelsSettings
    decided_by = ("illegal_share",)
    memory = 1
    noted = frozenset({"luma_out"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._looked_at = -STEP
        limits = self.settings
        self._gate = Gate(
            self.name,
            self.track_id,
            open_at=limits.open_at,
            open_after=limits.open_after,
            close_after=limits.close_after,
        )

    @property
    def judges(self) -> bool:
        """Only against a delivery profile."""
        return self.delivery is not None

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """None where nothing is judged."""
        return super().thresholds() if self.judges else {}

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Count what is beyond the limits."""
        if frame.colour.full_range or 0.0 <= frame.pts - self._looked_at < STEP - 1e-6:
            return
        self._looked_at = frame.pts
        luma, either = illegal(frame.luma, frame.chroma, frame.bit_depth)
        yield frame.reading(self.name, "luma_out", luma, "1")
        yield frame.reading(self.name, "illegal_share", either, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare with what may be out."""
        if self.judges and reading.name == "illegal_share":
            yield from self._gate.update(reading, say=self._say, reason="delivery")

    @property
    def is_settled(self) -> bool:
        """Nothing is open or about to be."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures that keep to the limits."""
        return frames.value < self.settings.open_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        most, may = 100.0 * self._gate.worst, 100.0 * self.settings.open_at
        return f"Up to {most:.1f} % of the pixels are beyond 5 to 246 for {lasted:.1f} s; {may:.0f} % may be"
