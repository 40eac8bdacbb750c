"""Looks at a picture a few times a second, and what lies between two of them: for whom time runs on, or backwards."""

from collections.abc import Callable
from itertools import pairwise
from math import log2
from typing import NamedTuple, TypeVar

from watchglass.kernels.fidelity import Fidelity
from watchglass.model.finding import Reading

T = TypeVar("T")
SCENERY = ("likeness", "moved", "brighter")
"""Readings that are the same for whom time runs backwards."""
BACK = "back_"
"""What the names of the others begin with when they are told for it."""


class Picture(NamedTuple):
    """One that is kept until the next look."""

    pts: float
    duration: float
    fidelity: Fidelity
    is_due: bool
    """A key frame at its time: where bits are short, the picture is worse from there on, as it was the last time."""


class Span(NamedTuple):
    """From one look to the next."""

    pictures: tuple[Picture, ...]
    """The one at the last look, and all since."""
    likeness: float
    """Correlation of the tiles of the first and the last picture; 0 where there is no scene."""
    moved: float
    """The most that a picture has changed since the one before, code values."""
    brighter: float
    """By how much it became brighter or darker, code values."""
    is_early: bool
    """Nothing is taken for a leap yet."""
    is_back: bool = False
    """Time runs backwards."""

    @property
    def backwards(self) -> "Span":
        """The same for whom time runs the other way."""
        return self._replace(pictures=self.pictures[::-1], is_back=not self.is_back)

    @property
    def first(self) -> Fidelity:
        """The picture at the last look."""
        return self.pictures[0].fidelity

    @property
    def last(self) -> Fidelity:
        """The picture at this look."""
        return self.pictures[-1].fidelity

    @property
    def gridded(self) -> float:
        """How much more of a grid of blocks there is, octaves."""
        return log2(self.last.grid / self.first.grid)

    def new(self, step: int) -> Picture:
        """Of the two pictures of a step, the one that was shown later."""
        return self.pictures[step if self.is_back else step + 1]

    def each(self, gain: Callable[[Fidelity, Fidelity], T]) -> list[T]:
        """What was gained from each picture to the next."""
        return [gain(then.fidelity, now.fidelity) for then, now in pairwise(self.pictures)]


class Look(NamedTuple):
    """What was measured at one look."""

    pts: float
    value: float
    readings: dict[str, Reading]
    """The others, by name."""
    is_back: bool = False
    """Time runs backwards."""

    def get(self, name: str, otherwise: float = 0.0) -> float:
        """The value of another reading, or what it is where nothing is told."""
        return self.readings[name].value if name in self.readings else otherwise

    @property
    def unlike(self) -> float:
        """How little the picture is like that of the look before, 0 to 2."""
        return 1.0 - self.get("likeness", 1.0)

    def backwards(self, value: float) -> "Look":
        """The same for whom time runs backwards, and who reaches this value by it."""
        told = {name: reading for name, reading in self.readings.items() if name in SCENERY}
        told |= {name.removeprefix(BACK): each for name, each in self.readings.items() if name.startswith(BACK)}
        return Look(self.pts, value, told, not self.is_back)
