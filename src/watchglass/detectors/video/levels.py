"""Levels: luma or colours beyond what a delivery allows, and light that contradicts what the stream says of itself.

## What it measures
Twice a second, on a grid of up to 240 x 135 pixels, as fractions of the picture: `luma_out` (Y' below 5 or above
246) and `illegal_share` (that, or R', G' or B' below 5 or above 246), in 8-bit code values. Only where the range is
limited, as broadcast has it. Of PQ pictures `light` (cd/m2), the brightest point, and `max_cll` (cd/m2), what the
stream declares as the brightest of all. Of pictures in BT.2020 with ten bits that are flagged as SDR `peak` (8-bit
code values), the luma that one point in a thousand exceeds.

## Why it matters
What lies beyond is clipped somewhere on the way, each time elsewhere: faces without features, colours that bleed; and
deliveries are refused for it. Screens map tones by MaxCLL and burn out what exceeds it, and PQ that is shown as SDR
is grey.

## Opens and closes
Only against a delivery profile. Reason `delivery`: opens when `illegal_share` has been above `open_at` for
`open_after`, dated back; closes when it has not for `close_after`. Reason `max_cll`: `light` exceeds `max_cll` by
more than `over_at`, for as long. Reason `flagged_sdr`: `peak` has been between 120 and `sdr_peak` for `flag_after`:
SDR has its white above, PQ has what a screen of 1,000 cd/m2 can show below. Without a profile it measures and judges
nothing.

## Blind spots
Full-range pictures. R', G' and B' are computed as ITU-R BT.709 has it from 720 lines on and as BT.601 below, whatever
the stream says (BT.2020 for light). Overshoot and highlights of single pixels between those that are looked at. PQ
whose primaries are flagged wrongly, too, and SDR that is dim all the time.

## Sources
- EBU R 103 (2020): 5 to 246 for luma and for R', G', B', at most 1 % of the pixels outside; EBU QC 0051B.
- ITU-R BT.709 and BT.601 (how R', G', B' follow from Y', Cb, Cr); SMPTE ST 2084 (PQ); CTA-861.3, annex P (MaxCLL).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.gamut import brightest, illegal, peak
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound, Limit
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Factor, Judged, Seconds, Share

STEP = 0.5
"""Seconds between two looks."""
LIT = 120.0
"""8-bit code values that the brightest points have unless the picture is dark."""


class LevelsSettings(Settings):
    """How much of a picture may be out."""

    open_at: Judged[Share] = 0.01
    """Share of the pixels that may be beyond the limits."""
    open_after: Judged[Seconds] = 1.0
    """How long more of them must be before it is told: titles and flashes pass."""
    close_after: Judged[Seconds] = 2.0
    """How long fewer must be before it is over."""
    over_at: Judged[Factor] = 1.1
    """Times the declared MaxCLL that a point may have."""
    sdr_peak: Judged[CodeValues] = 200.0
    """What a picture flagged as SDR must exceed now and then."""
    flag_after: Judged[Seconds] = 10.0
    """For how long it must not have, although it is lit."""


class Levels(Skims, Detector[VideoFrame]):
    """Judges whether pictures keep to the limits of a delivery."""

    name = "video.levels"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = LevelsSettings
    limits: ClassVar = {"illegal_share": Bound("open_at")}
    settings: LevelsSettings
    decided_by = ("illegal_share",)
    memory = 1
    noted = frozenset({"luma_out", "light", "max_cll", "peak"})

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
        self._flag = Gate(self.name, self.track_id, open_after=limits.flag_after, close_after=limits.close_after)
        self._noted: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._is_over, self._peak = False, 0.0

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
        if frame.colour.transfer == "pq":
            light = brightest(frame.luma, frame.chroma, frame.bit_depth)
            yield frame.reading(self.name, "light", light, "cd/m2")
            if frame.colour.max_cll:
                yield frame.reading(self.name, "max_cll", frame.colour.max_cll, "cd/m2")
        elif frame.colour.transfer == "sdr" and frame.colour.is_wide and frame.bit_depth > 8:
            yield frame.reading(self.name, "peak", peak(frame.luma, frame.bit_depth), "code values")
        yield frame.reading(self.name, "luma_out", luma, "1")
        yield frame.reading(self.name, "illegal_share", either, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare with what may be out, and with what was declared."""
        if not self.judges:
            return
        if reading.name != "illegal_share":
            self.note({reading.name: reading.value})
            return
        now, self._noted = self._noted, {}
        is_over = "max_cll" in now and now["light"] > self.settings.over_at * now["max_cll"]
        if is_over or self._gate.is_idle:
            self._is_over, self._told = is_over, now if is_over else {}
        value, reason = (1.0, "max_cll") if is_over else (reading.value, "delivery")
        yield from self._gate.update(reading, value=value, say=self._say, reason=reason)
        is_grey = self._gate.is_idle and LIT <= now.get("peak", 0.0) < self.settings.sdr_peak
        self._peak = max(now.get("peak", 0.0), 0.0 if self._flag.is_idle else self._peak)
        yield from self._flag.update(reading, value=float(is_grey), say=self._say_flag, reason="flagged_sdr")

    def note(self, values: Mapping[str, float]) -> None:
        """What the stream says and shows, until the share that decides."""
        self._noted.update(values)

    @property
    def is_settled(self) -> bool:
        """Nothing is open or about to be."""
        return self._gate.is_idle and self._flag.is_idle and not self._noted

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures that keep to the limits and to what was declared."""
        light, declared, highest = (frames.of(name) for name in ("light", "max_cll", "peak"))
        is_over = light > self.settings.over_at * declared
        is_grey = (highest >= LIT) & (highest < self.settings.sdr_peak)
        return (frames.value < self.settings.open_at) & ~is_over & ~is_grey

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)
        yield from self._flag.finish(pts, self._say_flag)

    def _say_flag(self, lasted: float) -> str:
        return f"Flagged as SDR, and never above luma {self._peak:.0f} for {lasted:.1f} s: PQ that is flagged wrongly?"

    def _say(self, lasted: float) -> str:
        if self._is_over:
            light, declared = self._told["light"], self._told["max_cll"]
            return f"{light:.0f} cd/m2 for {lasted:.1f} s; the stream declares {declared:.0f} at most (MaxCLL)"
        most, may = 100.0 * self._gate.worst, 100.0 * self.settings.open_at
        return f"Up to {most:.1f} % of the pixels are beyond 5 to 246 for {lasted:.1f} s; {may:.0f} % may be"
