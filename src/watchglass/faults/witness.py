"""What a recipe really changed: it sees what goes in and what comes out, and knows whether one could notice."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.faults.packets import TsPacket
from watchglass.faults.recipe import (
    Coded,
    Order,
    PacketRecipe,
    Picture,
    PictureRecipe,
    Reach,
    Recipe,
    Samples,
    SoundRecipe,
    TransportRecipe,
)

SEEN, STRIKING, HEARD = 0.5, 8.0, -70.0
"""From which change a case counts: of whole pictures and of single places (code values of 8 bits, means), of the sound
(dBFS RMS)."""
PLACE = 16
"""Pixels along the side of a place."""


def witness_of(recipe: Recipe, order: Order) -> "Witness":
    """The one that understands what the recipe changes."""
    match recipe:
        case PictureRecipe():
            return _PictureWitness(order, recipe.reach)
        case SoundRecipe():
            return _SoundWitness(order)
        case PacketRecipe():
            return _PacketWitness(order)
        case TransportRecipe():
            return _TransportWitness(order)


class Witness(ABC):
    """Sees what goes into a recipe and what comes out of it."""

    unit = ""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.first: float | None = None
        """Where the covered part really begins and ends, in seconds."""
        self.last = 0.0
        self._missing = 0

    def watched(self, change: Callable[[Iterator[Any]], Iterator[Any]], items: Iterator[Any]) -> Iterator[Any]:
        """Run a recipe over one track; ``clean`` holds what it has not given back yet."""
        clean: dict[float, Any] = {}
        for item in change(self._in(items, clean)):
            self._out(item, clean)
            yield item
        self._missing += len(clean)

    @abstractmethod
    def _in(self, items: Iterator[Any], clean: dict[float, Any]) -> Iterator[Any]:
        """Pass on what goes in, and keep of it what will be compared."""

    @abstractmethod
    def _out(self, item: Any, clean: dict[float, Any]) -> None:
        """Compare what comes out with what went in."""

    def _covers(self, start: float, end: float) -> None:
        self.first = start if self.first is None else min(self.first, start)
        self.last = max(self.last, end)

    @property
    def recovered(self) -> float:
        """When nothing is to be seen or heard of it any more, in seconds."""
        return self.last

    @property
    @abstractmethod
    def changed(self) -> float:
        """By how much the covered part differs, in ``unit``."""

    @property
    @abstractmethod
    def counts(self) -> bool:
        """Whether one could notice."""


class _PictureWitness(Witness):
    unit = "code values"

    def __init__(self, order: Order, reach: Reach) -> None:
        super().__init__(order)
        self._reach = reach
        self._last_pts: float | None = None
        self._differences: list[float] = []
        self._shown: list[NDArray[Any]] | None = None
        self._added = 0

    def _in(self, items: Iterator[Picture], clean: dict[float, Any]) -> Iterator[Picture]:
        step = 0.04
        for picture in items:
            if self._last_pts is not None and picture.pts > self._last_pts:
                step = picture.pts - self._last_pts
            self._last_pts = picture.pts
            if self.order.covers(picture.pts):
                self._covers(picture.pts, picture.pts + step)
                clean[picture.pts] = self._kept(picture)
            yield picture

    def _out(self, item: Picture, clean: dict[float, Any]) -> None:
        before, kept = clean.pop(item.pts, None), self._kept(item)
        if before is None:
            self._added += self.order.covers(item.pts)
        else:
            self._compare(before, kept, item.scale)
        for pts in [pts for pts in clean if pts < item.pts]:  # left out: the one before stands in its place
            self._compare(clean.pop(pts), self._shown or kept, item.scale)
        self._shown = kept

    def _compare(self, before: list[NDArray[Any]], now: list[NDArray[Any]], scale: float) -> None:
        pairs = zip(before, now, strict=True)
        self._differences.append(max(self._difference(a, b) / scale for a, b in pairs))

    def _kept(self, picture: Picture) -> list[NDArray[Any]]:
        """Where places matter, all of it; else every third row and column: an odd step sees lines of either parity."""
        step = 1 if self._reach in (Reach.PLACES, Reach.PIXELS) else 3
        return [plane[::step, ::step].copy() for plane in picture.planes]

    def _difference(self, before: NDArray[Any], now: NDArray[Any]) -> float:
        """In the planes' own code values: the mean, or that of the worst place."""
        difference = cv2.absdiff(before, now)
        if self._reach is Reach.PIXELS:
            return float(difference.max())
        if self._reach is Reach.PLACES:
            return float(cv2.blur(difference.astype(np.float32), (PLACE, PLACE)).max())
        return float(difference.mean())

    @property
    def changed(self) -> float:
        differences = np.asarray(self._differences)
        if self._reach is not Reach.SPAN:
            differences = differences[differences > 0.0]
        return float(differences.mean()) if differences.size else 0.0

    @property
    def counts(self) -> bool:
        enough = STRIKING if self._reach in (Reach.PLACES, Reach.PIXELS) else SEEN
        return self.changed >= enough or bool(self._missing or self._added)


