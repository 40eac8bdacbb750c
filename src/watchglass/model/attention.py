"""How closely a stream is watched: somebody decides, and its source goes by it."""

from dataclasses import dataclass


class Attention:
    """A switch between two tiers, shared by the source and whoever decides; it may be set from any thread, at any time.

    Args:
        is_light: As it is at first.
    """

    def __init__(self, *, is_light: bool = True) -> None:
        self.is_light = is_light
        """True while only the key frames of the picture are to be decoded. What is true of the pictures that come is
        told with the tracks: a source turns at a key frame, and stays with all pictures where those are too rare."""


@dataclass(frozen=True, slots=True)
class Tier:
    """How a stream is watched from here on, as far as it is up to us: a source turns at its next key frame."""

    pts: float
    """Media time of the decision, in seconds."""
    is_light: bool
    why: str

    @property
    def name(self) -> str:
        """``light`` or ``full``."""
        return "light" if self.is_light else "full"
