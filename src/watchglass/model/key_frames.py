"""Key frames that come when they are due: what such a picture changes, the encoder changed, and it will again."""

from watchglass.model.media import VideoFrame

USUAL = 250
"""Pictures from one key frame to the next unless x264 is told otherwise."""
LONGEST = 60.0
"""Seconds that are no rhythm any more."""
SLACK = 1.5
"""Pictures by which a key frame may come early."""


class KeyFrames:
    """The rhythm of a stream's key frames."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._apart = 0.0
        """Longest time from one to the next."""

    def is_due(self, frame: VideoFrame) -> bool:
        """Whether the next picture is a key frame that comes as long after the last one as any before it did.

        One that comes earlier was called for by what the picture shows: a cut, or a defect.
        """
        if not frame.key_frame:
            return False
        last, self._last = self._last, frame.pts
        if last is None or not 0.0 < frame.pts - last <= LONGEST:
            return False
        apart, slack = frame.pts - last, SLACK * frame.duration
        is_due = apart >= self._apart - slack > 0.0 or abs(apart - USUAL * frame.duration) <= slack
        self._apart = max(self._apart, apart)
        return is_due
