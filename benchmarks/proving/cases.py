"""What is tried: which defect is put where, and what was said about the result."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from proving import peers
from proving.corpus import Clip
from proving.generated import Generated
from proving.peers.answer import Answer
from watchglass.config.examine import Plan, examine
from watchglass.config.settings import Config
from watchglass.faults.inject import TIMELESS, inject
from watchglass.faults.level import Level
from watchglass.faults.recipe import PacketRecipe, PictureRecipe
from watchglass.faults.recipes import RECIPES
from watchglass.faults.recipes.cards import slate
from watchglass.model.errors import WatchglassError

LEAD_IN, LEAD_OUT = 2.0, 0.5
"""Seconds of clean programme before a defect (what is usual must be known), and after it if there is room."""
Content = Clip | Generated


@dataclass(frozen=True, slots=True)
class Said:
    """A finding, as the detector and context left it."""

    detector: str
    start: float
    end: float
    severity: int
    """0 information, 1 warning, 2 critical."""
    confidence: float
    explained_by: str | None
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.detector} {self.start:.2f} to {self.end:.2f} s ({self.reason}): {self.message}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file that was examined; without a recipe it is clean."""

    clip: str
    half: str
    duration: float
    recipe: str | None = None
    level: str | None = None
    seed: int = 0
    counts: bool = True
    start: float = 0.0
    end: float = 0.0
    changed: float = 0.0
    error: str | None = None
    excused: tuple[tuple[float, float], ...] = ()
    said: tuple[Said, ...] = ()
    peers: dict[str, Answer] = field(default_factory=dict)
    """What others say of the same file, by their names; those that were asked."""

    @property
    def detector(self) -> str:
        """Id of the detector that is to find it."""
        return (self.recipe or "").partition(":")[0]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Outcome":
        """The other way round."""
        said = tuple(Said(**each) for each in data.pop("said"))
        excused = tuple((float(a), float(b)) for a, b in data.pop("excused"))
        answers = {name: Answer.from_json(answer) for name, answer in data.pop("peers", {}).items()}
        return cls(said=said, excused=excused, peers=answers, **data)


@dataclass(frozen=True, slots=True)
class Case:
    """One file to examine: a clip as it is, or with one defect."""

    clip: Content
    recipe: str | None = None
    level: Level | None = None
    repeat: int = 0

    @property
    def seed(self) -> int:
        """The same for the same case, whatever else is tried."""
        text = f"{self.clip.name}|{self.recipe}|{self.level}|{self.repeat}"
        return int.from_bytes(sha256(text.encode()).digest()[:4], "big") >> 1

    @property
    def key(self) -> tuple[str, str | None, str | None, int]:
        """What tells it from the others."""
        return (self.clip.name, self.recipe, self.level and str(self.level), self.seed)

    def concerns(self, name: str) -> bool:
        """True if this peer is to be asked: one of the detector that is to find the defect; of a clean file, any."""
        return self.recipe is None or RECIPES[self.recipe].detector in peers.PEERS[name].detectors


def planned(contents: Iterable[Content], recipes: Sequence[str], levels: Sequence[Level]) -> Iterator[Case]:
    """All that is clean with every defect that fits into it, the defect changing fastest."""
    for content in contents:
        if content.is_clean:
            for name in recipes:
                for level in levels:
                    if _fits(content, name) and _place(content, name, level, 0) is not None:
                        yield Case(content, name, level)


def _fits(clip: Content, name: str) -> bool:
    recipe = RECIPES[name]
    if recipe.detector.startswith("captions."):
        return False  # no content carries any
    if isinstance(recipe, PacketRecipe):
        if recipe.detector != "video.corrupt" and Path(clip.name).suffix in TIMELESS:
            return False
        return any(clip.has_video if kind == "video" else clip.has_audio for kind in recipe.tracks)
    return clip.has_video if isinstance(recipe, PictureRecipe) else clip.has_audio


def _place(clip: Content, name: str, level: Level, seed: int) -> float | None:
    """Where it begins: anywhere that leaves a lead-in, or so that it lasts to the end; None if it does not fit."""
    lasts = RECIPES[name].seconds[list(Level).index(level)]
    latest = clip.duration - lasts - LEAD_OUT
    if latest >= LEAD_IN:
        return float(np.random.default_rng(seed).uniform(LEAD_IN, latest))
    to_the_end = clip.duration - lasts
    is_a_step = RECIPES[name].detector == "sync.timestamps"  # what is missing at the end is no hole
    return to_the_end if to_the_end >= LEAD_IN and not is_a_step else None


def tried(case: Case, others: Collection[str] = ()) -> Outcome:
    """Make the file, examine it, ask others (peers, by name) about it, and forget it."""
    clip = case.clip
    facts = {"clip": clip.name, "half": clip.half, "duration": clip.duration, "excused": clip.spans}
    with tempfile.TemporaryDirectory() as folder:
        source = clip.file(Path(folder))
        if case.recipe is None or case.level is None:
            return Outcome(**facts, **_examined(source, Path(folder)), peers=peers.ask(source, others))
        facts |= {"recipe": case.recipe, "level": str(case.level), "seed": case.seed}
        start = _place(clip, case.recipe, case.level, case.seed)
        assert start is not None
        recipe = RECIPES[case.recipe]
        target = Path(folder) / f"case{source.suffix}"
        try:
            truth = inject(source, target, recipe, recipe.order(case.level, start, seed=case.seed), level=case.level)
        except WatchglassError as exc:
            return Outcome(**facts, counts=False, error=str(exc))
        found = {**_examined(target, Path(folder), recipe.detector), "peers": peers.ask(target, others)}
    end = max(truth.end, truth.recovered)
    return Outcome(**facts, counts=truth.counts, start=truth.start, end=end, changed=truth.changed, **found)


def _cards(path: Path, folder: Path) -> list[str]:
    """The card that the recipe draws, as a picture of the same shape."""
    with av.open(str(path)) as container:
        shapes = [(stream.height, stream.width) for stream in container.streams.video][:1]
    for shape in shapes:
        cv2.imwrite(str(folder / "card.png"), np.rint(255.0 * slate(*shape)[..., ::-1]).astype(np.uint8))
    return [str(folder / "card.png") for _ in shapes]


def _examined(path: Path, folder: Path, *more: str) -> dict[str, Any]:
    """What the detectors that run by default say, and ``more``, which may be previews; all know the card."""
    config = Config(detectors={"video": {"slate": {"images": _cards(path, folder)}}})
    plan = Plan(config=config, threads=1, detectors=("default", *more))
    report = examine(str(path), plan, lambda finding: None, lambda reached, whole: None)
    said = tuple(
        Said(
            finding.detector,
            finding.opened_at,
            finding.told_at if finding.closed_at is None else finding.closed_at,
            int(finding.severity),
            finding.confidence,
            finding.explained_by,
            finding.reason,
            finding.message,
        )
        for finding in report.findings
    )
    return {"said": said, "error": report.error}
