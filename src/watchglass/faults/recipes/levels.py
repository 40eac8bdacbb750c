"""Sound that is too little or too much: silence, a channel that is missing, overload."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from watchglass.faults.recipe import Order, Samples, SoundRecipe

LISTENS = 10.0
"""Seconds of the covered part, at most, that tell how loud it is before it is overloaded."""
QUIET = 0.003
"""Peak, of full scale, below which there is nothing to overload."""
EDGE = 0.002
"""Seconds over which a fader moves: no click is added to the defect."""


def silence(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Nothing but noise at ``strength`` dBFS RMS is left; at -150 and below nothing at all."""
    for block in blocks:
        part = block.values[:, block.inside(order)]
        if part.size and order.strength > -150.0:
            noise = order.rng(block.first).standard_normal(part.shape)
            part[:] = noise * 10.0 ** (order.strength / 20.0)
        else:
            part[:] = 0.0
        yield block


def imbalance(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """One channel of the first two is lower by ``strength`` dB; mono is left as it is."""
    for block in blocks:
        if len(block.values) >= 2:
            side = int(order.rng().integers(2))
            block.values[side] *= 1.0 - _fader(block, order) * (1.0 - 10.0 ** (-order.strength / 20.0))
        yield block


def overload(ceiling: float, blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Its peaks ``strength`` dB beyond ``ceiling`` (1.0 is full scale), and cut off there; near silence stays."""
    gain: float | None = None
    waiting: list[Samples] = []
    for block in blocks:
        is_covered = block.inside(order).stop > block.inside(order).start
        if gain is None and is_covered and len(waiting) < LISTENS * block.rate / max(block.values.shape[1], 1):
            waiting.append(block)  # how loud it is must be known first
            continue
        if waiting and gain is None:
            gain = _overloading(waiting, ceiling, order)
        yield from _overloaded(waiting, gain or 1.0, ceiling, order)
        waiting = []
        yield from _overloaded([block], gain or 1.0, ceiling, order)
    if waiting:
        yield from _overloaded(waiting, _overloading(waiting, ceiling, order), ceiling, order)


def _overloading(blocks: list[Samples], ceiling: float, order: Order) -> float:
    """The gain that lifts all but a thousandth of the samples of the covered part so far."""
    heard = np.concatenate([np.abs(block.values[:, block.inside(order)]).ravel() for block in blocks])
    peak = float(np.quantile(heard, 0.999))
    return ceiling / peak * 10.0 ** (order.strength / 20.0) if peak > QUIET else 1.0


def _overloaded(blocks: list[Samples], gain: float, ceiling: float, order: Order) -> Iterator[Samples]:
    for block in blocks:
        part = block.values[:, block.inside(order)]
        part[:] = np.clip(part * np.float32(gain), -ceiling, ceiling) if gain != 1.0 else part
        yield block


def _fader(block: Samples, order: Order) -> np.ndarray:
    """0 outside the defect, 1 inside, a short slope between: (n,) float32."""
    times = block.times
    rise = np.clip((times - order.start) / EDGE, 0.0, 1.0)
    fall = np.clip((order.end - times) / EDGE, 0.0, 1.0) if order.end < np.inf else 1.0
    fader: np.ndarray = np.minimum(rise, fall).astype(np.float32)
    return fader


RECIPES = (
    SoundRecipe(
        name="audio.silence",
        about="nothing is heard; the strength is the level of what is left",
        unit="dBFS",
        strengths=(-200.0, -90.0, -75.0, -66.0),
        seconds=(6.0, 4.0, 3.0, 2.5),
        apply=silence,
    ),
    SoundRecipe(
        name="audio.imbalance",
        about="one side is missing, by so many decibels",
        unit="dB",
        strengths=(100.0, 40.0, 30.0, 24.0),
        seconds=(8.0, 6.0, 5.0, 4.5),
        apply=imbalance,
    ),
    SoundRecipe(
        name="audio.clipping",
        about="peaks so many decibels beyond full scale, cut off there",
        unit="dB",
        strengths=(18.0, 12.0, 6.0, 3.0),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=partial(overload, 1.0),
    ),
    SoundRecipe(
        name="audio.clipping:below",
        about="peaks so many decibels beyond half of full scale, cut off there, as before another fader",
        unit="dB",
        strengths=(18.0, 12.0, 6.0, 3.0),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=partial(overload, 0.5),
    ),
)
