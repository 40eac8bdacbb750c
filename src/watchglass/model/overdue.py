"""Whether a track has stopped while others go on: by how much it is later than it ever was while all was well."""

_SETTLING = 10.0
"""Seconds of a track that it takes to know how its container takes turns."""
_REORDERED = 16
"""Items that a decoder may hold back; H.264 and HEVC allow as many pictures."""


class Overdue:
    """How late the next item of a track is; times are seconds of the timeline.

    Args:
        tolerance: Seconds up to which lateness is nothing.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._began: float | None = None
        self._until = 0.0
        self._lag = self._usual = 0.0
        self._missing_at: float | None = None
        self._held_back = 0
        self._paused_until: float | None = None

    def pause(self, until: float) -> None:
        """What is missing from here to the next item at ``until`` or later was not looked for."""
        self._paused_until = until

    def came(self, pts: float, until: float) -> bool:
        """An item has come, that lasts ``until``; False if it was only held back when the track stopped."""
        if self._paused_until is not None and pts >= self._paused_until - self._tolerance:
            self._paused_until, self._missing_at, self._lag = None, None, 0.0
        if self._missing_at is not None:
            self._held_back += 1
            if pts < self._missing_at - self._tolerance and self._held_back <= _REORDERED:
                self._until = max(self._until, until)
                return False
            self._missing_at, self._held_back = None, 0
        self._began = pts if self._began is None else self._began
        self._usual, self._lag = max(self._usual, self._lag), 0.0
        self._until = max(self._until, until)
        return True

    def at(self, progress: float) -> float:
        """Seconds by which the next one is later than usual when others have come to ``progress``; 0 if it is not."""
        if self._began is None or self._paused_until is not None:
            return 0.0
        lag = progress - self._until
        is_settling = self._until - self._began < _SETTLING
        late = lag - (max(self._usual, _SETTLING) if is_settling else self._usual)
        if late <= self._tolerance:
            self._lag = max(self._lag, lag)
            return 0.0
        self._missing_at = progress
        return late
