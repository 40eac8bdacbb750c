"""Blur: the same scene, out of focus or enlarged from a smaller picture since a moment ago.

## What it measures
`softer` (dB): how much weaker fine differences along the lines have become since the last look, in the middle of all
tiles with contours, less half of what coarser ones have; about eight times a second, on a few lines of full-size luma.
Where it matters also `softer_most` (dB), what seven tiles of ten have lost at least, `at_once` (dB), the most that was
lost from one picture to the next, `cleaner` and `noise_gone` (code values), what grain has gone, the latter only where
there was as little before, `gridded` (octaves), how much more of a grid of blocks there is, and `steps_gone` (1), how
much less the levels are steps; and `lately` (dB), the largest loss of the last 12 s; the same of what is won, as it is
lost for whom time runs backwards, with `back_` before the name; and of the scene, where it is not at rest, `likeness`
(1), the correlation of the picture's tiles with those of the last look, `moved`, the most that a picture has changed
since, and `brighter` (code values).

## Why it matters
A smaller rendition was enlarged, a filter was left on, an encoder starves behind its smoothing. Nothing is missing,
and it looks cheap.

## Opens and closes
Opens as a warning when contours lose `softer_at` and an eighth more from one look to the next, at least half of it
from one picture to the next, less before and after, and do not come back for a third of a second, while the scene goes
on; dated to the picture. Where next to nothing changes before and after and most tiles agree, `softer_at` will do,
most of it at once. In a fade it must be far more. Closes when they are more than half-way back for `close_after`,
dated back, or at the next cut, after which nobody can tell. Blur that began unseen is told when it ends: contours win
`softer_at` at once, a second and a half after the last cut or later, and have won nothing like it lately.

## Blind spots
Blur that comes and goes with a cut or within a third of a second of one, and focus that is pulled: a lens takes its
time. Blur of a part of the picture. What was soft before cannot become much softer.

## Sources
- FFmpeg, `libavfilter/vf_blurdetect.c` (Marziliano and others, "Perceptual blur and ringing metrics", 2004: width of
  edges). That it must come at once, and how that is told: our own.
"""

from collections.abc import Iterator
from math import inf
from typing import ClassVar

import numpy as np

from watchglass.kernels.fidelity import loss
from watchglass.model.detector import Status
from watchglass.model.finding import Reading
from watchglass.model.leaps import MORE, SCENE, Leaping, LeapingSettings
from watchglass.model.limits import Bound
from watchglass.model.looks import Look, Span
from watchglass.model.units import Decibels, Judged

SUSPECT = 0.5
"""dB from which on it is asked how they were lost."""
ONE, MOST = 0.5, 0.4
"""Parts of the loss that must come from one picture to the next, and that most tiles must have lost."""
BESIDE, BACK, ON = 0.7, 0.5, 1.25
"""Parts of it that may change at any look beside, that may come back, and that may be lost before and after it in
all."""
COMES = 1.12
"""Times as much that it must be when it comes: at once, encoders soften more often than they sharpen."""
QUIET, AGREED, CLEAR = 0.1, 0.6, 0.8
"""Part of the loss that any look beside may change, and that most tiles must have lost, for it to be clear: then less
will do at once."""
GRIDDED = 0.5
"""Octaves by which a grid may rise: beyond, it is the encoder that starves."""
STEPS_GONE = 0.3
"""Steps that may go: beyond, the contours were those of banding that ends."""
CLEANER, CRAWLS = 1.0, 0.5
"""Code values of grain that must go for it to be noise that ends, and times these that noise must have moved."""
FADES = 3.0
"""Code values by which the picture may become brighter or darker: beyond, it fades."""


class BlurSettings(LeapingSettings):
    """Thresholds of `video.blur`."""

    softer_at: Judged[Decibels] = 2.2
    """How much contours must have lost, seen from when it is over."""


class Blur(Leaping):
    """Judges whether contours soften at once."""

    name = "video.blur"
    status = Status.PROVISIONAL
    settings_type = BlurSettings
    limits: ClassVar = {"softer": Bound("softer_at")}
    settings: BlurSettings
    decided_by = ("softer",)
    excess = 12.0
    beyond_doubt = 4.0
    even_if_due = 10.0
    is_relative = True

    def prepare(self) -> None:
        """Nothing has been seen."""
        super().prepare()
        self._gone = self._lost = 0.0

    @property
    def least(self) -> float:
        """As it is set."""
        return self.settings.softer_at

    def look(self, span: Span) -> Iterator[tuple[str, float, str] | Reading]:
        """What contours have lost since the last look."""
        lost = loss(span.last.detail, span.first.detail)
        if lost.middle >= SUSPECT and not span.is_early:
            each = span.each(lambda then, now: loss(now.detail, then.detail))
            yield from self.at_once(span, [one.middle for one in each], "dB")
            yield "softer_most", max(lost.most, max(each).most), "dB"
            yield "cleaner", span.first.grain - span.last.grain, "code values"
            yield "noise_gone", self.noise_gone(span), "code values"
            yield "gridded", span.gridded, "octaves"
            yield "steps_gone", span.first.steps - span.last.steps, "1"
            yield from self.lately(span, max(lost.middle, *(one.middle for one in each)), "dB")
        yield "softer", lost.middle, "dB"

    def leap(self, before: list[Look], now: Look, after: list[Look]) -> bool:
        """Contours lose enough at once, and nothing else explains it."""
        lost, cleaner = min(now.value, now.get("at_once")), now.get("cleaner")
        then, later = [look.value for look in before], [look.value for look in after]
        beside, on = max(map(abs, then + later)), np.cumsum(later)
        is_clear = beside <= QUIET * lost and now.get("softer_most") >= AGREED * lost
        least = self.settings.softer_at * (1.0 if is_clear or now.is_back else COMES)
        if now.value < least or now.get("at_once") < max(ONE * now.value, CLEAR * least if is_clear else least):
            return False
        self._gone = self._lost = now.value
        return bool(
            lost >= MORE * now.get("lately")
            and now.get("softer_most") >= MOST * lost
            and now.get("gridded") <= GRIDDED
            and now.get("steps_gone") <= STEPS_GONE
            and not self.begins_to_move(before, after)
            and (now.is_back or now.get("noise_gone") <= CLEANER)
            and not (cleaner > CLEANER and self.comes_to_rest(before, after, CRAWLS * cleaner))
            and beside <= BESIDE * lost
            and on.min() >= -BACK * lost
            and max(on.max(), 0.0) + np.abs(np.cumsum(then[::-1])).max() <= ON * lost
        )

    def may_brighten(self, now: Look) -> float:
        """Hardly, unless it is beyond doubt."""
        return super().may_brighten(now) if self.is_beyond_doubt(now) else FADES

    def remains(self, look: Look) -> bool:
        """Half of it is still lost, and the scene is the same."""
        self._lost = self._lost + look.value if look.unlike <= SCENE else -inf
        return self._lost > 0.5 * self._gone

    def say(self, lasted: float) -> str:
        """How much, and for how long."""
        return f"Blurred in the middle of a shot: contours lost {self._gone:.1f} dB at once, for {lasted:.1f} s"