class _SoundWitness(Witness):
    unit = "dBFS RMS"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._power = 0.0
        self._count = 0

    def _in(self, items: Iterator[Samples], clean: dict[float, Any]) -> Iterator[Samples]:
        for samples in items:
            inside = samples.inside(self.order)
            if inside.stop > inside.start:
                first = samples.first / samples.rate
                self._covers(first + inside.start / samples.rate, first + inside.stop / samples.rate)
                clean[samples.first] = samples.values[:, inside].copy()
            yield samples

    def _out(self, item: Samples, clean: dict[float, Any]) -> None:
        before = clean.pop(item.first, None)
        if before is None:
            return
        now = item.values[:, item.inside(self.order)]
        if now.shape == before.shape:
            self._power += float(np.square(now - before).sum(dtype=np.float64))
            self._count += before.size

    @property
    def changed(self) -> float:
        return 10.0 * float(np.log10(max(self._power / max(self._count, 1), 1e-20)))

    @property
    def counts(self) -> bool:
        return self.changed >= HEARD or bool(self._missing)


class _PacketWitness(Witness):
    unit = "packets"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._changed = 0
        self._is_damaged = False
        self._whole_again: float | None = None

    def _in(self, items: Iterator[Coded], clean: dict[float, Any]) -> Iterator[Coded]:
        end = 0.0
        for packet in items:
            end = max(end, packet.pts + packet.duration)
            if self.order.covers(packet.pts):
                self._covers(packet.pts, packet.pts + packet.duration)
                self._changed += 1
                clean[packet.number] = packet
            elif self._whole_again is None and packet.is_key and packet.pts >= self.order.end - 1e-6:
                self._whole_again = packet.pts
            yield packet
        if self._whole_again is None:
            self._whole_again = end

    def _out(self, item: Coded, clean: dict[float, Any]) -> None:
        before = clean.pop(item.number, None)
        if before is None:
            return
        if (before.data, before.pts) == (item.data, item.pts):
            self._changed -= 1
        self._is_damaged |= before.data != item.data

    @property
    def recovered(self) -> float:
        is_damaged = self._is_damaged or self._missing > 0
        return max(self.last, self._whole_again or 0.0) if is_damaged else self.last

    @property
    def changed(self) -> float:
        return float(self._changed)

    @property
    def counts(self) -> bool:
        return self._changed > 0


class _TransportWitness(Witness):
    unit = "transport packets"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._changed = self._last = 0

    def _in(self, items: Iterator[TsPacket], clean: dict[float, Any]) -> Iterator[TsPacket]:
        for packet in items:
            if self.order.covers(packet.time):
                self._covers(packet.time, packet.time)
                clean[packet.number] = packet.data
            yield packet

    def _out(self, item: TsPacket, clean: dict[float, Any]) -> None:
        before = clean.pop(item.number, None)
        is_out_of_order = item.number < self._last  # also what was added
        self._changed += is_out_of_order or (before is not None and before != item.data)
        self._last = max(self._last, item.number)

    @property
    def changed(self) -> float:
        return float(self._changed + self._missing)

    @property
    def counts(self) -> bool:
        return self.changed > 0
