"""Real clips: which there are, what is known of them, and which half they belong to."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

Half = Literal["tuning", "reporting"]
DEFECTIVE = ("defect-", "raw-es", "flash", "test-pattern", "static-black")
"""Categories that are not clean content, as the corpus' own README has it."""
SPANS = ("black", "static", "silence")
"""What was measured of the clips, by its key in the manifest."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One file of the corpus."""

    path: Path
    duration: float
    """Seconds; 0 for a raw stream, which does not say."""
    has_video: bool
    has_audio: bool
    is_clean: bool
    spans: tuple[tuple[float, float], ...]
    """Stretches in which black, standstill or silence were measured: a finding that meets one is not false."""

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return self.path.name

    def file(self, folder: Path) -> Path:
        """Where it lies; ``folder`` is for those that must be made first."""
        return self.path

    @property
    def half(self) -> Half:
        """Settings are chosen on one half and figures are told of the other; chance, by name, decides which."""
        return "reporting" if sha256(self.path.name.encode()).digest()[0] % 2 else "tuning"

    def excuses(self, start: float, end: float) -> bool:
        """True if something that lasts from ``start`` to ``end`` (seconds) meets a measured stretch."""
        return any(start < until and end > begin for begin, until in self.spans)


def clips(folder: Path) -> list[Clip]:
    """The audio and video files of a corpus, from its manifest; an empty list where there is none."""
    manifest = folder / "manifest.jsonl"
    rows = map(json.loads, manifest.read_text("utf-8").splitlines()) if manifest.is_file() else ()
    return [_clip(folder, row) for row in rows if row["path"].startswith("av/")]


def _clip(folder: Path, row: dict[str, Any]) -> Clip:
    spans = [span for kind in SPANS for span in row.get(kind) or ()]
    return Clip(
        folder / row["path"],
        float(row.get("duration") or 0.0),
        bool(row.get("video")),
        bool(row.get("audio")),
        not row.get("known_defects") and not row["category"].startswith(DEFECTIVE),
        tuple(_span(span) for span in spans),
    )


def _span(span: Any) -> tuple[float, float]:
    start, end = (span["start"], span["end"]) if isinstance(span, dict) else span[:2]
    return float(start), float("inf") if end == "end" else float(end)
