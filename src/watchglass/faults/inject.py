"""Put one known defect into a file, and write down the truth about it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from watchglass.faults.level import Level
from watchglass.faults.recipe import (
    Coded,
    Order,
    PacketRecipe,
    Picture,
    PictureRecipe,
    Recipe,
    Samples,
    SoundRecipe,
)
from watchglass.faults.reencode import rewrite
from watchglass.model.errors import NotFoundError, NotMediaError, SourceError, UsageError

SCHEMA = "watchglass.truth/1"

SEEN, HEARD = 0.5, -70.0
"""From which mean change of the pictures (code values of 8 bits) and of the sound (dBFS RMS) a case counts."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What was done to a file; all times are seconds from its first picture or sample."""

    source: str
    output: str
    recipe: str
    detector: str
    """Id of the detector that is to find it."""
    level: str | None
    strength: float
    unit: str
    seed: int
    start: float
    end: float
    changed: float
    """By how much the part differs from what it was: code values of 8 bits, dBFS RMS, or packets."""
    changed_unit: str
    counts: bool
    """False where nobody could notice, such as a freeze of a picture that stood still: no miss, then."""

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2) + "\n", "utf-8")


def inject(
    source: Path,
    target: Path,
    recipe: Recipe,
    order: Order,
    *,
    level: Level | None = None,
    told: Callable[[float], None] = lambda seconds: None,
) -> Truth:
    """Write ``target``: ``source`` with one defect.

    Tracks that the defect does not touch are copied; the others are encoded as they were, at high quality.

    Args:
        source: Clean media.
        target: Its ending names the container.
        recipe: The defect.
        order: Where, and how badly.
        level: Only written down.
        told: Hears how many seconds are written.

    Raises:
        UsageError: The file has no such track, or is over before the defect begins.
        SourceError: It cannot be read, or cannot be written so.
    """
    witness = _WITNESSES[type(recipe)](order)
    change = partial(witness.watched, lambda items: recipe.apply(items, order))
    try:
        kinds = _kinds(source)
        match recipe:
            case PictureRecipe():
                _require("video" in kinds, source, recipe, "pictures")
                rewrite(source, target, pictures=change, told=told)
            case SoundRecipe():
                _require("audio" in kinds, source, recipe, "sound")
                rewrite(source, target, sound=change, told=told)
            case PacketRecipe():
                _require(bool(kinds & set(recipe.tracks)), source, recipe, " or ".join(recipe.tracks))
                rewrite(source, target, packets=dict.fromkeys(recipe.tracks, change), told=told)
    except (av.FFmpegError, OSError, ValueError) as exc:
        target.unlink(missing_ok=True)
        raise SourceError(f"{source}: cannot be written with this defect: {exc}") from exc
    except KeyboardInterrupt:
        target.unlink(missing_ok=True)
        raise
    if witness.first is None:
        target.unlink(missing_ok=True)
        raise UsageError(f"{source}: is over before {order.start:.2f} s, where {recipe.name} was to begin")
    return Truth(
        source=source.name,
        output=target.name,
        recipe=recipe.name,
        detector=recipe.detector,
        level=level,
        strength=order.strength,
        unit=recipe.unit,
        seed=order.seed,
        start=round(witness.first, 6),
        end=round(witness.last, 6),
        changed=round(witness.changed, 3),
        changed_unit=witness.unit,
        counts=witness.counts,
    )


def duration_of(source: Path) -> float:
    """Seconds that a file declares; 0 where it does not say.

    Raises:
        SourceError: It cannot be read.
    """
    with _opened(source) as container:
        return (container.duration or 0) / av.time_base


def _kinds(source: Path) -> set[str]:
    with _opened(source) as container:
        return {stream.type for stream in container.streams}


def _opened(source: Path) -> InputContainer:
    try:
        return av.open(str(source))
    except FileNotFoundError as exc:
        raise NotFoundError(f"{source}: there is no such file") from exc
    except (av.FFmpegError, OSError) as exc:
        raise NotMediaError(f"{source}: not audio or video that can be read") from exc


def _require(is_there: bool, source: Path, recipe: Recipe, what: str) -> None:
    if not is_there:
        raise UsageError(f"{source}: has no {what}, which {recipe.name} needs")


class _Witness(ABC):
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
    @abstractmethod
    def changed(self) -> float:
        """By how much the covered part differs, in ``unit``."""

    @property
    @abstractmethod
    def counts(self) -> bool:
        """Whether one could notice."""


class _PictureWitness(_Witness):
    unit = "code values"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._last_pts: float | None = None
        self._differences: list[float] = []
        self._added = 0

    def _in(self, items: Iterator[Picture], clean: dict[float, Any]) -> Iterator[Picture]:
        step = 0.04
        for picture in items:
            if self._last_pts is not None and picture.pts > self._last_pts:
                step = picture.pts - self._last_pts
            self._last_pts = picture.pts
            if self.order.covers(picture.pts):
                self._covers(picture.pts, picture.pts + step)
                clean[picture.pts] = _thin(picture)
            yield picture

    def _out(self, item: Picture, clean: dict[float, Any]) -> None:
        before = clean.pop(item.pts, None)
        if before is None:
            self._added += self.order.covers(item.pts)
        else:
            pairs = zip(before, _thin(item), strict=True)
            self._differences.append(max(float(np.abs(a - b).mean()) for a, b in pairs))

    @property
    def changed(self) -> float:
        return float(np.mean(self._differences)) if self._differences else 0.0

    @property
    def counts(self) -> bool:
        return self.changed >= SEEN or bool(self._missing or self._added)


def _thin(picture: Picture) -> list[NDArray[np.float32]]:
    """Every fourth row and column in code values of 8 bits."""
    return [plane[::4, ::4].astype(np.float32) / np.float32(picture.scale) for plane in picture.planes]


class _SoundWitness(_Witness):
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


class _PacketWitness(_Witness):
    unit = "packets"

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self._changed = 0

    def _in(self, items: Iterator[Coded], clean: dict[float, Any]) -> Iterator[Coded]:
        for packet in items:
            if self.order.covers(packet.pts):
                self._covers(packet.pts, packet.pts + packet.duration)
                self._changed += 1
                clean[packet.number] = packet
            yield packet

    def _out(self, item: Coded, clean: dict[float, Any]) -> None:
        before = clean.pop(item.number, None)
        if before is not None and (before.data, before.pts) == (item.data, item.pts):
            self._changed -= 1

    @property
    def changed(self) -> float:
        return float(self._changed)

    @property
    def counts(self) -> bool:
        return self._changed > 0


_WITNESSES: dict[type, type[_Witness]] = {
    PictureRecipe: _PictureWitness,
    SoundRecipe: _SoundWitness,
    PacketRecipe: _PacketWitness,
}
