"""Sound that holds what it should not: holes, clicks, hum, hiss, a line-up tone; or its channels the wrong way."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Order, Samples, SoundRecipe

APART = 0.7
"""Seconds from one hole, click or burst to the next, on average."""
BURST = 0.12
"""Seconds that a burst of noise lasts."""


def dropout(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Holes of ``strength`` seconds with hard edges, one after the other."""
    holes = [(start, start + order.strength) for start in _moments(order, order.strength)]
    for block in blocks:
        for start, end in holes:
            hole = Order(start, min(end, order.end), 0.0)
            block.values[:, block.inside(hole)] = 0.0
        yield block


def click(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Single samples that are wrong by ``strength`` of full scale, on all channels."""
    moments = _moments(order, 0.0)
    for block in blocks:
        for number, moment in enumerate(moments):
            at = round(moment * block.rate) - block.first
            if 0 <= at < block.values.shape[1]:
                block.values[:, at] += order.strength * (-1.0) ** number
        yield block


def _moments(order: Order, lasts: float) -> list[float]:
    """The first at once, the others at random, all inside the defect; no more than a hundred."""
    rng, at = order.rng(1), order.start
    moments: list[float] = []
    while at + lasts <= order.end and len(moments) < 100:
        moments.append(at)
        at += lasts + APART * (0.5 + float(rng.random()))
    return moments


def hum(mains: float, blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Mains and its harmonics, together ``strength`` dBFS RMS."""
    weights = np.array([1.0, 0.6, 0.5, 0.25, 0.3, 0.1, 0.15])
    weights *= 10.0 ** (order.strength / 20.0) / np.sqrt(np.square(weights).sum() / 2.0)
    phases = order.rng(2).uniform(0.0, 2.0 * np.pi, weights.size)
    for block in blocks:
        part = block.inside(order)
        angle = 2.0 * np.pi * mains * block.times[part]
        lines = (w * np.sin(k * angle + p) for k, (w, p) in enumerate(zip(weights, phases, strict=True), start=1))
        block.values[:, part] += sum(lines, np.zeros(angle.size)).astype(np.float32)
        yield block


def hiss(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """White noise of ``strength`` dBFS RMS, another on each channel."""
    for block in blocks:
        part = block.values[:, block.inside(order)]
        part += order.rng(3, block.first).standard_normal(part.shape) * 10.0 ** (order.strength / 20.0)
        yield block


def burst(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Short bursts of noise of ``strength`` dBFS RMS, the same on all channels, one after the other."""
    bursts = [Order(at, min(at + BURST, order.end), 0.0) for at in _moments(order, BURST)]
    for block in blocks:
        for each in bursts:
            part = block.values[:, block.inside(each)]
            noise = order.rng(15, block.first).standard_normal(part.shape[1])
            part += (noise * 10.0 ** (order.strength / 20.0)).astype(np.float32)
        yield block


def offset(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """The mean is shifted by ``strength`` of full scale."""
    for block in blocks:
        block.values[:, block.inside(order)] += np.float32(order.strength)
        yield block


def inverted(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """Two channels of opposite polarity; ``strength`` is the share of it, 1 for a mono sum of nothing."""
    for block in blocks:
        part = block.values[:2, block.inside(order)]
        if len(part) == 2:
            middle = part.mean(axis=0)
            against = np.stack([middle, -middle])
            part += np.float32(order.strength) * (against - part)
        yield block


def mono(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """The first two channels become the same; ``strength`` is the share of it."""
    for block in blocks:
        part = block.values[:2, block.inside(order)]
        part += np.float32(order.strength) * (part.mean(axis=0) - part)
        yield block


def tone(blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """A line-up tone of 1 kHz at ``strength`` dBFS (its peak) and nothing else."""
    for block in blocks:
        part = block.inside(order)
        wave: NDArray[np.float64] = np.sin(2.0 * np.pi * 1000.0 * block.times[part])
        block.values[:, part] = (10.0 ** (order.strength / 20.0) * wave).astype(np.float32)
        yield block


RECIPES = (
    SoundRecipe(
        name="audio.dropout",
        about="holes with hard edges; the strength is their length",
        unit="s",
        strengths=(0.2, 0.08, 0.03, 0.008),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=dropout,
    ),
    SoundRecipe(
        name="audio.click",
        about="single wrong samples; the strength is by how much, of full scale",
        unit="1",
        strengths=(0.8, 0.4, 0.15, 0.05),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=click,
    ),
    *(
        SoundRecipe(
            name=f"audio.hum:{mains}",
            about=f"mains hum of {mains} Hz with its harmonics, at this level",
            unit="dBFS",
            strengths=(-26.0, -36.0, -46.0, -56.0),
            seconds=(8.0, 7.0, 6.0, 5.0),
            apply=partial(hum, float(mains)),
        )
        for mains in (50, 60)
    ),
    SoundRecipe(
        name="audio.noise",
        about="hiss at this level",
        unit="dBFS",
        strengths=(-26.0, -36.0, -46.0, -56.0),
        seconds=(6.0, 6.0, 6.0, 6.0),
        apply=hiss,
    ),
    SoundRecipe(
        name="audio.noise:burst",
        about="short bursts of noise at this level",
        unit="dBFS",
        strengths=(-14.0, -22.0, -30.0, -38.0),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=burst,
    ),
    SoundRecipe(
        name="audio.dc_offset",
        about="the mean is shifted, by this share of full scale",
        unit="1",
        strengths=(0.2, 0.1, 0.05, 0.025),
        seconds=(4.0, 4.0, 4.0, 4.0),
        apply=offset,
    ),
    SoundRecipe(
        name="audio.phase",
        about="the two sides of opposite polarity, by this share",
        unit="1",
        strengths=(1.0, 0.99, 0.97, 0.94),
        seconds=(6.0, 5.0, 4.0, 3.0),
        apply=inverted,
    ),
    SoundRecipe(
        name="audio.mono",
        about="the two sides become the same, by this share",
        unit="1",
        strengths=(1.0, 0.99, 0.97, 0.94),
        seconds=(6.0, 5.0, 4.0, 3.0),
        apply=mono,
    ),
    SoundRecipe(
        name="audio.test_tone",
        about="a line-up tone of 1 kHz and nothing else, at this level",
        unit="dBFS",
        strengths=(-6.0, -18.0, -30.0, -40.0),
        seconds=(5.0, 4.0, 2.0, 1.2),
        apply=tone,
    ),
)
