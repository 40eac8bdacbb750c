"""What time it is for a live manifest: its segments are there by the clock of its server, not by ours.

The manifest names who is to be asked (``UTCTiming``, ISO/IEC 23009-1, 5.8.4.11; DASH-IF IOP 4.3, 4.7). Where it names
nobody, the ``Date`` of the answers that bring it is the best that is known: rounded to seconds, and of the past where a
cache has it, so the latest one counts.
"""

import logging

from watchglass.media.hls_schedule import Clock
from watchglass.media.mpd import Timing
from watchglass.media.mpd_time import http_date, moment
from watchglass.media.segment_origin import Document, Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError

log = logging.getLogger(__name__)

_SCHEME = "urn:mpeg:dash:utc:"
_AGAIN = 600.0
"""Seconds after which is asked anew."""
_CLOSE = 2.0
"""Seconds that a ``Date`` may differ by and say nothing."""
_FAR = 86_400.0
"""Seconds beyond which no clock is believed."""
_LONGEST = 4_096
"""Bytes of an answer that tells the time."""
_MOST_ASKED = 4


class ServerClock:
    """The clock of a server, by what it says and how ours goes on.

    Args:
        clock: Ours.
        origin: Asks.
    """

    def __init__(self, clock: Clock, origin: SegmentOrigin) -> None:
        self.notes: tuple[str, ...] = ()
        """Who was not asked, and why, in words."""
        self.skew = 0.0
        """Seconds that it is ahead of ours."""
        self.is_told = False
        """True if that is what somebody said who was to be asked."""
        self._clock = clock
        self._origin = origin
        self._asked: tuple[Timing, ...] = ()
        self._asked_at = 0.0
        self._by_date: float | None = None

    def utc(self) -> float:
        """Seconds since 1970."""
        return self._clock.utc() + self.skew

    def learn(self, timings: tuple[Timing, ...], document: Document) -> None:
        """Take into account what a copy of the manifest says, and ask where it says so."""
        now = self._clock.now()
        if timings != self._asked or now - self._asked_at > _AGAIN:
            self._asked, self._asked_at = timings, now
            self._ask(timings, document.place)
        told = http_date(document.date)
        if told is not None and not self.is_told:
            ahead = told - self._clock.utc()
            self._by_date = ahead if self._by_date is None else max(ahead, self._by_date)
            self.skew = self._by_date if _CLOSE < abs(self._by_date) < _FAR else 0.0

    def _ask(self, timings: tuple[Timing, ...], base: Place) -> None:
        notes = []
        for timing in timings[:_MOST_ASKED]:
            began = self._clock.utc()
            try:
                told = self._told(timing, base)
            except (TransferError, AddressRefusedError, SourceError) as error:
                log.info("what time it is: %s", error)
                notes.append(f"the clock that the manifest names was not asked ({error})")
                continue
            if told is not None and abs(told - began) < _FAR:
                self.skew, self.is_told = told - (began + self._clock.utc()) / 2, True
                break
        self.notes = tuple(notes)

    def _told(self, timing: Timing, base: Place) -> float | None:
        """UTC as somebody says; None where nobody understands it."""
        scheme = timing.scheme.removeprefix(_SCHEME).partition(":")[0]
        if scheme == "direct":
            return moment(timing.value)
        if scheme not in ("http-iso", "http-xsdate", "http-head") or not timing.value:
            return None
        place = self._origin.place(base, timing.value.split()[0])
        if scheme == "http-head":
            return http_date(self._origin.document(place).date)
        return moment(self._origin.document(place, max_bytes=_LONGEST).data.decode("ascii", errors="replace"))
