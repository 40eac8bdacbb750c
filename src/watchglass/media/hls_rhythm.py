"""When a live playlist is loaded again: never more often than half a target duration, and soon after a listing.

RFC 8216bis, 6.3.4, has a player wait for a whole target duration after each change, and so see each segment as late as
chance had it at the first load. Whoever watches for faults wants each segment soon. Half a target duration, which is
what the rules allow after a load that brought nothing, is what we keep between any two loads; within that, loads move
to where segments are listed. When that is, is learnt: segments are listed when they are complete, so their media time
goes on as fast as our clock, and every load bounds the offset between the two, as it shows a segment that was listed
by then and lacks one that was not. Nothing that servers say about time is believed.
"""

from watchglass.media.playlist import MediaPlaylist

_LEAST = 0.25
"""Seconds between two loads, whatever a playlist says."""
_SOON = 0.3
"""Target durations after its listing within which a segment is seen soon enough to search no further."""
_STEP = 0.25
"""Target durations that are thought possible beyond a bound that did not hold."""
_PAD = 0.01
"""Target durations by which a load comes later than the bound: no origin is regular to the millisecond."""
_SLIP = 0.05
"""Target durations by which an additional load may make the wanted one late."""
_DOUBT = 0.0005
"""Target durations by which listings may have moved from one segment to the next, at first."""
_LEAST_DOUBT, _MOST_DOUBT = 0.0002, 0.02
_WATCHFUL = 16
"""Segments after a surprise for which loads come half a target duration apart, whatever is thought to be known."""
_ROUND = 4
"""For one in so many segments a load is made in between: should listings have moved ahead, it shows."""


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
        self._doubt = _DOUBT
        self._watchful = 0
        """Segments for which listings are still to be taken for irregular."""

    def loaded(self, playlist: MediaPlaylist, began: float, ended: float) -> None:
        """Take a copy of the playlist into account.

        Args:
            playlist: As it was loaded.
            began: When the load began, in seconds.
            ended: When it was complete, in seconds.
        """
        target = playlist.target_duration
        earliest = began + max(_LEAST, target / 2)
        if not playlist.segments:
            self.due = earliest
            return
        self._learn(playlist, began, ended)
        listed = self._media + playlist.segments[-1].duration  # the next one, if it is as long
        after, until = self._after + listed, self._until + listed
        wanted = until if until - after <= _SOON * target else (after + until) / 2
        wanted = max(earliest, wanted + _PAD * target) if ended < until else earliest
        is_round = playlist.segments[-1].sequence % _ROUND == 0
        self.due = earliest if self._goes_between(wanted - earliest, target, is_round=is_round) else wanted

    def _goes_between(self, wait: float, target: float, *, is_round: bool) -> bool:
        """Whether to load as soon as we may although the wanted moment is that many seconds later."""
        if wait + _SLIP * target >= target / 2:  # the wanted moment stays open
            return is_round or self._watchful > 0
        return self._watchful > 0 and wait > _SOON * target

    def _learn(self, playlist: MediaPlaylist, began: float, ended: float) -> None:
        segments, last, target = playlist.segments, self._sequence, playlist.target_duration
        newest = segments[-1].sequence
        if last is not None and segments[0].sequence <= last and newest < last:
            return  # an old copy, which says nothing of now
        self._sequence = newest
        goes_on = last is not None and segments[0].sequence <= last + 1 and newest >= last
        new = [one.duration for one in segments if last is not None and one.sequence > last]
        self._media += sum(new) if goes_on else 0.0
        after, until = began - self._media - segments[-1].duration, ended - self._media
        if not goes_on:
            self._after, self._until = after, until
            return
        self._after -= len(new) * self._doubt * target
        self._watchful = max(0, self._watchful - len(new))
        is_sought = self._until - self._after > _SOON * target
        if after >= self._until:  # later than ever: to be waited for from now on
            self._doubted(0.5)
            self._after, self._until = after, after + _STEP * target
        elif until <= self._after:  # sooner than ever
            self._doubted(2.0)
            self._after, self._until = max(after, until - _STEP * target), until
        else:
            if is_sought and until < self._until:  # it was right to look sooner
                self._doubt = min(_MOST_DOUBT, self._doubt * 1.5)
            self._after, self._until = max(after, self._after), min(until, self._until)

    def _doubted(self, factor: float) -> None:
        """A bound did not hold."""
        self._doubt = min(_MOST_DOUBT, max(_LEAST_DOUBT, self._doubt * factor))
        self._watchful = _WATCHFUL
