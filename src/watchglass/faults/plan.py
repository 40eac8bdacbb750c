"""What goes wrong in a drill, and when: drawn by a seed."""

from typing import NamedTuple

import numpy as np

from watchglass.faults.defects import Defect, Kind
from watchglass.faults.pictures import LOOP_SECONDS
from watchglass.model.errors import UsageError

WARM_UP = 8.0
"""Seconds of clean channel before the first fault: a watcher learns what is usual."""
CLEAN = 4.0
"""Seconds of clean channel between two faults, at least."""
AFTERMATH = 3.0
"""Seconds of channel after the last fault, so that its end is seen too."""
_FREE = ((1.0, 7.8), (9.0, 14.0), (16.0, 20.6), (32.0, 39.6))
"""Stretches of the loop in which a fault may begin and end: away from cuts, the fade, the slide and the night."""
_INTERVIEW = _FREE[1]
"""Before a room that hardly moves, a strip that goes on is not told from a person who holds still."""


class _Draw(NamedTuple):
    seconds: tuple[float, float]
    strength: tuple[float, float]


_DRAWS = {
    Kind.FREEZE: _Draw((3.6, 4.6), (0.0, 0.8)),
    Kind.TICKER_FREEZE: _Draw((3.8, 4.6), (0.0, 0.0)),
    Kind.BLACK: _Draw((2.0, 4.0), (16.0, 20.0)),
    Kind.GREEN: _Draw((3.0, 4.4), (0.0, 0.0)),
    Kind.BLUE: _Draw((3.0, 4.4), (0.0, 0.0)),
    Kind.SILENCE: _Draw((3.2, 4.6), (-150.0, -66.0)),
    Kind.CLIPPING: _Draw((3.4, 4.6), (20.0, 26.0)),
    Kind.IMBALANCE: _Draw((4.2, 4.6), (30.0, 80.0)),
    Kind.AUDIO_LOST: _Draw((2.0, 4.0), (0.0, 0.0)),
    Kind.JUMP: _Draw((0.0, 0.0), (1.5, 6.0)),
    Kind.CORRUPT: _Draw((0.8, 2.4), (0.04, 0.2)),
    Kind.STALL: _Draw((12.0, 13.0), (0.0, 0.0)),
}
_GROUPS = (
    (Kind.FREEZE, Kind.TICKER_FREEZE, Kind.BLACK, Kind.GREEN, Kind.BLUE),
    (Kind.SILENCE, Kind.CLIPPING, Kind.IMBALANCE, Kind.AUDIO_LOST),
    (Kind.CORRUPT, Kind.JUMP, Kind.STALL),
)


def plan(seconds: float, seed: int) -> list[Defect]:
    """Faults for a drill: pictures, sound and transport in turn, never two at a time.

    Args:
        seconds: Length of the drill.
        seed: Draws kinds, times and strengths.

    Raises:
        UsageError: The drill is too short for a fault.
    """
    rng = np.random.default_rng([seed, 6])
    faults: list[Defect] = []
    decks: list[list[Kind]] = [[] for _ in _GROUPS]
    t, turn = WARM_UP, int(rng.integers(len(_GROUPS)))
    while True:
        deck = decks[turn % len(_GROUPS)]
        if not deck:
            deck += [_GROUPS[turn % len(_GROUPS)][i] for i in rng.permutation(len(_GROUPS[turn % len(_GROUPS)]))]
        fault = _draw(deck.pop(), t + float(rng.uniform(0.0, 1.0)), rng)
        if fault.end > seconds - AFTERMATH:
            break
        faults.append(fault)
        t, turn = fault.end + CLEAN, turn + 1
    if not faults:
        raise UsageError(f"a drill needs at least {WARM_UP + CLEAN + AFTERMATH + 5:.0f} s, {seconds:g} s were given")
    return faults


def _draw(kind: Kind, earliest: float, rng: np.random.Generator) -> Defect:
    draw = _DRAWS[kind]
    seconds, strength = float(rng.uniform(*draw.seconds)), float(rng.uniform(*draw.strength))
    if kind is Kind.STALL:  # the pictures are not touched: any time will do, from a segment's edge on
        return Defect(kind, float(np.ceil(earliest / 2) * 2), round(seconds, 2), 0.0)
    free = tuple(stretch for stretch in _FREE if kind is not Kind.TICKER_FREEZE or stretch is not _INTERVIEW)
    start = _free(free, earliest, seconds, float(rng.uniform(0.0, 1.0)))
    start, end = (round(t * 25) / 25 for t in (start, start + seconds))
    return Defect(kind, start, round(end - start, 2), round(strength, 2))


def _free(free: tuple[tuple[float, float], ...], earliest: float, seconds: float, chance: float) -> float:
    """A moment from ``earliest`` on that begins a free stretch of ``seconds``; ``chance`` spends what is to spare."""
    cycle = int(earliest // LOOP_SECONDS)
    while True:
        for first, last in free:
            start = max(earliest, cycle * LOOP_SECONDS + first)
            spare = cycle * LOOP_SECONDS + last - seconds - start
            if spare >= 0:
                return start + chance * min(1.0, spare)
        cycle += 1
