"""When a live playlist is loaded again: no sooner than the rules allow, and soon after a segment is listed.

A playlist that has changed may be loaded again after a target duration, one that has not after half of it
(RFC 8216bis, 6.3.4). Whoever does only that sees each segment as late as chance had it at the first load, up to a
whole target duration. But waiting a little longer, once, brings all later loads closer to the listings. When they
happen is learnt: segments are listed when they are complete, so their media time goes on as fast as our clock, and
every load bounds the offset between the two, as it shows a segment that was listed by then and lacks one that was not.
"""

from watchglass.media.playlist import MediaPlaylist

_LEAST = 0.25
"""Seconds between two loads, whatever a playlist says."""
_SOON = 0.25
"""Target durations after its listing within which a segment is seen soon enough."""
_MOVES = 4
"""Longer waits that may be made at first: each halves what is not known of the listings, and shows a segment late."""
_REST = 30
"""Loads until one more may be made."""


class Rhythm:
    """Says when to load next.

    Attributes:
        due: When, in seconds of the clock that the times of the loads come from.
    """

    def __init__(self) -> None:
        self.due = 0.0
        self._sequence: int | None = None
        self._media = 0.0
        """End of the newest segment on a line of our own, in seconds."""
        self._after = self._until = 0.0
        """A segment is listed later than the first and not later than the second, plus its end on that line."""
        self._moves = float(_MOVES)

    def loaded(self, playlist: MediaPlaylist, began: float, ended: float, *, is_changed: bool) -> None:
        """Take a copy of the playlist into account.

        Args:
            playlist: As it was loaded.
            began: When the load began, in seconds.
            ended: When it was complete, in seconds.
            is_changed: False if it is as it was before.
        """
        self._moves = min(_MOVES, self._moves + 1.0 / _REST)
        target = playlist.target_duration
        if not playlist.segments:
            self.due = began + max(_LEAST, target if is_changed else target / 2)
            return
        self._learn(playlist, began, ended)
        if is_changed:
            self.due = self._after_change(playlist.segments[-1].duration, began + max(_LEAST, target), target)
        else:
            self.due = began + max(_LEAST, target / 2)

    def _learn(self, playlist: MediaPlaylist, began: float, ended: float) -> None:
        segments, last = playlist.segments, self._sequence
        newest = self._sequence = segments[-1].sequence
        goes_on = last is not None and segments[0].sequence <= last + 1 and newest >= last
        if goes_on:
            self._media += sum(one.duration for one in segments if last is not None and one.sequence > last)
        after, until = began - self._media - segments[-1].duration, ended - self._media
        if goes_on and max(after, self._after) < min(until, self._until):
            self._after, self._until = max(after, self._after), min(until, self._until)
        else:  # listings are not as regular as that
            self._after, self._until = after, until

    def _after_change(self, duration: float, earliest: float, target: float) -> float:
        """When to load after a change: at the earliest moment that is allowed, or later for the sake of all others."""
        listed = self._media + duration  # that of the next segment
        sure = self._until + listed
        if earliest - (self._after + listed) <= _SOON * target:
            return max(earliest, min(sure, earliest + _SOON * target))
        if self._moves < 1.0:
            return earliest
        self._moves -= 1.0
        is_known = self._until - self._after <= 1.1 * _SOON * target
        middle = (self._after + self._until) / 2 + listed
        return max(earliest, (sure if is_known else middle) + duration)
