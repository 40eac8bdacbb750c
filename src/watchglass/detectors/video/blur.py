"""Blur: the same scene, out of focus or enlarged from a smaller picture since a moment ago.

## What it measures
`softer` (dB): how much weaker fine differences have become since the last look, in the middle of all tiles with
contours, less half of what coarser ones have; about four times a second, on a few bands of full-size luma. Of
differences across and down the one that lost less counts, for motion smears along its way only. With `softer_most`
(dB), what seven tiles of ten have lost at least, `motion` (code values), the change since the picture before, and
`likeness` (1), the correlation of the picture's tiles with those of the look before and of the one a second ago.

## Why it matters
A smaller rendition was enlarged, a filter was left on, an encoder starves behind its smoothing. Nothing is missing,
and it looks cheap.

## Opens and closes
Opens as a warning when contours lose `softer_at` from one look to the next, most of them at once, little before and
little after, and do not come back, while the scene goes on (`likeness` of `same_at` or more) and moves no more than
before, dated back between the two. Closes when they are more than half-way back for `close_after`, dated back, or at
the next cut, after which nobody can tell.

## Blind spots
Blur that comes with a cut or within half a second of one, and focus that is pulled: a lens takes its time. Blur of a
part of the picture. What was soft before cannot become much softer. A loss that undoes what was gained within 30 s:
noise ended.

## Sources
- FFmpeg, `libavfilter/vf_blurdetect.c` (Marziliano and others, "Perceptual blur and ringing metrics", 2004: width of
  edges).
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.fidelity import Detail, loss
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.looks import Leap, Levels, Looks
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Decibels, Judged, Seconds, Share

BEFORE, ENOUGH, AFTER = 4, 3, 2
"""Looks, at most and at least, before the leap, and those from it on."""
MOST, BESIDE = 0.3, 0.4
"""Parts of what the middle lost: what most tiles must have lost, and what it may change before and after."""
UNDOES, TIMES = 30.0, 1.25
"""Seconds, and times what had been gained at once, within which a loss only undoes it: noise that ends is no blur."""
CALMER, LIVELY = 4.0, 3.0
"""Times by which there may be less motion than before, where that was more than that (code values): a dissolve ends."""
LIVELIER, STILL = 1.5, 1.0
"""Times by which there may be more motion than before, and code values up to which motion smears nothing."""


class BlurSettings(Settings):
    """Thresholds of `video.blur`."""

    softer_at: Judged[Decibels] = 2.4
    """How much contours must have lost."""
    same_at: Judged[Share] = 0.9
    """Likeness from which the scene goes on."""
    close_after: Judged[Seconds] = 1.0
    """How long contours must be back for it to be over."""


class Blur(Skims, Detector[VideoFrame]):
    """Judges whether contours soften at once."""

    name = "video.blur"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BlurSettings
    limits: ClassVar = {"softer": Bound("softer_at")}
    settings: BlurSettings
    decided_by = ("softer",)
    memory = BEFORE + AFTER

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._looks = Looks()
        self._detail: Detail | None = None
        self._levels, self._most, self._motion = (Levels(BEFORE, ENOUGH, AFTER) for _ in range(3))
        self._now: dict[str, float] = {}
        self._lost = self._gone = self._worst = 0.0
        self._gained, self._gained_at = 0.0, 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """What contours have lost since the last look."""
        likeness = self._looks.likeness(frame)
        if likeness is None:
            return
        before, self._detail = self._detail, frame.fidelity.detail
        lost = loss(self._detail, before)
        moved = 0.0 if frame.change is None else float(frame.change.mean())
        yield frame.reading(self.name, "likeness", likeness, "1")
        yield frame.reading(self.name, "motion", moved, "code values")
        yield frame.reading(self.name, "softer_most", lost.most, "dB")
        yield frame.reading(self.name, "softer", lost.middle, "dB")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Contours must leap and stay while the scene goes on."""
        self._now[reading.name] = reading.value
        if reading.name != "softer":
            return
        pts, goes_on = reading.pts, self._now.get("likeness", 0.0) >= self.settings.same_at
        if not goes_on:
            for levels in (self._levels, self._most, self._motion):
                levels.forget()
        for levels, name in ((self._levels, "softer"), (self._most, "softer_most"), (self._motion, "motion")):
            levels.add(pts, self._now.get(name, 0.0), goes_on=goes_on)
        if goes_on and reading.value <= -self.settings.softer_at:
            self._gained, self._gained_at = -reading.value, pts
        elif not (goes_on and 0.0 <= pts - self._gained_at <= UNDOES):
            self._gained = 0.0
        since, is_bad = None, False
        if self._gate.is_idle:
            leap = self._leap()
            if leap is not None and self._levels.values[-AFTER] <= TIMES * self._gained:
                self._gained = 0.0
            elif leap is not None:
                since, is_bad = leap.at, True
                self._gone = self._lost = self._worst = self._levels.values[-AFTER]
        elif self._gate.is_open:
            self._lost += reading.value
            is_bad = goes_on and self._lost > 0.5 * self._gone
        self._now.clear()
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)

    def _leap(self) -> Leap | None:
        """What contours have lost at once, in dB, if it is enough and nothing else explains it."""
        leap = self._levels.leap()
        if leap is None:
            return None
        losses, split = self._levels.values, -AFTER
        lost = losses[split]
        is_one_step = losses[split - 1] <= BESIDE * lost and abs(sum(losses[split + 1 :])) <= BESIDE * lost
        if lost < self.settings.softer_at or not is_one_step or self._most.values[split] < MOST * lost:
            return None
        motion = self._motion.values
        was, now = max(motion[:split]), min(motion[split + 1 :])
        comes_to_rest = was > LIVELY and now * CALMER < was
        return None if comes_to_rest or now > max(STILL, LIVELIER * was) else leap

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and no look in memory has lost that much."""
        lately = self._levels.values[-AFTER:]
        return (
            self._gate.is_idle
            and not self._now
            and not self._gained
            and all(each < self.settings.softer_at for each in lately)
        )

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks at which contours neither lost nor gained enough to matter."""
        return np.abs(frames.value) < self.settings.softer_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"Blurred in the middle of a shot: contours lost {self._worst:.1f} dB at once, for {lasted:.1f} s"
