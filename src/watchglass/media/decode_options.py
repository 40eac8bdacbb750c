"""What is asked of the converter."""

from dataclasses import dataclass, field

from watchglass.media.content_keys import ContentKeys
from watchglass.media.pulse import Pulse
from watchglass.media.ring import PacketRing
from watchglass.media.samples import BLOCK
from watchglass.model.attention import Attention


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """What to decode, and how."""

    max_pixels: int = 8192 * 4320
    """The largest picture that is decoded, in pixels."""
    audio: str = "all"
    """``all``, ``none``, a number of the track from 0, or a language such as ``eng``."""
    captions: str = "all"
    """``all``, ``none``, or a language such as ``eng``: also subtitles."""
    threads: int = 1
    """Threads of the video decoder; 1 adds no latency."""
    block: float = BLOCK
    """Seconds of a block of sound; longer ones are cheaper, and tell later."""
    start: float = 0.0
    """Seconds: what comes before is skipped."""
    stop: float | None = None
    """Seconds: what comes after is not watched."""
    key_frames_only: bool = False
    """Whether no other pictures come: none of them is missed, and none is waited for."""
    keys: ContentKeys = field(default_factory=ContentKeys)
    """For what is encrypted sample by sample."""
    attention: Attention | None = None
    """Says, at any time anew, whether of the picture only key frames are decoded; where None, everything is."""
    ring: PacketRing | None = None
    """Where packets are kept as proof."""
    pulse: Pulse | None = None
    """Is told when a thread is at work in FFmpeg, so that one that hangs is noticed."""
