"""The contract of a detector: measure, and judge.

A detector watches one track. It is deterministic, reads no clock, starts no thread and logs nothing. Detectors
of other repositories implement the same contract and are found through the entry point group
``watchglass.detectors``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from watchglass.model.exhibit import View
from watchglass.model.finding import Finding, Reading
from watchglass.model.limits import Bound, Limit
from watchglass.model.media import Item, Kind, NotWatched, Track

I = TypeVar("I", bound=Item)  # noqa: E741 (an item)


class Status(StrEnum):
    """How far a detector may be trusted."""

    PREVIEW = "preview"
    """Runs only when asked for."""
    PROVISIONAL = "stable (provisional)"
    """On by default, though it misses more than a stable one may."""
    STABLE = "stable"
    """On by default."""


class Settings(BaseModel):
    """Base of every detector's settings: frozen, unknown keys forbidden, docstrings are the descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The targets of a delivery profile that the user named, such as EBU R 128."""

    name: str
    loudness: float
    """Programme loudness, LUFS."""
    loudness_tolerance: float
    """LU either way."""
    true_peak: float
    """Maximum true peak, dBTP."""


class Detector(ABC, Generic[I]):
    """One defect on one track.

    Args:
        settings: Thresholds; an instance of ``settings_type``.
        track: What is watched; None for a detector of the whole stream.
        delivery: The delivery profile the user named, if any.
    """

    name: ClassVar[str]
    """The id, such as ``video.freeze``."""
    status: ClassVar[Status] = Status.PREVIEW
    kind: ClassVar[Kind | Literal["any"] | None] = None
    """The kind of track it watches, or tracks of picture and sound; None for one instance for the whole stream."""
    needs_every_picture: ClassVar[bool] = False
    """Whether it lives on what changes from one picture to the next: of key frames alone it watches none."""
    consumes: ClassVar[tuple[type[Item], ...]]
    hears_others: ClassVar[bool] = False
    """True if it is also shown what it consumes of other tracks, such as the sound that captions belong to."""
    settings_type: ClassVar[type[Settings]] = Settings
    limits: ClassVar[Mapping[str, Bound]] = {}
    """Reading to the setting that is its threshold, where one number is: reports draw it."""
    shows: ClassVar[tuple[View, ...]] = ("waveform", "spectrogram")
    """How reports show the sound around a finding on an audio track: what tells most about it."""

    def __init__(self, settings: Any = None, track: Track | None = None, delivery: Delivery | None = None) -> None:
        self.settings = self.settings_type() if settings is None else settings
        self.track = track
        self.delivery = delivery
        self.prepare()

    def prepare(self) -> None:
        """Set up the state of one track; ``settings``, ``track`` and ``delivery`` are there."""

    def follow(self, track: Track) -> None:
        """Go on with a track of which there are more or fewer pictures from here on; ``judge`` must not depend on it.

        Called at the turn between the tiers, of detectors that watch in both.
        """
        self.track = track

    @property
    def track_id(self) -> str | None:
        """Id of the watched track."""
        return self.track.id if self.track else None

    @property
    def judges(self) -> bool:
        """False if it only measures, because the user named no delivery profile."""
        return True

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """The thresholds of each reading, as they are set; other than ``limits`` where a delivery profile decides."""
        return {reading: bound.limits(self.settings) for reading, bound in self.limits.items()}

    @abstractmethod
    def measure(self, item: I) -> Iterator[Reading | NotWatched]:
        """Look at an item and say what was measured; never depends on a setting of the judgement."""

    @abstractmethod
    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Decide from readings alone, through a gate."""

    def finish(self, pts: float) -> Iterator[Finding]:
        """The media ended at ``pts`` (seconds): close what is open."""
        yield from ()
