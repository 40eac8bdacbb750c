"""Noise: grain or snow over a picture that was clean a moment ago.

## What it measures
`grain` (code values): the standard deviation of noise in the flattest tiles of a few lines of full-size luma, about
eight times a second. Where it rises also `at_once` (code values), the most that it rose from one picture to the next,
`flattest` (code values), by how much it rose in the flattest twelfth of the tiles, where it falls the same with `back_`
before the name; and of the scene, where it is not at rest, `likeness` (1), the
correlation of the picture's tiles with those of the last look, `moved`, the most that a picture has changed since, and
`brighter` (code values).

## Why it matters
A receiver at the edge of its range, an analogue line, a camera whose gain ran away. All of the picture crawls, and
the encoders that come after spend their bits on it.

## Opens and closes
Opens as a warning when the grain of four looks is above that of all those before by `rises_by` and `times`, half of
it from one picture to the next, also in the flattest tiles, stays as it is and moves as noise does, while the scene
goes on; dated to the picture. Closes when the grain has been less than half-way between both for `close_after`, dated
back. Noise that began unseen and lasted a second or more is told when it ends in the same way, a second and a half
after the last cut or later.

## Blind spots
Grain that begins and ends with a cut, or within a third of a second of one, is a look, as is grain that was there from
the beginning to the end or grows little by little. A codec that wipes the noise away leaves none to be seen. Noise in a
part of the picture.

## Sources
- J. Immerkaer, "Fast Noise Variance Estimation", 1996 (second differences). MVAD: grain of sigma 5 to 50.
"""

from collections.abc import Iterator
from math import hypot
from statistics import median
from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.finding import Reading
from watchglass.model.leaps import CUT, ENOUGH, FASTER, Leaping, LeapingSettings
from watchglass.model.limits import Bound
from watchglass.model.looks import Look, Span
from watchglass.model.units import CodeValues, Factor, Judged

SUSPECT = 0.3
"""Code values between two looks from which on it is asked how grain rose."""
ONE = 0.5
"""Part of the rise that must come from one picture to the next."""
FLATTEST, THERE = 0.08, 0.5
"""Share of the tiles in which grain must rise, too, and part of its rise: text that scrolls leaves its margins."""
CRAWLS, LEAST = 1.5, 0.35
"""Times the grain that noise itself moves a picture, at most and at least, beside what moves already."""
STEADY = 2.0
"""Times the least of the looks that the most of them may have: noise is the same all the time."""
NONE = 0.3
"""Code values of grain that are next to nothing."""
FADES, CUT_OFF = 12.0, 0.6
"""Code values by which the picture may become brighter, and parts of the grain: black cuts off half of the noise."""


class NoiseSettings(LeapingSettings):
    """Thresholds of `video.noise`."""

    rises_by: Judged[CodeValues] = 1.2
    """By how much grain must leap."""
    times: Judged[Factor] = 1.9
    """And how many times what it was it must be, each with 0.3 code values added."""


class Noise(Leaping):
    """Judges whether grain leaps."""

    name = "video.noise"
    status = Status.STABLE
    settings_type = NoiseSettings
    limits: ClassVar = {"grain": Bound("rises_by")}
    settings: NoiseSettings
    decided_by = ("grain",)
    enough_before = enough_after = ENOUGH
    excess = 30.0
    slack, fades = 0.4, 10.0
    beyond_doubt = 6.0
    even_if_due = 12.0

    @property
    def least(self) -> float:
        """As it is set."""
        return self.settings.rises_by

    def look(self, span: Span) -> Iterator[tuple[str, float, str] | Reading]:
        """How much grain there is."""
        if span.last.grain >= span.first.grain + SUSPECT and not span.is_early:
            yield from self.at_once(span, span.each(lambda then, now: now.grain - then.grain), "code values")
            yield "flattest", span.last.grain_in(FLATTEST) - span.first.grain_in(FLATTEST), "code values"
        yield "grain", span.last.grain, "code values"

    def leap(self, before: list[Look], now: Look, after: list[Look]) -> bool:
        """All looks from now on have more of it than all before."""
        self._was, self._is = max(look.value for look in before), min(look.value for look in [now, *after])
        least, most = min(look.value for look in before), max(look.value for look in [now, *after])
        moved, moves = (median(look.get("moved") for look in looks) for looks in (before, after))
        return (
            self._is >= self._was + self.settings.rises_by
            and self._is + NONE >= self.settings.times * (self._was + NONE)
            and most <= STEADY * self._is
            and now.get("at_once") >= ONE * max(now.value - before[-1].value, most - least)
            and now.get("flattest") >= THERE * (now.value - before[-1].value)
            and moves >= hypot(moved, LEAST * self._is)
            and now.get("moved") <= CRAWLS * self._is + FASTER * max(look.get("moved") for look in before) + CUT
        )

    def may_brighten(self, now: Look) -> float:
        """By more where noise is stronger, if it is cut off at black."""
        return max(FADES, CUT_OFF * now.get("at_once"))

    def say(self, lasted: float) -> str:
        """How much, and for how long."""
        return (
            f"Noise of {self._is:.1f} code values over a picture that had {self._was:.1f}, in the middle of a shot, "
            f"for {lasted:.1f} s"
        )
