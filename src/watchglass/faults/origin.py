"""An origin: a real HTTP server that publishes a channel live, as HLS, and notes when it did what.

Segments are prepared ahead in a thread and listed when they are due. What a watcher can have known at which moment
is on record here: when each segment was listed, and when its last byte had been served. What goes wrong with its
playlists and answers is none of its business: it asks ``Mishaps`` each time.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from queue import Full, Queue
from threading import Event, Lock, Thread

from watchglass.faults.listing import Entry, Listing, Segment, multivariant
from watchglass.faults.mishaps import NONE, Mishaps
from watchglass.faults.server import Answer, Request, Server, missing, whole
from watchglass.model.errors import WatchglassError

WINDOW = 12
"""Segments in the playlist: more than a demo's longest stall holds back, so that none is gone before it was seen."""
AT_ONCE = 3
"""Segments that are listed when the origin opens, so that a player can join."""
AHEAD = 4
"""Segments that are prepared before they are due."""
KEPT = 8 * WINDOW
"""Segments that are remembered as listed, for playlists that go back."""
_MARGIN = 1.5
"""By which the bandwidth that is announced is more than that of the first segments."""
PLAYLIST = "application/vnd.apple.mpegurl"


@dataclass(frozen=True, slots=True)
class Hold:
    """A while in which nothing new is listed."""

    start: float
    """Media time of the channel from which on segments are held back, in seconds."""
    seconds: float
    is_made_up: bool = True
    """True if all comes at once when it is over; else all that follows is that much later."""


