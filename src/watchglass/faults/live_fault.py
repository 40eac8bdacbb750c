"""What a fault of a live stream is: of playlists, of answers, of the encoder. Those of signals are recipes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from watchglass.faults.listing import Listing, Segment
from watchglass.faults.packets import TsPacket
from watchglass.faults.recipe import Order, Recipe
from watchglass.faults.server import Answer

Past = Callable[[float], Listing]
"""The playlist as it was so many seconds after the stream began."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a spoilt answer may need to know."""

    strength: float
    """In the unit of the fault."""
    seconds: float
    """How long the segment lasts that is asked for; 0 for a playlist."""
    wait: Callable[[float], bool]
    """Waits so many seconds; True if all is over."""
    canary: str
    """Where nobody should come."""


@dataclass(frozen=True, slots=True)
class _Common:
    name: str
    """What it hits, and what it does to that: ``segment.404``."""
    about: str
    """For people."""
    unit: str
    """Of the strength; ``1`` where there is none."""
    strength: float
    """Unless told."""
    seconds: float
    """How long it lasts, unless told; 0 where it is done in a moment."""


@dataclass(frozen=True, slots=True)
class ListingFault(_Common):
    """The media playlist says something else than it should."""

    apply: Callable[[Past, "Scheduled"], Past]


@dataclass(frozen=True, slots=True)
class AnswerFault(_Common):
    """The server answers wrongly: whoever asks for the playlist, or for a segment that was listed while it lasts."""

    apply: Callable[[Answer, Moment], Answer]

    @property
    def on(self) -> Literal["playlist", "segment"]:
        """What is hit."""
        return "playlist" if self.name.startswith("playlist.") else "segment"


@dataclass(frozen=True, slots=True)
class SegmentFault(_Common):
    """The encoder makes other segments than it should."""

    apply: Callable[[Iterator[Segment], Order], Iterator[Segment]]


@dataclass(frozen=True, slots=True)
class StreamFault(_Common):
    """The encoder's clock does something that clocks do not, from the next segment on and for good."""

    apply: Callable[[Iterator[TsPacket], Order], Iterator[TsPacket]]


@dataclass(frozen=True, slots=True)
class StallFault(_Common):
    """The encoder delivers nothing; all that follows is that much later."""


LiveFault = ListingFault | AnswerFault | SegmentFault | StreamFault | StallFault


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fault with its time."""

    fault: LiveFault | Recipe
    strength: float
    start: float
    """Seconds since the stream began."""
    seconds: float

    @property
    def end(self) -> float:
        """Seconds since the stream began."""
        return self.start + self.seconds

    def covers(self, at: float) -> bool:
        """True while it lasts: from ``start``, before ``end``."""
        return self.start <= at < self.end

    def order(self, head: float, seed: int) -> Order:
        """The same for whoever counts in media time, which is ``head`` seconds ahead."""
        return Order(self.start + head, self.end + head, self.strength, seed)
