"""What the process of a stream and its supervisor say to one another."""

from dataclasses import dataclass
from typing import Literal

from watchglass.model.attention import Tier
from watchglass.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Watching:
    """The first of the media has come; ``run`` is what this stretch of watching is called."""

    run: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something was told about a finding. Times are UTC in seconds since 1970, by the clock of the media."""

    run: str
    finding: Finding
    began: float
    over: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The source could not be opened, or went away; it is opened again after ``pause`` seconds."""

    why: str
    pause: float
    is_refused: bool = False
    """True if it is too large, so that another attempt is likely to fail, too."""


@dataclass(frozen=True, slots=True)
class Fell:
    """The process ends for a fault of its own."""

    why: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the media from coming, or what is not watched; for the log."""

    text: str


@dataclass(frozen=True, slots=True)
class Missed:
    """So many seconds of media were gone before we came to them; ``text`` is for the log."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class Minute:
    """What was measured within a minute (UTC, minutes since 1970), or a part of it; packed (``model/minute.py``)."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Archiving:
    """Readings are kept, or are not: ``trouble`` says why, and is empty if all is well."""

    trouble: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The media are over, and all was watched."""


Word = Watching | Told | Failed | Trouble | Missed | Minute | Archiving | Tier | Ended | Fell

Order = Literal["stop", "full", "light", "no promotion", "promotion"]
"""What the supervisor says."""
