"""Faults by the clock: what people write, and what they may write."""

import math
import re

from watchglass.faults import bad_answers, bad_encoders, bad_playlists
from watchglass.faults.level import Level
from watchglass.faults.live_fault import LiveFault, Scheduled
from watchglass.faults.recipe import Recipe
from watchglass.faults.recipes import RECIPES
from watchglass.model.errors import UsageError

_ALL: tuple[LiveFault, ...] = (*bad_playlists.FAULTS, *bad_answers.FAULTS, *bad_encoders.FAULTS)
LIVE_FAULTS = {fault.name: fault for fault in _ALL}
"""What only a live stream can have, by name."""

_FORM = re.compile(
    r"(?P<name>[a-z0-9_.:]+?)(?::(?P<strength>-?\d+(?:\.\d+)?))?@(?P<start>\d+(?:\.\d+)?)(?:\+(?P<seconds>\d+(?:\.\d+)?))?"
)


def parse(text: str) -> Scheduled:
    """Read ``NAME[:STRENGTH]@SECONDS[+DURATION]``.

    Raises:
        UsageError: It is not of that form, or there is no such fault.
    """
    told = _FORM.fullmatch(text.strip())
    if told is None:
        raise UsageError(f"{text!r}: a fault is given as NAME[:STRENGTH]@SECONDS[+DURATION], such as segment.404@20+6")
    fault = _named(told["name"])
    if isinstance(fault, LiveFault):
        strength, seconds = fault.strength, fault.seconds
    else:
        order = fault.order(Level.NOTICEABLE, 0.0)
        strength, seconds = order.strength, order.end
    strength = strength if told["strength"] is None else float(told["strength"])
    seconds = seconds if told["seconds"] is None else float(told["seconds"])
    _expect_strength(fault, strength)
    return Scheduled(fault, strength, float(told["start"]), seconds)


def _named(name: str) -> LiveFault | Recipe:
    known: dict[str, LiveFault | Recipe] = {**LIVE_FAULTS, **RECIPES}
    if name in known:
        return known[name]
    near = [each for each in known if name.partition(":")[0] in each or each.partition(".")[2] == name]
    hint = f"did you mean {' or '.join(near[:8])}?" if near else "`watchglass inject --list` shows them"
    raise UsageError(f"there is no fault {name!r}; {hint}")


def _expect_strength(fault: LiveFault | Recipe, strength: float) -> None:
    """Shares are shares, and what is waited for or counted is not less than nothing."""
    if not math.isfinite(strength) or abs(strength) > 1e9:
        raise UsageError(f"{fault.name}: a strength of {strength:g} cannot be")
    if isinstance(fault, LiveFault):
        if fault.unit == "share" and not 0.0 <= strength <= 1.0:
            raise UsageError(f"{fault.name}: the strength is a share, from 0 to 1, and not {strength:g}")
        if strength < 0.0 and fault.name != "encoder.clock":
            raise UsageError(f"{fault.name}: the strength must not be negative ({strength:g} {fault.unit})")
