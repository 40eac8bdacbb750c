"""Programmes made by a seed: clean content without end.

The long ones are kept in ``build/programmes``: to make one takes twice as long as to examine it.
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import av

import watchglass
from proving.programme import Programme
from proving.sounds import VOICE

KEPT = Path(__file__).resolve().parents[2] / "build" / "programmes"

LONG, SHORT = 120.0, 16.0
"""Seconds of a programme that stays clean, and of one that a defect is put into."""
SPOILT_FROM = 1_000_000
"""Seeds from here on are for programmes that are spoilt, so that none is both."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A programme by its seed; it can be used like a clip of the corpus."""

    seed: int
    duration: float
    has_video: bool = True
    has_audio: bool = True
    is_clean: bool = True
    spans: tuple[tuple[float, float], ...] = ()
    half: Literal["generated"] = "generated"

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"generated-{self.seed}"

    def file(self, folder: Path) -> Path:
        """Make it; a long one unless it is there already."""
        programme = Programme(self.seed, self.duration)
        path = (_kept() if self.duration >= LONG else folder) / f"{self.name}{programme.suffix}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_stem(f"{path.stem}-{os.getpid()}")
            programme.write(unfinished)
            unfinished.replace(path)
        return path


def _kept() -> Path:
    """Where programmes are kept that the present code made: another version of it makes others."""
    here = Path(__file__).parent
    faults = Path(watchglass.__file__).parent / "faults"
    made_by = sha256(f"{av.__version__} {VOICE}".encode())
    for folder, names in (
        (here, ("programme", "sights", "sounds")),
        (faults, ("pictures", "programme_sound", "scenery", "scenes")),
    ):
        for name in names:
            made_by.update((folder / f"{name}.py").read_bytes())
    return KEPT / made_by.hexdigest()[:12]


def clean(hours: float) -> list[Generated]:
    """So many hours of clean programme."""
    return [Generated(seed, LONG) for seed in range(round(hours * 3600.0 / LONG))]


def spoilt(count: int) -> list[Generated]:
    """So many short programmes to put defects into."""
    return [Generated(SPOILT_FROM + seed, SHORT) for seed in range(count)]
