"""Pictures that came, and that nobody has decoded."""

from dataclasses import dataclass

from watchglass.model.media import AudioBlock, Item, VideoFrame


@dataclass(frozen=True, slots=True)
class CodedPicture(Item):
    """A picture that is known by its packet only: when it is shown, and for how long."""

    track: str
    pts: float
    duration: float
    size: int
    """Bytes: where nothing changes, few."""


Played = VideoFrame | AudioBlock | CodedPicture
"""What brings the media on."""