class Origin:
    """Publishes segments in real time; a context manager.

    Args:
        segments: What to publish, in order; the playlist ends with the last one.
        segment_seconds: Their length, of which none is longer.
        holds: When nothing new is listed.
        told: Hears of every segment as it is listed.
        served: Hears of every segment each time that its last byte has been written.
        attributes: For the multivariant playlist, such as ``RESOLUTION=640x360``.
        folder: Name of the rendition.
        listen: Address and port.
        first_sequence: Media sequence number of the first segment.
        mishaps: What is wrong with playlists and answers, and when.

    Raises:
        UsageError: Nobody can listen there.
    """

    def __init__(
        self,
        segments: Iterable[Segment],
        segment_seconds: float,
        *,
        holds: Sequence[Hold] = (),
        told: Callable[[Segment], None] = lambda segment: None,
        served: Callable[[Segment], None] = lambda segment: None,
        attributes: Sequence[str] = ('RESOLUTION=640x360,CODECS="avc1.64001e,mp4a.40.2"',),
        folder: str = "360p",
        listen: tuple[str, int] = ("127.0.0.1", 0),
        first_sequence: int = 0,
        mishaps: Mishaps = NONE,
    ) -> None:
        self._segments = iter(segments)
        self._seconds = segment_seconds
        self._holds = holds
        self._told, self._served = told, served
        self._attributes, self._bandwidth = attributes, 0
        self._folder = folder
        self._mishaps = mishaps
        self._ready: Queue[Segment | None] = Queue(maxsize=AHEAD)
        self._closing = Event()
        self._lock = Lock()
        self._data: dict[int, Segment] = {}
        self._entries: list[Entry] = []
        """The last that were listed, and how many there were before them: in all, and after a break."""
        self._before, self._breaks_before = first_sequence, 0
        self._times: list[float] = []
        """When each of these was listed."""
        self._held: dict[Hold, float] = {}
        """When the first segment was due that a hold keeps back."""
        self._over_at: float | None = None
        self.failure: WatchglassError | None = None
        """Why there are no more segments, where that was not to be expected."""
        self.listed_at: dict[int, float] = {}
        """Segment number to ``time.monotonic()`` at which it was listed."""
        self.served_at: dict[int, float] = {}
        """Segment number to ``time.monotonic()`` at which its last byte had been written for the first time."""
        self.opened_at = 0.0
        """``time.monotonic()`` at which the playlist came up."""
        self.opened_utc = 0.0
        """The media time 0 of the channel as programme date-time, in seconds since 1970."""
        self.head = AT_ONCE * segment_seconds
        """Seconds of media that were listed when the playlist came up."""
        self._server = Server(self.answer, listen)
        self._threads = [
            Thread(target=work, name=name, daemon=True)
            for name, work in (("origin-prepare", self._prepare), ("origin-publish", self._publish))
        ]

    @property
    def url(self) -> str:
        """Where the multivariant playlist is."""
        return f"http://{self._server.place}/live.m3u8"

    def __enter__(self) -> "Origin":
        try:
            early = list(islice(self._segments, AT_ONCE))
        except BaseException:
            self._server.close()
            raise
        self.head = early[-1].end if len(early) == AT_ONCE else self.head
        peak = max((len(segment.data) / segment.duration for segment in early), default=0.0)
        self._bandwidth = round(8 * _MARGIN * peak)
        self.opened_at = time.monotonic()
        self.opened_utc = time.time() - self.head
        for segment in early:
            self._list(segment)
        self._server.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        self._server.__exit__(*exc)
        for thread in self._threads:
            thread.join()

    def due(self, number: int) -> float:
        """When a segment is to be listed (``time.monotonic()``), if all are as long and nothing holds it back."""
        return self._due((number + 1) * self._seconds)

    def overdue(self, t: float) -> float:
        """When the first segment that begins at or after a media time was due (``time.monotonic()``)."""
        return self.due(-int(-t // self._seconds))

    def served(self, t: float) -> float | None:
        """When the segment that holds a media time had been served, if all are as long; None if it was not."""
        return self.served_at.get(int(t // self._seconds))

    def _due(self, end: float) -> float:
        """The end of a segment is on air when it is listed."""
        return self.opened_at + max(0.0, end - self.head)

    def _prepare(self) -> None:
        try:
            for segment in self._segments:
                if not self._hand_over(segment):
                    return
        except WatchglassError as error:
            self.failure = error
        self._hand_over(None)

    def _hand_over(self, segment: Segment | None) -> bool:
        while not self._closing.is_set():
            try:
                self._ready.put(segment, timeout=0.2)
            except Full:
                continue
            return True
        return False

    def _publish(self) -> None:
        while not self._closing.is_set():
            if self._ready.empty():
                self._closing.wait(0.02)
                continue
            segment = self._ready.get()
            if segment is None:
                with self._lock:
                    self._over_at = time.monotonic()
                return
            if self._closing.wait(max(0.0, self._release(segment) - time.monotonic())):
                return
            self._list(segment)

    def _release(self, segment: Segment) -> float:
        """When a segment is listed: as it is due, or later where something holds it back."""
        due, late = self._due(segment.end), 0.0
        for hold in self._holds:
            if hold.start > segment.start + 1e-9:
                continue
            first = self._held.setdefault(hold, due)
            due = max(due, first + hold.seconds) if hold.is_made_up else due
            late += 0.0 if hold.is_made_up else hold.seconds
        return due + late

    def _list(self, segment: Segment) -> None:
        with self._lock:
            self._data[segment.number] = segment
            now = self.listed_at[segment.number] = time.monotonic()
            utc = self.opened_utc + segment.start + segment.misdated
            self._entries.append(Entry(f"{self._folder}/{segment.number}.ts", segment.duration, utc, segment.is_break))
            self._times.append(now)
            for gone in [number for number in self._data if number <= segment.number - 2 * WINDOW]:
                del self._data[gone]
            if len(self._entries) > KEPT:
                self._before += 1
                self._breaks_before += self._entries.pop(0).is_break
                del self._times[0]
        self._told(segment)

    def listing(self, at: float) -> Listing:
        """The playlist as it was so many seconds after the origin opened, without anything wrong."""
        at += self.opened_at
        with self._lock:
            end = max(1, bisect_right(self._times, at))
            begin = max(0, end - WINDOW)
            return Listing(
                tuple(self._entries[begin:end]),
                sequence=self._before + begin,
                target=max(1, round(self._seconds)),
                breaks=self._breaks_before + sum(entry.is_break for entry in self._entries[:begin]),
                is_over=self._over_at is not None and at >= self._over_at,
            )

    def answer(self, request: Request) -> Answer:
        """What a client is told."""
        query = f"?{request.query}" if request.query else ""
        match request.path.strip("/").split("/"):
            case ["live.m3u8"]:
                return _playlist(multivariant(f"{self._folder}.m3u8{query}", self._bandwidth, self._attributes))
            case [name] if name == f"{self._folder}.m3u8":
                now = time.monotonic() - self.opened_at
                text = self._mishaps.listing(self.listing)(now).text(request.query)
                return self._mishaps.playlist(_playlist(text), now, self._server.closing)
            case [folder, name] if folder == self._folder and name.endswith(".ts") and name[:-3].isdigit():
                return self._segment(int(name[:-3]))
        return missing()

    def _segment(self, number: int) -> Answer:
        with self._lock:
            segment = self._data.get(number)
            listed = self.listed_at.get(number, 0.0) - self.opened_at
        if segment is None:
            return missing()
        answer = whole(segment.data, "video/mp2t", headers={"Cache-Control": "max-age=60"})
        answer = self._mishaps.segment(answer, listed, segment.duration, self._server.closing)
        return replace(answer, sent=partial(self._note_served, segment))

    def _note_served(self, segment: Segment) -> None:
        """A segment's last byte has been written."""
        with self._lock:
            self.served_at.setdefault(segment.number, time.monotonic())
        self._served(segment)


def _playlist(text: str) -> Answer:
    return whole(text.encode(), PLAYLIST, headers={"Cache-Control": "no-cache"})
