"""What is new in each copy of a live playlist, and how far a player would have got: rules without any I/O."""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from watchglass.media.own_time import AT_LEAST
from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.media.presence import Presence, running_time

_DAY = 86_400.0
_JOIN = 3.0
"""Target durations from the end at which a live stream is joined (RFC 8216bis, 6.3.3)."""
_REMEMBERED = 512
"""Segments whose identity is kept, to tell an old copy of a playlist from a new beginning."""
_PATIENCE = 3
"""Changes of a playlist that has gone back after which it is taken for a new beginning."""


class Clock:
    """The clock of a live source; tests bring their own."""

    def now(self) -> float:
        """Seconds that only go forward."""
        return running_time()

    @cached_property
    def presence(self) -> Presence:
        """Tells when this process did not run."""
        return Presence()

    def utc(self) -> float:
        """Seconds since 1970-01-01T00:00Z."""
        return time.time()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait, at most a day; True if ``stop`` was set meanwhile."""
        return stop.wait(min(max(0.0, seconds), _DAY))

    def wait_for(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on a condition that is held, at most so long."""
        condition.wait(max(0.0, seconds))


class Backoff:
    """Full-jitter back-off from 1 s to some more.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        rng: Where chance comes from.
        most: Seconds that it waits at most.
    """

    def __init__(self, rng: random.Random | None = None, most: float = 30.0) -> None:
        self._rng = rng or random.Random()
        self._most = most
        self.failures = 0

    def next(self, at_least: float = 0.0, at_most: float = 30.0) -> float:
        """Seconds to wait after another failure; where both bounds contradict each other, ``at_least`` holds."""
        self.failures += 1
        ceiling = min(at_most, self._most, 2.0 ** min(self.failures - 1, 5))
        return max(at_least, self._rng.uniform(0.0, ceiling))

    def reset(self) -> None:
        """It works again."""
        self.failures = 0


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A segment to fetch."""

    segment: Segment
    announced_break: bool = False
    """True if its timestamps begin anew, and the playlist says so or shows it."""
    remark: str = ""
    """What was wrong between it and the one before, in words."""
    missed: float = 0.0
    """Seconds of media that are lost between it and the one before."""
    outrun: float = 0.0
    """Seconds of media before it that were there, and that we were too slow for."""


class Follower:
    """Finds what is new in each copy of a playlist: each segment exactly once, in order.

    Copies may be old (a cache behind), may begin anew (an encoder that restarted), may have moved on too far.

    Args:
        is_live: False takes all segments from the first.
    """

    def __init__(self, *, is_live: bool) -> None:
        self._is_live = is_live
        self._last: Segment | None = None
        self._seen: OrderedDict[int, tuple[str, float | None]] = OrderedDict()
        self._print: tuple[object, ...] = ()
        self._went_back = 0
        self._had_ended = False
        self._changed_at: float | None = None
        self.has_changed = False
        """True if the latest copy was not as the one before."""
        self.target_duration = 10.0
        self.is_ended = False

    def update(self, playlist: MediaPlaylist, now: float, own: float = 0.0) -> list[Upcoming]:
        """The segments that this copy adds.

        Args:
            playlist: As it was just loaded.
            now: Seconds.
            own: Of the seconds since the copy before, those in which we were busy otherwise or did not run.
        """
        fingerprint = _fingerprint(playlist)
        self.has_changed = fingerprint != self._print
        if self.has_changed or self._changed_at is None:
            self._changed_at = now
        self._print = fingerprint
        self._had_ended = self.is_ended
        self.target_duration, self.is_ended = playlist.target_duration, playlist.is_ended
        if not playlist.segments or not self.has_changed:
            return []
        news = self._news(playlist, own)
        for one in news:
            self._remember(one.segment)
        return news

    def unchanged_for(self, now: float) -> float:
        """Seconds since the playlist last changed."""
        return 0.0 if self._changed_at is None else now - self._changed_at

    def _news(self, playlist: MediaPlaylist, own: float) -> list[Upcoming]:
        segments, last = playlist.segments, self._last
        if last is None:
            for segment in segments:  # also those before the joint, to know them again in an old copy
                self._remember(segment)
            return _linked(segments[self.joint(playlist) :], is_first=True)
        if any(self._contradicts(segment) for segment in segments):
            return self._anew(playlist, self.joint(playlist))
        if segments[-1].sequence < last.sequence:
            if self._had_ended or not any(segment.sequence >= self._oldest for segment in segments):
                return self._anew(playlist, self.joint(playlist))
            self._went_back += 1
            knows_time = last.utc is not None and segments[-1].utc is not None
            if knows_time or self._went_back < _PATIENCE:
                return []  # an old copy; the next one is likely to be newer
            return self._anew(playlist, len(segments) - 1)
        self._went_back = 0
        new = [segment for segment in segments if segment.sequence > last.sequence]
        missing = new[0].sequence - last.sequence - 1 if new else 0
        least = (missing or -1) * last.duration / 2
        if new == list(segments) and _elapsed(last, new[0], missing * playlist.target_duration) < least:
            return self._anew(playlist, 0)  # the numbers went on, the clock did not
        usual = playlist.duration / len(segments)
        if missing and own >= max(AT_LEAST, missing * usual - playlist.target_duration):
            return self._outrun(playlist, last, missing * usual)
        linked = _linked(new, is_first=missing > 0)
        if missing:
            breaks = new[0].discontinuity != last.discontinuity
            remark = f"{missing} segments left the playlist before they were fetched"
            linked[0] = Upcoming(new[0], breaks, remark, missing * playlist.target_duration)
        return linked

    def _outrun(self, playlist: MediaPlaylist, last: Segment, missed: float) -> list[Upcoming]:
        """Had we looked in time, nothing would be missing: go on where one would join, with room to breathe."""
        joint = self.joint(playlist)
        linked = _linked(playlist.segments[joint:], is_first=True)
        first = linked[0].segment
        missed += sum(one.duration for one in playlist.segments[:joint])
        linked[0] = Upcoming(first, first.discontinuity != last.discontinuity, outrun=missed)
        return linked

    def _anew(self, playlist: MediaPlaylist, joint: int) -> list[Upcoming]:
        """The playlist tells another story than before: an encoder restarted, or another one took over."""
        last = self._last
        assert last is not None
        segments = playlist.segments[joint:]
        if _is_behind(playlist, last):
            return []  # an old copy, under other numbers
        if last.utc is not None and segments[-1].utc is not None and segments[-1].utc > last.utc:
            # By the clock of the programme we know what we have had already.
            had = last.utc + last.duration / 2
            segments = tuple(one for one in playlist.segments if one.utc is not None and one.utc > had)
        if not segments:
            return []
        self._went_back = 0
        self._seen.clear()
        linked = _linked(segments, is_first=True)
        remark = f"the playlist began anew: media sequence {playlist.segments[0].sequence} after {last.sequence}"
        linked[0] = Upcoming(linked[0].segment, True, remark)
        return linked

    def joint(self, playlist: MediaPlaylist) -> int:
        """Where to begin: three target durations from the end of a live playlist."""
        if not self._is_live or playlist.is_ended:
            return 0
        ahead = 0.0
        for index in range(len(playlist.segments) - 1, -1, -1):
            ahead += playlist.segments[index].duration
            if ahead >= _JOIN * playlist.target_duration - 1e-6:
                return index
        return 0

    def _remember(self, segment: Segment) -> None:
        self._last = segment
        self._seen[segment.sequence] = identity(segment)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def _contradicts(self, segment: Segment) -> bool:
        """The same number, but something else than what we fetched under it."""
        known = self._seen.get(segment.sequence)
        if known is None:
            return False
        uri, utc = identity(segment)
        if utc is not None and known[1] is not None:
            return abs(utc - known[1]) > max(1.0, self.target_duration / 2)
        return uri != known[0]

    @property
    def _oldest(self) -> int:
        return next(iter(self._seen), 0)


def _is_behind(playlist: MediaPlaylist, last: Segment) -> bool:
    """Whether it ends where we have been, by the clock of the programme; further back that clock is another one."""
    newest = playlist.segments[-1]
    if newest.utc is None or last.utc is None:
        return False
    return -last.duration / 2 <= last.utc - newest.utc <= playlist.duration


def _elapsed(last: Segment, new: Segment, default: float) -> float:
    """Seconds between the end of one and the beginning of the other, by the clock of the programme."""
    if last.utc is None or new.utc is None:
        return default
    return new.utc - last.utc - last.duration


def _linked(segments: Sequence[Segment], *, is_first: bool) -> list[Upcoming]:
    """In order, each with whether a break is announced before it; before the very first there is nothing to break."""
    return [
        Upcoming(segment, segment.is_discontinuity and not (is_first and number == 0))
        for number, segment in enumerate(segments)
    ]


def identity(segment: Segment) -> tuple[str, float | None]:
    """What stays the same of a segment in all copies: signatures in the query may not."""
    offset = f"@{segment.byte_range.offset}" if segment.byte_range else ""
    return segment.uri.partition("?")[0].rpartition("/")[2] + offset, segment.utc


def _fingerprint(playlist: MediaPlaylist) -> tuple[object, ...]:
    segments = playlist.segments
    ends = (segments[0], segments[-1]) if segments else ()
    parts = playlist.growing.parts if playlist.growing is not None else ()
    return (
        len(segments),
        playlist.is_ended,
        len(parts),
        parts[-1:],
        *[(one.sequence, identity(one), one.is_gap) for one in ends],
    )


class ModelPlayer:
    """A player that starts with the first segment it gets, three target durations behind live, and consumes at 1x."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._at: float | None = None

    def arrived(self, seconds: float, now: float, limit: float) -> None:
        """Media was received.

        Args:
            seconds: How much; negative corrects what a playlist had declared too long.
            now: Seconds.
            limit: Most that a player this far behind live can have.
        """
        self._seconds = min(max(0.0, max(0.0, self.buffer(now)) + seconds), limit)
        self._at = now

    def stood_still(self, seconds: float) -> None:
        """For so long nobody looked at what it has."""
        if self._at is not None:
            self._at += seconds

    def buffer(self, now: float, waited: float = 0.0) -> float:
        """Seconds of media that it still has; negative: for how long it has had none.

        Args:
            now: Seconds.
            waited: Seconds since anything came, which is how long a player is dry that never got whole segments.
        """
        return -waited if self._at is None else self._seconds - (now - self._at)
