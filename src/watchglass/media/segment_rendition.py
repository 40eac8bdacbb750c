"""Loading one rendition: its playlist again and again, its segments one after the other, its keys."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from watchglass.media import key_frame_segments
from watchglass.media.crypt import Key, decrypted
from watchglass.media.fetch_log import FetchLog, is_missing, may_come_back
from watchglass.media.hls_schedule import Backoff, Clock, Upcoming
from watchglass.media.init_sections import InitSections
from watchglass.media.own_time import AT_LEAST, OutrunError, OwnTime
from watchglass.media.playlist import InitSection, MediaPlaylist, Segment
from watchglass.media.playlist_loader import EXPIRED, PlaylistLoader
from watchglass.media.sample_cipher import SampleCipher
from watchglass.media.segment_ahead import Ahead, Transfer
from watchglass.media.segment_events import Arrived, Event, Listing, Missed
from watchglass.media.segment_keys import SegmentKeys
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, WatchglassError
from watchglass.model.transport import Aside, ManifestCheck, RuleBreak
from watchglass.net.address import redact_reference
from watchglass.net.http import ByteRange

_TRIES = 3
"""How often a segment is asked for before it is given up."""
_TOO_LATE = 3
"""Target durations for which a live segment is asked for again: a player that waits for it has long stopped."""
_LATE = 0.5
"""Seconds after which a segment is asked for again that should be there by the clock, and is not."""
_IDLE = 5.0
"""Seconds without our taking anything after which a server may close a connection."""
_FASTEST = 32 << 20
"""Bytes for a second of media from which a segment is taken to have no end: more than any format of today."""
_LEAST_BOUND = 16 << 20
_PART_MISSING = 0.1
"""Seconds by which a segment must be longer than its parts for one to be missing."""
_WEB_PAGE, _XML = (b"<!doctype html", b"<html"), b"<?xml"
"""How the pages and documents begin that servers send in place of an error."""


class Rendition:
    """One rendition of a stream.

    Args:
        label: ``video``, ``audio:en``.
        listing: Its playlist.
        first: The playlist as it was loaded first, and its place.
        origin: Where segments come from.
        is_live: True if the playlist grows.
        is_text: True for subtitles, whose segments may be XML.
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
        is_text: bool = False,
        stop: threading.Event,
        clock: Clock,
        listener: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.label = label
        self.events: deque[Event] = deque()
        """What happened since somebody looked; emptied by whoever reads the runs."""
        self.failure: WatchglassError | None = None
        """The first segment that could not be had, and why."""
        self.is_live = is_live
        self.listener = listener
        self.clock = clock
        self._no_media = _WEB_PAGE if is_text else (*_WEB_PAGE, _XML)
        self._waits_after_end = waits_after_end and is_live
        self._origin = origin
        self._stop = stop
        self._told = FetchLog(label, clock, lambda: self.is_stopping)
        self.own = OwnTime(clock.presence)
        self._loader = PlaylistLoader(listing, first, self._told, is_live=is_live, stop=stop, clock=clock, own=self.own)
        self._outrun = 0.0
        """Seconds of media that we were too slow for, since the last segment that was handed out."""
        self._abandoned: int | None = None
        """A segment that was given up while it grew, and is not taken up again when it is whole."""
        self._ahead: tuple[int, Ahead] | None = None
        """A segment that is fetched while another is read, and its number."""
        self._asked: int | None = None
        """The segment that was asked for last: the first try may come from ahead, the others do not."""
        self._keys = SegmentKeys(origin, self._told, self._gives_up)
        self._inits = InitSections(origin, self._told, self._key)

    @property
    def target_duration(self) -> float:
        """Seconds, of the latest playlist."""
        return self._loader.target_duration

    @property
    def listed(self) -> tuple[Place, MediaPlaylist]:
        """The latest copy of its playlist, and the place that its references are relative to."""
        return self._loader.base, self._loader.latest

    @property
    def trouble(self) -> str:
        """What keeps it from delivering, in words; empty while all is well."""
        return self._told.trouble

    @property
    def waits_for(self) -> str:
        """What was asked for and is not here yet, in words; empty between two loads of the playlist."""
        return self._told.waits_for

    @property
    def aside(self) -> deque[Aside]:
        """What is known and does not wait for media."""
        return self._told.aside

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
            if self._loader.is_ended:
                self._told.trouble = "the playlist has ended"
            if self._loader.pause(backoff.next(self.target_duration)):
                return None
            self._loader.look_again()
            upcoming = self.next() if self._loader.waiting else None
            if upcoming is not None:
                return Upcoming(upcoming.segment, True)

    def next(self) -> Upcoming | None:
        """The next segment that exists, after as much waiting as that takes; None at the end."""
        with self.own.with_others():
            upcoming = self._next()
        if upcoming is None or not self._outrun:
            return upcoming
        outrun, self._outrun = self._outrun, 0.0
        return replace(upcoming, outrun=outrun)

    def _next(self) -> Upcoming | None:
        while not self._stop.is_set():
            growing = self._loader.growing if self.is_live else None
            if growing is not None and growing.sequence != self._abandoned:
                return Upcoming(growing, growing.is_discontinuity)
            if not self._loader.waiting:
                if self._loader.is_ended or not self.is_live:
                    return None
                self._loader.look_again()
                continue
            if self._loader.is_outrun(self._loader.waiting[0].segment) and not self._loader.is_ended:
                self._loader.catch_up()
            upcoming = self._loader.waiting.popleft()
            segment = upcoming.segment
            self._outrun += upcoming.outrun
            if upcoming.remark:
                self.events.append(Missed(upcoming.remark, upcoming.missed))
            if segment.sequence == self._abandoned:
                pass
            elif segment.is_gap:
                self._gap("EXT-X-GAP", segment.duration)
            elif refusal := self._refusal(segment):
                self.events.append(Missed(f"a segment is {refusal}", segment.duration))
            else:
                return upcoming
            if upcoming.announced_break and self._loader.waiting:  # the break stands before whatever comes next
                after = self._loader.waiting[0]
                self._loader.waiting[0] = replace(after, announced_break=True)
        return None

    def _gap(self, mark: str, seconds: float) -> None:
        """The origin says that it has no media for a while."""
        why = f"the playlist marks a gap ({mark})"
        self.events.append(Missed(why, seconds))
        self._told.lost("segment", why, seconds)

    def came_broken(self, segment: Segment, why: str) -> None:
        """A segment came, and is not whole."""
        said = f"{redact_reference(segment.uri)[:200]}: {why}"
        self.events.append(Missed(f"a segment is not whole: {said}", segment.duration))
        self._told.broken("segment", said)

    def init_section(self, section: InitSection, sequence: int) -> bytes:
        """An init section whole.

        Raises:
            TransferError: If it is not delivered.
        """
        return self._inits.get(self._loader.base, section, sequence)

    def segment(self, segment: Segment) -> Iterator[bytes]:
        """The bytes of a segment as they arrive, with retries that go on where the last one broke off.

        What was encrypted as a whole is clear; encrypted samples still are.

        Raises:
            TransferError: When it is given up; ``Run`` reports it.
        """
        return self._parts(segment) if segment.is_growing else self._clear(segment)

    def _parts(self, segment: Segment) -> Iterator[bytes]:
        """A segment while it is being made: each part as soon as it is listed."""
        taken, lasted, size, own = 0, 0.0, 0, self.own.seconds
        self._abandoned = segment.sequence
        while not self.is_stopping:
            listed = self._loader.parts(segment.sequence)
            if listed is None and self.own.seconds - own >= max(AT_LEAST, self.target_duration):
                raise self._too_slow(segment)
            if listed is None:
                raise TransferError(f"{self.label}: a segment left the playlist before all its parts were there")
            parts, whole = listed
            for part in parts[taken:]:
                taken, lasted = taken + 1, lasted + part.duration
                if part.is_gap:
                    self._gap("GAP=YES", part.duration)
                    continue
                piece = replace(segment, uri=part.uri, byte_range=part.byte_range, duration=part.duration)
                for chunk in self._clear(piece):
                    size += len(chunk)
                    yield chunk
            if whole is not None:
                if whole.duration - lasted > _PART_MISSING:
                    raise TransferError(f"{self.label}: parts of a segment left the playlist before they were fetched")
                self._abandoned = None
                utc = self.clock.utc() - whole.duration
                self.events.append(Arrived(whole, redact_reference(whole.uri), size, 0.0, utc))
                return
            self._loader.look_again()

    def _clear(self, segment: Segment) -> Iterator[bytes]:
        wire = self._wire(segment)
        key = segment.key
        if key is None or key.is_of_samples:
            yield from wire
        else:
            yield from decrypted(wire, key, self._key(key), segment.sequence, redact_reference(segment.uri)[:80])

    def cipher(self, segment: Segment) -> SampleCipher:
        """What makes the samples clear of a segment and of those that share its init section.

        Raises:
            TransferError: If the init section or the key is not delivered.
        """
        init = b"" if segment.init is None else self.init_section(segment.init, segment.sequence)
        is_other = segment.init is not None and segment.init.container != "mp4"
        secret, is_picture = self._keys.of_samples(self._loader.base, segment.key), segment.is_i_frame
        return SampleCipher(init, self._origin.keys, secret, is_other=is_other, pictures_only=is_picture)

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
        name, secret = redact_reference(segment.uri)[:200], self._keys.of_samples(self._loader.base, segment.key)
        return cipher.clear(name, wire, segment.key, secret, segment.sequence)

    def _key(self, key: Key) -> bytes:
        return self._keys.get(self._loader.base, key)

    def _refusal(self, segment: Segment) -> str:
        return "" if segment.key is None else segment.key.refusal(self._origin.keys)

    def _wire(self, segment: Segment) -> Iterator[bytes]:
        size, transfers, began = 0, list[Transfer | Ahead](), self.clock.now()
        backoff, spared, own_at_first = Backoff(), 0, self.own.seconds
        most = max(_LEAST_BOUND, round(segment.duration * _FASTEST))
        while True:
            own, missed = self.own.seconds, self.clock.presence.missed()
            self._told.waits_for = "the server to deliver a segment"
            try:
                place = self._origin.place(self._loader.base, segment.uri)
                transfers.append(self._transfer(segment, place, size))
                for chunk in transfers[-1]:
                    if size == 0 and chunk[:64].lstrip()[:14].lower().startswith(self._no_media):
                        raise TransferError(f"{place}: is a web page, not audio or video")
                    size += len(chunk)
                    if size > most:
                        backoff.failures = _TRIES  # asked again, it would be no shorter
                        raise TransferError(f"{place}: more than {most >> 20} MiB for {segment.duration:g} s of media")
                    self.listener(0.0)
                    yield chunk
                break
            except (TransferError, AddressRefusedError, SourceError) as error:
                if self._is_only_late(error, segment):
                    if self._loader.pause(_LATE):
                        raise
                    continue
                if self.is_live and self._is_gone(error, segment):
                    raise self._too_slow(segment) from error
                if spared < _TRIES and self._kept_waiting(own, missed, segment):
                    spared += 1
                    continue
                self._told.failed("segment", error)
                tried = self.clock.now() - began - (self.own.seconds - own_at_first)
                is_late = self.is_live and tried > _TOO_LATE * self.target_duration
                if is_late or self._gives_up(error, backoff):
                    self._told.lost("segment", error, segment.duration)
                    self._missed(error, segment)
                    raise
                if isinstance(error, TransferError) and error.status in EXPIRED:
                    segment = self._loader.renewed(segment)
        self._told.delivered("segment")
        self._told.trouble = ""
        self.listener(segment.duration)
        if segment.is_growing:
            return  # told once it is whole
        listed = sum(one.segment.duration for one in self._loader.waiting)
        utc = self.clock.utc() - listed - segment.duration
        self.events.append(Arrived(segment, str(place), size, sum(one.seconds for one in transfers), utc))

    def _transfer(self, segment: Segment, place: Place, size: int) -> Transfer | Ahead:
        """What is missing of a segment; on demand, from where it was fetched ahead."""
        ahead = self._ahead
        is_ahead = ahead is not None and ahead[0] == segment.sequence and size == 0
        if self.is_live or isinstance(place, Path) or (self._asked == segment.sequence and not is_ahead):
            missing = (segment.byte_range or ByteRange(0)).after(size) if size else segment.byte_range
            chunks = self._origin.chunks(place, missing)
            return Transfer(chunks, self._ran)
        self._asked = segment.sequence
        present = ahead[1] if ahead is not None and is_ahead else self._fetch_ahead(segment, None)
        coming = self._loader.waiting[0].segment if self._loader.waiting else None
        self._ahead = None
        if coming is not None and not coming.is_gap and not self._refusal(coming):
            self._ahead = coming.sequence, self._fetch_ahead(coming, present.done)
        return present

    def _ran(self) -> float:
        """Seconds in which something could come."""
        return self.clock.now() - self.clock.presence.missed()

    def _fetch_ahead(self, segment: Segment, after: threading.Event | None) -> Ahead:
        base = self._loader.base

        def fetch() -> Iterator[bytes]:
            yield from self._origin.chunks(self._origin.place(base, segment.uri), segment.byte_range)

        return Ahead(Transfer(fetch(), self._ran), after, lambda: self.is_stopping)

    def _is_gone(self, error: Exception, segment: Segment) -> bool:
        """Whether the origin no longer has it, as we came late."""
        is_no_more = is_missing(error) or (isinstance(error, TransferError) and error.status in EXPIRED)
        return is_no_more and self._loader.is_outrun(segment)

    def _kept_waiting(self, own: float, missed: float, segment: Segment) -> bool:
        """Whether a transfer broke off after we had taken nothing for long, or not run at all."""
        was_away = self.clock.presence.missed() - missed >= AT_LEAST
        return self.is_live and (was_away or self.own.seconds - own >= max(_IDLE, segment.duration))

    def _too_slow(self, segment: Segment) -> OutrunError:
        """A segment was there, and is gone by now."""
        self._outrun += segment.duration
        return OutrunError(f"{self.label}: a segment was gone before we came to it")

    def _is_only_late(self, error: Exception, segment: Segment) -> bool:
        """Whether a segment that is not there may be waited for: a clock said that it is, and clocks differ."""
        is_early = segment.due_by is not None and self.clock.utc() < segment.due_by
        return is_early and self.is_live and is_missing(error)

    def _missed(self, error: Exception, segment: Segment) -> None:
        """A segment was given up; where the manifest promised it by a clock, it broke its promise."""
        if self.is_live and segment.due_by is not None and is_missing(error):
            self._told.aside.append(ManifestCheck(0.0, "dash", self.label, (RuleBreak("segment_missing", str(error)),)))

    def _gives_up(self, error: Exception, backoff: Backoff) -> bool:
        """Wait before the next try; True if there shall be none."""
        is_hopeless = is_missing(error) and not self.is_live
        if backoff.failures + 1 >= _TRIES or not may_come_back(error) or is_hopeless:
            return True
        return self._loader.pause(backoff.next())
