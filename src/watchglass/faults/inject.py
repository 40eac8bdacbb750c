"""Put one known defect into a file, and write down the truth about it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import av

from watchglass.faults.level import Level
from watchglass.faults.packets import PacketReader
from watchglass.faults.reading import opened
from watchglass.faults.recipe import Order, PacketRecipe, PictureRecipe, Recipe, SoundRecipe, TransportRecipe
from watchglass.faults.reencode import Change, rewrite
from watchglass.faults.witness import witness_of
from watchglass.media.ts_tap import is_transport_stream
from watchglass.model.errors import SourceError, UsageError

TIMELESS = frozenset(
    (".mp3", ".flac", ".wav", ".aac", ".ac3", ".mp2", ".aif", ".aiff", ".avi", ".264", ".265", ".h264")
)
"""Endings of files whose pictures and samples are merely counted."""
TRANSPORT = frozenset((".ts", ".m2t", ".mpegts", ".trp", ".tp"))
"""Endings of transport streams."""
SCHEMA = "watchglass.truth/1"


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
    recovered: float
    """When the picture is whole again: coded damage is handed on until the next key frame; else the same as ``end``."""
    changed: float
    """By how much the part differs from what it was: code values of 8 bits, dBFS RMS, packets, or transport packets."""
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
    witness = witness_of(recipe, order)
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
                _require_times(target, recipe)
                rewrite(source, target, packets=dict.fromkeys(recipe.tracks, change), told=told)
            case TransportRecipe():
                _require_transport_stream(source, target, recipe)
                _rewrite_packets(source, target, change, told)
    except (av.FFmpegError, OSError, ValueError) as exc:
        target.unlink(missing_ok=True)
        raise SourceError(f"{source}: cannot be written with this defect: {exc}") from exc
    except (UsageError, KeyboardInterrupt):
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
        recovered=round(witness.recovered, 6),
        changed=round(witness.changed, 3),
        changed_unit=witness.unit,
        counts=witness.counts,
    )


def _rewrite_packets(source: Path, target: Path, change: Change, told: Callable[[float], None]) -> None:
    with source.open("rb") as clean, target.open("wb") as spoilt:
        for packet in change(PacketReader().read(iter(partial(clean.read, 1 << 20), b""))):
            spoilt.write(packet.data)
            told(packet.time)


def duration_of(source: Path) -> float:
    """Seconds that a file declares; 0 where it does not say.

    Raises:
        SourceError: It cannot be read.
    """
    with opened(source) as container:
        return (container.duration or 0) / av.time_base


def _kinds(source: Path) -> set[str]:
    with opened(source) as container:
        return {stream.type for stream in container.streams}


def _require_times(target: Path, recipe: PacketRecipe) -> None:
    """A file without times of its own closes every hole: what follows moves up."""
    if recipe.detector != "video.corrupt" and target.suffix.lower() in TIMELESS:
        raise UsageError(f"{target}: keeps no times, which {recipe.name} needs; write to .mkv, .mp4 or .ts instead")


def _require_transport_stream(source: Path, target: Path, recipe: Recipe) -> None:
    with source.open("rb") as file:
        if not is_transport_stream(file.read(1024)):
            raise UsageError(
                f"{source}: is no transport stream, which {recipe.name} needs (`ffmpeg -i IN -c copy OUT.ts` makes one)"
            )
    if target.suffix.lower() not in TRANSPORT:
        raise UsageError(f"{target}: becomes a transport stream; let its name end in .ts")


def _require(is_there: bool, source: Path, recipe: Recipe, what: str) -> None:
    if not is_there:
        raise UsageError(f"{source}: has no {what}, which {recipe.name} needs")
