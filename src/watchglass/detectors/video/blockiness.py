"""Blockiness: a codec starved of bits, so that the grid of its blocks shows.

## What it measures
`grid` (times): steps at the borders of blocks of 8 or 16 columns, in times those between other columns; on a few lines
of full-size luma, about eight times a second. Where it rises also `at_once` (octaves), the most that it rose from one
picture to the next, `lately` (octaves), the largest rise of the last 12 s, `flatter` (dB), what texture has lost since
the last look, and `noise_gone` (code values), noise that ended, and where it falls the same of what went, with `back_`
before the name; and of the scene, where it is not at rest, `likeness` (1), the correlation of the picture's tiles with
those of the last look, `moved`, the most that a picture has changed since, and `brighter` (code values).

## Why it matters
Somewhere on the way the bit rate collapsed: a wrong setting, a crowded multiplex, a contribution link that steps
down. Everything is there, and nobody wants to look at it.

## Opens and closes
Opens as a warning when the grid of four looks, the lowest left out, is above all looks before by `rises_by`, or by
`with_less` where it stays for a second, texture has lost `flatter_at` as well or the first picture shows `first_by`
more, half of it from one picture to the next, more than half as much again as in the last 12 s, while the scene goes
on; dated to the picture. Closes when it has been less than half-way between both for `close_after`, dated back. A
grid that came unseen and lasted a second or more is told when it goes in the same way, a second and a half after the
last cut or later, unless it goes with a camera that begins to move. Not told in a picture that loses more texture than
a codec takes, nor in one that fades, begins to move or comes to rest, unless it leaps by far too much for that.

## Blind spots
A grid that was there from the beginning to the end or is as weak as H.264's filter leaves it, came and went with a cut
or within a third of a second of one, or comes and goes with key frames: such a stream is coded like that. Blocks that
were scaled, or cut off at the left, after they were coded. Codecs that smooth the borders of their blocks well (HEVC,
AV1) starve without a grid: the picture melts instead.

## Sources
- FFmpeg, `libavfilter/vf_blockdetect.c` (Marziliano, Muijs: edges on the grid against edges beside it). MVAD: QP 32
  to 47. That it must come at once and with less texture: our own.
"""

from collections.abc import Iterator
from math import log2
from statistics import median_low
from typing import ClassVar

from watchglass.kernels.fidelity import flattening
from watchglass.model.detector import Status
from watchglass.model.finding import Reading
from watchglass.model.leaps import AFTER, ENOUGH, MORE, Leaping, LeapingSettings
from watchglass.model.limits import Bound
from watchglass.model.looks import Look, Span
from watchglass.model.units import Decibels, Factor, Judged, Octaves

SUSPECT = 0.1
"""Octaves between two looks from which on it is asked how the grid rose."""
ONE = 0.4
"""Part of the rise that must come from one picture to the next."""
CALM = 0.3
"""Octaves that the grid may have risen of late where the first picture alone tells."""
SHOWED = 2.2
"""Times from which on there was a grid before, with the last cut, say: such a stream is coded like that."""
GONE = 1.0
"""Code values of noise that may end with it: beyond, the picture is as it was before."""
ANOTHER = 14.0
"""dB of texture that no codec takes at once: it is another picture."""
ON, STAYS = 0.5, 0.3
"""Part of the rise by which the grid may go on rising, and octaves from one picture to the next of one that stays."""


class BlockinessSettings(LeapingSettings):
    """Thresholds of `video.blockiness`."""

    shows_at: Judged[Factor] = 1.25
    """Steps at the borders of blocks, in times those elsewhere, from which on a grid can be seen at all."""
    rises_by: Judged[Octaves] = 0.45
    """By how much the grid must leap where texture remains."""
    with_less: Judged[Octaves] = 0.15
    """By how much it must where it stays, where texture is lost, or where the first picture shows it most."""
    first_by: Judged[Octaves] = 0.6
    """By how much more the first picture must show it: a key frame that was starved is mended little by little."""
    flatter_at: Judged[Decibels] = 2.5
    """How much texture must have lost."""


class Blockiness(Leaping):
    """Judges whether the grid of blocks appears."""

    name = "video.blockiness"
    status = Status.STABLE
    settings_type = BlockinessSettings
    limits: ClassVar = {"grid": Bound("shows_at")}
    settings: BlockinessSettings
    decided_by = ("grid",)
    excess = 8.0
    beyond_doubt = 1.5
    enough_after = ENOUGH
    patience = 8

    @property
    def least(self) -> float:
        """As it is set."""
        return self.settings.shows_at

    def look(self, span: Span) -> Iterator[tuple[str, float, str] | Reading]:
        """How much of a grid there is, and what came with it."""
        rises = span.gridded
        if rises >= SUSPECT and not span.is_early:
            yield from self.at_once(span, span.each(lambda then, now: log2(now.grid / then.grid)), "octaves")
            yield "noise_gone", self.noise_gone(span), "code values"
            yield "flatter", flattening(span.last.detail, span.first.detail), "dB"
            yield from self.lately(span, rises, "octaves")
        yield "grid", span.last.grid, "times"

    def leap(self, before: list[Look], now: Look, after: list[Look]) -> bool:
        """The grid rises enough at once, more than it did of late, and nothing else explains it."""
        limits, grids = self.settings, [now.value, *(look.value for look in after)]
        stays = len(after) >= self.patience
        self._was, self._is = max(look.value for look in before), sorted(grids)[1] if stays else median_low(grids[:4])
        showed = max(look.value for look in self._looks if look.pts < now.pts) if not now.is_back else self._was
        if self._is < limits.shows_at or showed > SHOWED or now.get("noise_gone") > GONE:
            return False
        if now.get("flatter") > ANOTHER:
            return False
        if now.is_back and stays and self.comes_to_rest(before, after[self.patience - AFTER : self.patience]):
            return False  # motion melted it
        fades = all(look.get("brighter") for look in after[:AFTER])
        if (fades or self.moves_otherwise(before, after)) and not self.is_beyond_doubt(now):
            return False
        rise, at_once = log2(self._is / self._was), log2(now.value / before[-1].value)
        if log2(max(grids[:3]) / now.value) > ON * at_once or (stays and now.get("at_once") < STAYS):
            return False
        is_key = now.get("at_once") >= limits.first_by and now.get("lately") <= CALM
        is_less = is_key or stays or now.get("flatter") >= limits.flatter_at
        least = limits.with_less if is_less else limits.rises_by
        return (
            min(rise, at_once) >= least
            and now.get("at_once") >= ONE * max(rise, at_once)
            and min(at_once, now.get("at_once")) >= MORE * now.get("lately")
        )

    def say(self, lasted: float) -> str:
        """How much, and for how long."""
        return f"The grid of blocks shows, {self._is:.1f} times the steps elsewhere, for {lasted:.1f} s"
