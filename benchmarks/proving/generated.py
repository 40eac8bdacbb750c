"""Programmes that are made, examined and forgotten: clean content without end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proving.programme import Programme

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
        """Make it."""
        programme = Programme(self.seed, self.duration)
        path = folder / f"{self.name}{programme.suffix}"
        programme.write(path)
        return path


def clean(hours: float) -> list[Generated]:
    """So many hours of clean programme."""
    return [Generated(seed, LONG) for seed in range(round(hours * 3600.0 / LONG))]


def spoilt(count: int) -> list[Generated]:
    """So many short programmes to put defects into."""
    return [Generated(SPOILT_FROM + seed, SHORT) for seed in range(count)]
