"""The playlist of a rendition: loaded again when it is time, held against its rules, and what is new in it.

A server that can keep a request until there is something new (low latency) is asked to; one that breaks this promise is
asked plainly until the playlist has changed.
"""

import logging
import threading
from collections import deque
from dataclasses import replace

from watchglass.media.fetch_log import FetchLog
from watchglass.media.hls_rhythm import Rhythm
from watchglass.media.hls_schedule import Backoff, Clock, Follower, Upcoming
from watchglass.media.own_time import AT_LEAST, OwnTime
from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.media.playlist_history import PlaylistHistory
from watchglass.media.playlist_parts import Ask, Part
from watchglass.media.segment_events import Listing
from watchglass.media.segment_origin import Place
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError
from watchglass.model.transport import ManifestCheck, What

log = logging.getLogger(__name__)

EXPIRED = frozenset({401, 403, 410})
"""Statuses of URLs whose signature has run out: new ones come from the playlists."""
_STALE = 1.5
"""Target durations without a change after which a playlist is called stale (RFC 8216bis, 6.2.1)."""
_LEAST = 0.1
"""Seconds between two loads of a playlist of parts, however short those are."""


class PlaylistLoader:
    """Loads the playlist of one rendition.

    Args:
        listing: Where it is.
        first: As it was loaded first, and its place.
        told: Where failures go.
        is_live: True if it grows.
        stop: Set when everything shall end.
        clock: For pauses and times.
        own: How long we, and not the server, were what it took.

    Attributes:
        base: What the references of the latest copy are relative to.
        latest: The latest copy.
        waiting: Segments that are listed and not taken yet.
    """

    def __init__(
        self,
        listing: Listing,
        first: tuple[Place, MediaPlaylist],
        told: FetchLog,
        *,
        is_live: bool,
        stop: threading.Event,
        clock: Clock,
        own: OwnTime,
    ) -> None:
        self.listing = listing
        self.base = first[0]
        self.waiting = deque[Upcoming]()
        self._what: What = "manifest" if first[1].of == "dash" else "playlist"
        self._told = told
        self._is_live = is_live
        self._stop = stop
        self._clock = clock
        self._own = own
        self._own_before = own.seconds
        """How much of our own time there had been when the latest copy was asked for."""
        self._follower = Follower(is_live=is_live)
        self._rhythm = Rhythm()
        self._history = PlaylistHistory()
        self.latest = first[1]
        self._loaded_at = clock.now()
        self._keeps_promise = True
        """True unless a server that can keep requests has not kept the last one."""
        self._take(first[1], self._loaded_at, self._own_before)

    @property
    def target_duration(self) -> float:
        """Seconds, of the latest copy."""
        return self._follower.target_duration

    @property
    def is_ended(self) -> bool:
        """True if the latest copy says that nothing will be added."""
        return self._follower.is_ended

    @property
    def growing(self) -> Segment | None:
        """The segment after the last, where parts of it are listed and all before it have been taken."""
        growing = self.latest.growing
        return growing if growing is not None and not self.waiting and growing.sequence == self._next else None

    def parts(self, sequence: int) -> tuple[tuple[Part, ...], Segment | None] | None:
        """What is listed of a growing segment, and the segment itself once it is complete; None if it is gone."""
        if self.waiting and self.waiting[0].segment.sequence == sequence:
            whole = self.waiting.popleft().segment
            return whole.parts, whole
        growing = self.latest.growing
        return (growing.parts, None) if growing is not None and growing.sequence == sequence else None

    def look_again(self) -> None:
        """Load the playlist when it is time, and again with back-off when it does not come."""
        ask = self._ask()
        due = self._rhythm.due if ask is None else self._loaded_at + max(_LEAST, self.latest.server.part_target / 2)
        if self.pause(due - self._clock.now()):
            return
        began, own = self._clock.now(), self._own.seconds
        playlist = self._kept(ask) if ask is not None else None
        if playlist is None:
            own = self._own.seconds
            began, playlist = self._plain()
        if playlist is None:
            return
        self._told.delivered(self._what)
        self._take(playlist, began, own)
        stale = self._follower.unchanged_for(self._ran())
        if not self.waiting:  # else what it was in trouble about holds until the new segment is here
            is_stale = stale > _STALE * max(self.target_duration, playlist.update_period)
            self._told.trouble = f"the {self._what} has not changed for {stale:.1f} s" if is_stale else ""

    def is_outrun(self, segment: Segment) -> bool:
        """Whether a segment may have left the playlist since we looked, for nothing but that we were busy or asleep."""
        ahead = sum(one.duration for one in self.latest.segments if one.sequence < segment.sequence)
        return self._is_live and self._own.seconds - self._own_before >= max(AT_LEAST, ahead - segment.duration)

    def catch_up(self) -> None:
        """Load the playlist at once, to see what is still there of what waits; where it does not come, so be it."""
        self._loaded_at, own = self._clock.now(), self._own.seconds
        try:
            self.base, playlist = self.listing.load()
        except (TransferError, AddressRefusedError, SourceError) as error:
            log.info("%s: %s", self._told.label, error)
            self._own_before = own
            return
        self._take(playlist, self._loaded_at, own)

    def renewed(self, segment: Segment) -> Segment:
        """The same segment under the URL that the playlists name now."""
        try:
            self.listing.refresh()
            began, own = self._clock.now(), self._own.seconds
            self.base, playlist = self.listing.load()
        except (TransferError, AddressRefusedError, SourceError) as error:
            self._told.trouble = str(error)
            return segment
        self._take(playlist, began, own)
        renewed = {one.sequence: one for one in playlist.segments}
        self.waiting = deque(
            replace(one, segment=renewed.get(one.segment.sequence, one.segment)) for one in self.waiting
        )
        return renewed.get(segment.sequence, segment)

    def pause(self, seconds: float) -> bool:
        """Wait; True if everything shall end."""
        return self._clock.wait(self._stop, seconds) or self._told.is_stopping

    @property
    def _next(self) -> int:
        """Number of the segment after the last."""
        return self.latest.segments[-1].sequence + 1 if self.latest.segments else 0

    def _ask(self) -> Ask | None:
        """What to ask of a server that keeps requests; None where it is to be asked plainly."""
        latest = self.latest
        is_able = self._is_live and latest.server.can_block and bool(latest.segments) and not latest.is_ended
        if not is_able or not self._keeps_promise:
            return None
        part = None
        if latest.server.part_target:
            part = len(latest.growing.parts) if latest.growing is not None else 0
        skips = 0.0 < self._clock.now() - self._loaded_at < latest.server.skip_until / 2
        return Ask(self._next, part, skips, _STALE * self.target_duration)

    def _kept(self, ask: Ask) -> MediaPlaylist | None:
        """The playlist once there is something new in it; None where it did not come."""
        self._loaded_at = self._clock.now()
        try:
            self.base, playlist = self.listing.load(ask)
        except (TransferError, AddressRefusedError, SourceError) as error:
            log.info("%s: %s", self._told.label, error)
            self._keeps_promise = False
            return None
        return playlist

    def _plain(self) -> tuple[float, MediaPlaylist | None]:
        """When the load began that brought the playlist, and the playlist; None if all shall end."""
        backoff = Backoff()
        while True:
            self._loaded_at, own = self._clock.now(), self._own.seconds
            began = self._loaded_at
            self._told.waits_for = f"the server to deliver the {self._what}"
            try:
                self.base, playlist = self.listing.load()
                return began, playlist
            except (TransferError, AddressRefusedError, SourceError) as error:
                if self._own.seconds - own >= AT_LEAST:
                    continue  # it broke while we did not run
                self._told.failed(self._what, error)
                log.info("%s: %s", self._told.label, error)
                # Never longer than a playlist is waited for that does come: its return is to be seen at once.
                if self.pause(backoff.next(max(0.25, self.target_duration / 2), self.target_duration)):
                    return began, None
                if isinstance(error, TransferError) and (error.status in EXPIRED or backoff.failures % 3 == 0):
                    self._refresh()

    def _refresh(self) -> None:
        try:
            self.listing.refresh()
        except (TransferError, AddressRefusedError, SourceError) as error:
            self._told.trouble = str(error)

    def _ran(self) -> float:
        """Seconds of the clock, but for those in which we did not run: nothing stands still meanwhile."""
        return self._clock.now() - self._clock.presence.missed()

    def _take(self, playlist: MediaPlaylist, began: float, own: float) -> None:
        """Add what is new in a copy of the playlist whose load began at ``began``, after ``own`` seconds of ours."""
        now, ran = self._clock.now(), self._ran()
        kept, self._own_before = self._own.seconds - self._own_before, own
        self.latest = playlist
        self.waiting.extend(self._follower.update(playlist, ran, kept))
        if self._is_live and kept >= AT_LEAST:
            self._leave_out(playlist)
        self._keeps_promise = self._follower.has_changed
        self._rhythm.loaded(playlist, began, now)
        check = ManifestCheck(0.0, playlist.of, self._told.label, self._history.breaks(playlist))
        if self._is_live and not playlist.is_ended:
            unchanged = self._follower.unchanged_for(ran)
            expected = max(playlist.target_duration, playlist.update_period)
            check = replace(check, unchanged=unchanged, target_duration=expected)
        self._told.aside.append(check)

    def _leave_out(self, playlist: MediaPlaylist) -> None:
        """Of what waits, drop what has left the playlist because we were too slow, and all that a player would skip."""
        waiting, segments = self.waiting, playlist.segments
        is_known = waiting and segments and segments[-1].sequence == waiting[-1].segment.sequence
        if not is_known or waiting[0].segment.sequence >= segments[0].sequence or any(one.remark for one in waiting):
            return
        joint = segments[self._follower.joint(playlist)].sequence
        outrun, breaks = 0.0, False
        while waiting[0].segment.sequence < joint:
            gone = waiting.popleft()
            outrun += gone.outrun + gone.segment.duration
            breaks = breaks or gone.announced_break
        first = waiting[0]
        waiting[0] = replace(first, announced_break=first.announced_break or breaks, outrun=first.outrun + outrun)
