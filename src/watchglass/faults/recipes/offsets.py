"""Sound that is early or late against the picture, as after a switch to a path with another delay.

The timestamps go on as if nothing had happened: only eyes and ears can tell.
"""

from collections import deque
from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.recipe import Order, Samples, SoundRecipe

SPLICE = 0.005
"""Seconds over which one path is faded into the other: the switch itself makes no click."""


def displaced(direction: int, blocks: Iterator[Samples], order: Order) -> Iterator[Samples]:
    """While it lasts, what is heard belongs ``strength`` seconds later (direction 1: early) or before (-1: late)."""
    store: NDArray[np.float32] | None = None
    start = 0
    waiting: deque[Samples] = deque()
    for block in blocks:
        lead = direction * round(order.strength * block.rate)
        if store is None:
            store, start = np.zeros((len(block.values), 0), np.float32), block.first
        waiting.append(block)
        store = np.concatenate([store, block.values], axis=1)
        while waiting and start + store.shape[1] >= _end(waiting[0]) + max(lead, 0):
            done = waiting.popleft()
            yield _mixed(done, store, start, lead, order)
            keep = max(0, min(done.first - abs(lead), start + store.shape[1]) - start)
            store, start = store[:, keep:], start + keep
    for block in waiting:
        assert store is not None
        yield _mixed(block, store, start, direction * round(order.strength * block.rate), order)


def _end(block: Samples) -> int:
    return int(block.first + block.values.shape[1])


def _mixed(block: Samples, store: NDArray[np.float32], start: int, lead: int, order: Order) -> Samples:
    """A block with what is heard in it; ``store`` begins with the sample of number ``start``."""
    rise = np.clip((block.times - order.start) / SPLICE, 0.0, 1.0)
    fall = np.clip((order.end - block.times) / SPLICE, 0.0, 1.0)
    share = np.minimum(rise, fall).astype(np.float32)
    wanted = np.arange(block.first, _end(block)) + lead - start
    is_there = (wanted >= 0) & (wanted < store.shape[1])
    heard = store[:, np.clip(wanted, 0, store.shape[1] - 1)] * is_there.astype(np.float32)
    return Samples(block.values + share * (heard - block.values), block.first, block.rate)


def _offset(name: str, direction: int) -> SoundRecipe:
    return SoundRecipe(
        name=f"sync.offset:{name}",
        about=f"from there on, the sound is {name} against the picture",
        unit="s",
        strengths=(0.5, 0.25, 0.125, 0.06),
        seconds=(np.inf, np.inf, np.inf, np.inf),
        apply=partial(displaced, direction),
    )


RECIPES = (_offset("early", 1), _offset("late", -1))
