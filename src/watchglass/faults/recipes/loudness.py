"""Sound at the wrong level: a programme or a break that is much louder or softer, and peaks beyond full scale."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from watchglass.faults.recipe import Order, Samples, SoundRecipe

CEILING = 0.89
"""Sample peak that a limiter lets through, 1.0 is full scale: -1 dBFS."""
MOST = 30.0
"""Decibels by which anything is raised at most: a pause stays a pause."""
RELEASE = 6.0
"""Decibels a second by which a gain recovers after a peak."""
OVERSAMPLING = 4
"""ITU-R BS.1770-5, Annex 2."""


def gained(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """``strength`` dB more, or less where it is negative; a limiter keeps the peaks from being cut off."""
    return _ridden(blocks, order, _sample_peak, lambda peak: min(_factor(order.strength), CEILING / max(peak, 1e-9)))


def overshot(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Driven until the true peaks reach ``strength`` dBTP, as a hot master does when it is decoded."""
    top = _factor(order.strength)
    return _ridden(blocks, order, true_peak, lambda peak: min(_factor(MOST), top / max(peak, 1e-9)))


def _ridden(
    blocks: Iterator[Samples],
    order: Order,
    peak_of: Callable[[NDArray[np.float32]], float],
    gain_for: Callable[[float], float],
) -> Iterator[Samples]:
    """The gain that each block asks for, without a step: between two blocks it is the smaller one."""
    recent, before = 0.0, None
    held: tuple[Samples, float] | None = None
    for block in blocks:
        peak = peak_of(block.values)
        recent = max(peak, recent * _factor(-RELEASE * block.values.shape[1] / block.rate))
        gain = gain_for(recent) if _meets(block, order) else 1.0
        if held is not None:
            yield _applied(*held, before, gain, order)
            before = held[1]
        held = (block, gain)
    if held is not None:
        yield _applied(*held, before, held[1], order)


def _applied(block: Samples, gain: float, before: float | None, after: float, order: Order) -> Samples:
    part = block.inside(order)
    ramp = np.linspace(min(gain, before or gain), min(gain, after), block.values.shape[1], dtype=np.float32)
    block.values[:, part] *= ramp[part]
    return block


def _meets(block: Samples, order: Order) -> bool:
    part = block.inside(order)
    return bool(part.stop > part.start)


def _sample_peak(values: NDArray[np.float32]) -> float:
    return float(np.abs(values).max(initial=0.0))


def true_peak(values: NDArray[np.float32]) -> float:
    """Largest absolute value between and at the samples (linear)."""
    if values.shape[1] == 0:
        return 0.0
    return float(np.abs(signal.resample_poly(values, OVERSAMPLING, 1, axis=1)).max())


def _factor(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))


RECIPES = (
    SoundRecipe(
        name="audio.loudness:loud",
        about="suddenly louder by so many decibels, through a limiter",
        unit="dB",
        strengths=(16.0, 12.0, 8.0, 5.0),
        seconds=(10.0, 8.0, 7.0, 6.0),
        apply=gained,
    ),
    SoundRecipe(
        name="audio.loudness:soft",
        about="suddenly softer by so many decibels",
        unit="dB",
        strengths=(-20.0, -14.0, -9.0, -6.0),
        seconds=(10.0, 8.0, 7.0, 6.0),
        apply=gained,
    ),
    SoundRecipe(
        name="audio.true_peak",
        about="driven until its true peaks reach this level",
        unit="dBTP",
        strengths=(3.0, 2.0, 1.0, 0.4),
        seconds=(5.0, 4.0, 3.0, 2.0),
        apply=overshot,
    ),
)
