"""Loading one rendition: its playlist again and again, its segments one after the other, its keys."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from watchglass.media import key_frame_segments
from watchglass.media.crypt import Key, decrypted
from watchglass.media.hls_rhythm import Rhythm
from watchglass.media.hls_schedule import Backoff, Clock, Follower, Upcoming
from watchglass.media.playlist import InitSection, MediaPlaylist, Segment
from watchglass.media.sample_cipher import SampleCipher
from watchglass.media.segment_ahead import Ahead, Transfer
from watchglass.media.segment_events import Arrived, Event, Listing, Missed
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, PlaylistError, SourceError, TransferError, WatchglassError
from watchglass.net.address import redact
from watchglass.net.http import ByteRange

log = logging.getLogger(__name__)

_TRIES = 3
"""How often a segment is asked for before it is given up."""
_MISSING = frozenset({400, 404, 405, 406, 414, 416, 451})
"""Statuses that asking again does not change, unless the stream is live and the segment only late."""
_EXPIRED = frozenset({401, 403, 410})
"""Statuses of URLs whose signature has run out: new ones come from the playlists."""
_WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml")
"""How the pages begin that servers send in place of an error."""


class Rendition:
    """One rendition of a stream.

    Args:
        label: ``video``, ``audio:en``.
        listing: Its playlist.
        first: The playlist as it was loaded first, and its place.
        origin: Where segments come from.
        is_live: True if the playlist grows.
        waits_after_end: True if a live playlist that has ended may begin anew.
        stop: Set when everything shall end.
        clock: For pauses and times.
        listener: Is told when bytes arrive (media seconds that are complete with them, 0.0 for a part).
    """

    def __init__(
        self,
        label: str,
        listing: Listing,
        first: tuple[Place, MediaPlaylist],
        origin: SegmentOrigin,
        *,
        is_live: bool,
        waits_after_end: bool = False,
        stop: threading.Event,
        clock: Clock,
        listener: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.label = label
        self.events: deque[Event] = deque()
        """What happened since somebody looked; emptied by whoever reads the runs."""
        self.trouble = ""
        """What keeps it from delivering, in words; empty while all is well."""
        self.waits_for = ""
        """What was asked for and is not here yet, in words; empty between two loads of the playlist."""
        self.failure: WatchglassError | None = None
        """The first segment that could not be had, and why."""
        self.is_live = is_live
        self.listener = listener
        self.clock = clock
        self._waits_after_end = waits_after_end and is_live
        self._listing = listing
        self._origin = origin
        self._stop = stop
        self._base = first[0]
        self._follower = Follower(is_live=is_live)
        self._rhythm = Rhythm()
        self._waiting = deque[Upcoming]()
        self._take(first[1], clock.now())
        self._ahead: tuple[int, Ahead] | None = None
        """A segment that is fetched while another is read, and its number."""
        self._asked: int | None = None
        """The segment that was asked for last: the first try may come from ahead, the others do not."""
        self._keys: dict[str, bytes] = {}
        self._inits: dict[InitSection, bytes] = {}

    @property
    def target_duration(self) -> float:
        """Seconds, of the latest playlist."""
        return self._follower.target_duration

    @property
    def is_stopping(self) -> bool:
        """True if everything shall end."""
        return self._stop.is_set() or self._origin.is_stopped

    def after_end(self) -> Upcoming | None:
        """What comes when a playlist that has ended begins anew; None if nobody waits for that, or all shall end."""
        if not self._waits_after_end:
            return None
        backoff = Backoff()
        while True:
            if self._follower.is_ended:
                self.trouble = "the playlist has ended"
            if self._pause(backoff.next(self._follower.target_duration)):
                return None
            self._look_again()
            upcoming = self.next() if self._waiting else None
            if upcoming is not None:
                return Upcoming(upcoming.segment, True)

    def next(self) -> Upcoming | None:
        """The next segment that exists, after as much waiting as that takes; None at the end."""
        while not self._stop.is_set():
            if not self._waiting:
                if self._follower.is_ended or not self.is_live:
                    return None
                self._look_again()
                continue
            upcoming = self._waiting.popleft()
            segment = upcoming.segment
            if upcoming.remark:
                self.events.append(Missed(upcoming.remark, upcoming.missed))
            if segment.is_gap:
                self.events.append(Missed("the playlist marks a gap (EXT-X-GAP)", segment.duration))
            elif refusal := self._refusal(segment):
                self.events.append(Missed(f"a segment is {refusal}", segment.duration))
            else:
                return upcoming
            if upcoming.announced_break and self._waiting:  # the break stands before whatever comes next
                after = self._waiting[0]
                self._waiting[0] = Upcoming(after.segment, True, after.remark, after.missed)
        return None

    def init_section(self, section: InitSection, sequence: int) -> bytes:
        """An init section whole; kept, as runs begin with it again and again.

        Raises:
            TransferError: If it is not delivered.
        """
        if section not in self._inits:
            if len(self._inits) > 8:
                self._inits.clear()
            place = self._origin.place(self._base, section.uri)
            chunks = self._origin.chunks(place, section.byte_range)
            if section.key is not None and not section.key.is_of_samples:
                chunks = decrypted(chunks, section.key, self.key(section.key), sequence, str(place))
            self._inits[section] = b"".join(chunks)
        return self._inits[section]

    def segment(self, segment: Segment) -> Iterator[bytes]:
        """The bytes of a segment as they arrive, with retries that go on where the last one broke off.

        What was encrypted as a whole is clear; encrypted samples still are.

        Raises:
            TransferError: When it is given up; ``Run`` reports it.
        """
        wire = self._wire(segment)
        if segment.key is None or segment.key.is_of_samples:
            return wire
        return self._clear(segment, segment.key, wire)

    def _clear(self, segment: Segment, key: Key, wire: Iterator[bytes]) -> Iterator[bytes]:
        yield from decrypted(wire, key, self.key(key), segment.sequence, redact(segment.uri)[:80])

    def cipher(self, segment: Segment) -> SampleCipher:
        """What makes the samples clear of a segment and of those that share its init section.

        Raises:
            TransferError: If the init section or the key is not delivered.
        """
        init = b"" if segment.init is None else self.init_section(segment.init, segment.sequence)
        return SampleCipher(init, self._origin.keys, self._secret(segment), pictures_only=segment.is_i_frame)

    def clear(self, segment: Segment, cipher: SampleCipher) -> Iterator[bytes]:
        """The bytes of a segment, also where its samples were encrypted.

        Raises:
            TransferError: When it is given up; ``Run`` reports it.
            SourceError: If there is no key for it, or one that does not fit.
        """
        wire = self.segment(segment)
        if segment.is_i_frame and cipher.is_mp4:
            wire = key_frame_segments.of_mp4(wire)
        if not cipher.handles(segment.key):
            return wire
        name = redact(segment.uri)[:200]
        return cipher.clear(name, wire, segment.key, self._secret(segment), segment.sequence)

    def _secret(self, segment: Segment) -> bytes:
        """The key that the playlist gives for the samples of a segment; empty if it gives none."""
        key = segment.key
        return self.key(key) if key is not None and key.is_of_samples and key.is_fetched else b""

    def key(self, key: Key) -> bytes:
        """A key itself: as its URI has it, or else as the user gave it; empty where the container names it.

        Raises:
            TransferError: If it is not delivered.
        """
        if not key.is_fetched:
            return self._origin.keys.key(key.key_id) or b""
        if key.uri not in self._keys:
            if len(self._keys) > 64:
                self._keys.clear()
            self._keys[key.uri] = self._again(lambda: self._origin.key(self._base, key.uri, key.size))
        return self._keys[key.uri]

    def _refusal(self, segment: Segment) -> str:
        return "" if segment.key is None else segment.key.refusal(self._origin.keys)

    def _wire(self, segment: Segment) -> Iterator[bytes]:
        size, transfers = 0, list[Transfer | Ahead]()
        backoff = Backoff()
        while True:
            self.waits_for = "the server to deliver a segment"
            try:
                place = self._origin.place(self._base, segment.uri)
                transfers.append(self._transfer(segment, place, size))
                for chunk in transfers[-1]:
                    if size == 0 and chunk[:64].lstrip()[:14].lower().startswith(_WEB_PAGE):
                        raise TransferError(f"{place}: is a web page, not audio or video")
                    size += len(chunk)
                    self.listener(0.0)
                    yield chunk
                break
            except (TransferError, AddressRefusedError, SourceError) as error:
                self.trouble = str(error)
                if self._gives_up(error, backoff):
                    raise
                if isinstance(error, TransferError) and error.status in _EXPIRED:
                    segment = self._renewed(segment)
        self.trouble = self.waits_for = ""
        self.listener(segment.duration)
        listed = sum(one.segment.duration for one in self._waiting)
        utc = self.clock.utc() - listed - segment.duration
        self.events.append(Arrived(segment, str(place), size, sum(one.seconds for one in transfers), utc))

    def _transfer(self, segment: Segment, place: Place, size: int) -> Transfer | Ahead:
        """What is missing of a segment; on demand, from where it was fetched ahead."""
        ahead = self._ahead
        is_ahead = ahead is not None and ahead[0] == segment.sequence and size == 0
        if self.is_live or isinstance(place, Path) or (self._asked == segment.sequence and not is_ahead):
            chunks = self._origin.chunks(place, _rest(segment.byte_range, size))
            return Transfer(chunks, self.clock.now)
        self._asked = segment.sequence
        present = ahead[1] if ahead is not None and is_ahead else self._fetch_ahead(segment, None)
        coming = self._waiting[0].segment if self._waiting else None
        self._ahead = None
        if coming is not None and not coming.is_gap and not self._refusal(coming):
            self._ahead = coming.sequence, self._fetch_ahead(coming, present.done)
        return present

    def _fetch_ahead(self, segment: Segment, after: threading.Event | None) -> Ahead:
        base = self._base

        def fetch() -> Iterator[bytes]:
            yield from self._origin.chunks(self._origin.place(base, segment.uri), segment.byte_range)

        return Ahead(Transfer(fetch(), self.clock.now), after, lambda: self.is_stopping)

    def _again(self, fetch: Callable[[], bytes]) -> bytes:
        backoff = Backoff()
        while True:
            try:
                return fetch()
            except (TransferError, AddressRefusedError, SourceError) as error:
                self.trouble = str(error)
                if self._gives_up(error, backoff):
                    raise

    def _gives_up(self, error: Exception, backoff: Backoff) -> bool:
        """Wait before the next try; True if there shall be none."""
        is_missing = isinstance(error, TransferError) and error.status in _MISSING
        if backoff.failures + 1 >= _TRIES or not may_come_back(error) or (is_missing and not self.is_live):
            return True
        return self._pause(backoff.next())

    def _renewed(self, segment: Segment) -> Segment:
        """The same segment under the URL that the playlists name now."""
        try:
            self._listing.refresh()
            began = self.clock.now()
            self._base, playlist = self._listing.load()
        except (TransferError, AddressRefusedError, SourceError) as error:
            self.trouble = str(error)
            return segment
        self._take(playlist, began)
        renewed = {one.sequence: one for one in playlist.segments}
        self._waiting = deque(
            Upcoming(renewed.get(one.segment.sequence, one.segment), one.announced_break, one.remark, one.missed)
            for one in self._waiting
        )
        return renewed.get(segment.sequence, segment)

    def _look_again(self) -> None:
        """Load the playlist when it is time, and again with back-off when it does not come."""
        if self._pause(self._rhythm.due - self.clock.now()):
            return
        backoff = Backoff()
        while True:
            began = self.clock.now()
            self.waits_for = "the server to deliver the playlist"
            try:
                self._base, playlist = self._listing.load()
                self.waits_for = ""
                break
            except (TransferError, AddressRefusedError, SourceError) as error:
                self.trouble = str(error)
                log.info("%s: %s", self.label, error)
                at_least = max(0.25, self._follower.target_duration / 2)
                if self._pause(backoff.next(at_least)):
                    return
                if isinstance(error, TransferError) and (error.status in _EXPIRED or backoff.failures % 3 == 0):
                    self._refresh()
        self._take(playlist, began)
        stale = self._follower.unchanged_for(self.clock.now())
        if not self._waiting:  # else what it was in trouble about holds until the new segment is here
            is_stale = stale > 1.5 * self._follower.target_duration
            self.trouble = f"the playlist has not changed for {stale:.1f} s" if is_stale else ""

    def _take(self, playlist: MediaPlaylist, began: float) -> None:
        """Add what is new in a copy of the playlist whose load began at ``began``."""
        now = self.clock.now()
        self._waiting.extend(self._follower.update(playlist, now))
        self._rhythm.loaded(playlist, began, now)

    def _refresh(self) -> None:
        try:
            self._listing.refresh()
        except (TransferError, AddressRefusedError, SourceError) as error:
            self.trouble = str(error)

    def _pause(self, seconds: float) -> bool:
        """Wait; True if everything shall end."""
        return self.clock.wait(self._stop, seconds) or self._origin.is_stopped


def _rest(byte_range: ByteRange | None, size: int) -> ByteRange | None:
    """What is still missing of a resource of which ``size`` bytes are here."""
    if size == 0:
        return byte_range
    offset, length = byte_range or ByteRange(0)
    return ByteRange(offset + size, None if length is None else length - size)


def may_come_back(error: Exception) -> bool:
    """Whether asking again, or for the next one, may help."""
    return isinstance(error, TransferError) or not isinstance(error, AddressRefusedError | PlaylistError)
