"""How a detector lets most of a day pass by: stored readings of which nothing could come are not judged one by one.

Most of what is watched is dull. A detector that can say so for many decisions at once, and whose judgement rests on a
bounded piece of the past, is shown of a dull stretch only its beginning (until nothing is open any more) and its end.
What it finds is the same; a test compares both for each detector that skims.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.model.frames import Frames


class Skims(ABC):
    """Implemented by detectors that need not see every reading again.

    Two promises are kept by whoever implements it. From a settled state, a dull decision yields nothing and leaves it
    settled. And two settled states that have been shown the same last ``memory`` decisions (of each lane) judge what
    follows alike.
    """

    decided_by: ClassVar[tuple[str, ...]]
    """Names of the readings that end a decision; the readings before one belong to it."""
    memory: ClassVar[int]
    """Decisions of the past that a settled judgement rests on."""
    memory_seconds: ClassVar[float] = float("inf")
    """Seconds of the past beyond which only ``memory_at_least`` of these decisions count."""
    memory_at_least: ClassVar[int] = 0
    noted: ClassVar[frozenset[str]] = frozenset()
    """Names of the readings that ``judge`` only notes until the one that decides; they may be told to ``note``."""

    @property
    @abstractmethod
    def is_settled(self) -> bool:
        """True while nothing is open, pending or suspected."""

    @abstractmethod
    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """(n,): decisions that cannot begin anything, whatever was before; in doubt False."""

    def lanes(self, frames: Frames) -> NDArray[np.intp]:
        """(n,): which memory each decision goes to, where there are several beside one another."""
        return np.zeros(len(frames), np.intp)

    def pass_over(self, frames: Frames) -> None:  # noqa: B027 (most count nothing)
        """Decisions that are not shown: for what counts from the beginning."""

    def recall(self, frames: Frames) -> bool:
        """Take dull decisions in at once, settled, as if they were shown; False leaves them to be shown."""
        return False

    def note(self, values: Mapping[str, float]) -> None:  # noqa: B027 (for those that name some as ``noted``)
        """What the readings before the deciding one say, all at once."""
