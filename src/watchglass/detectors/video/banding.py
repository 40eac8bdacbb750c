"""Banding: gradients that have become steps.

## What it measures
`steps` (1): how evenly spaced the levels of luma are that are left, on a few lines of full-size luma, about eight times
a second: how far the Fourier transform of their histogram rises again after it has fallen. 1 is a comb, and what a
camera sees is below 0.3. Where it rises also `at_once` (1), the most that it rose from one picture to the next,
`gridded` (octaves), how much more of a grid of blocks there is, and `noise_gone` (code values), noise that ended, and
where they fall the same of what went, with `back_` before the name; and of the scene, where it is not at rest,
`likeness` (1), the correlation of the picture's tiles with those of the last look, `moved`, the most that a picture has
changed since, and `brighter` (code values).

## Why it matters
Bits were lost on the way: a converter that keeps six of ten, a curve applied twice. Skies and faces fall into
contours like those of a map.

## Opens and closes
Opens as a warning when the steps of four looks are above those of all looks before by `rises_by`, half of it from one
picture to the next, while the scene goes on; dated to the picture. Closes when they have been less than half-way
between both for `close_after`, dated back. Steps that began unseen and lasted a second or more are told when they end
in the same way, in the middle of a shot; of a picture at rest where most of them are gone then.

## Blind spots
Banding that was there from the beginning to the end, or came and went with a cut. Levels that are not evenly spaced.
Drawn pictures, which have few levels already. Contours of one or two code values, which an encoder makes by itself, in
a picture that has all other levels. Grain hides the steps from the viewer, and from this.

## Sources
- Netflix, CAMBI (contours of few code values), for what a viewer sees; the transform of the histogram is our own.
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.finding import Reading
from watchglass.model.leaps import Leaping, LeapingSettings
from watchglass.model.limits import Bound
from watchglass.model.looks import Look, Span
from watchglass.model.units import Judged, Share

SUSPECT = 0.05
"""From which rise on, between two looks, it is asked how it came."""
ONE = 0.5
"""Part of the rise that must come from one picture to the next."""
GRIDDED = 0.8
"""Octaves by which a grid may rise: beyond, it is the encoder that starves."""
STEPPED = 0.4
"""From where on there were steps before: a drawn picture, in which a key frame makes others."""
COMES, GONE = -6.0, 1.5
"""Code values of noise that may begin or end with it: beyond, it is another picture, or as it was before."""
FADES = 9.0
"""Code values by which rounding may make the picture brighter or darker: beyond, it fades."""
FAST = 25.0
"""Code values by which all that is seen moves where text rolls by: its levels come and go with it."""
LEFT = 0.5
"""Share of the steps that may be left of a picture at rest where they end: where more are, an encoder has mended it."""


class BandingSettings(LeapingSettings):
    """Thresholds of `video.banding`."""

    rises_by: Judged[Share] = 0.1
    """By how much steps must leap."""


class Banding(Leaping):
    """Judges whether levels become steps."""

    name = "video.banding"
    status = Status.PROVISIONAL
    settings_type = BandingSettings
    limits: ClassVar = {"steps": Bound("rises_by")}
    settings: BandingSettings
    decided_by = ("steps",)
    excess = 8.0
    slack = 0.15
    beyond_doubt = 0.3

    @property
    def least(self) -> float:
        """As it is set."""
        return self.settings.rises_by

    def look(self, span: Span) -> Iterator[tuple[str, float, str] | Reading]:
        """How evenly spaced the levels are."""
        if span.last.steps >= span.first.steps + SUSPECT and not span.is_early:
            yield from self.at_once(span, span.each(lambda then, now: now.steps - then.steps), "1")
            yield "noise_gone", self.noise_gone(span), "code values"
            yield "gridded", span.gridded, "octaves"
        yield "steps", span.last.steps, "1"

    def leap(self, before: list[Look], now: Look, after: list[Look]) -> bool:
        """All looks from now on have more of them than all before."""
        self._was, self._is = max(look.value for look in before), min(look.value for look in [now, *after])
        least, most = min(look.value for look in before), max(look.value for look in [now, *after])
        moves = [look.get("moved") for look in (*before, *after)]
        if min(moves) > FAST or (now.is_back and max(moves) == 0.0 and self._was > LEFT * self._is):
            return False
        return (
            self._is >= self._was + self.settings.rises_by
            and now.get("at_once") >= ONE * max(now.value - before[-1].value, most - least)
            and now.get("gridded") <= GRIDDED
            and COMES <= now.get("noise_gone") <= GONE
            and self._was <= STEPPED
            and (self.is_beyond_doubt(now) or not self.moves_otherwise(before, after))
        )

    def may_brighten(self, now: Look) -> float:
        """By about half a step, at most."""
        return FADES

    def say(self, lasted: float) -> str:
        """For how long."""
        return f"Gradients have become steps in the middle of a shot, for {lasted:.1f} s"
