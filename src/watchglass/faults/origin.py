"""An origin: a real HTTP server on loopback that publishes a channel live, as HLS, and notes when it did what.

Segments are prepared ahead in a thread and listed when they are due. What a watcher can have known at which moment
is on record here: when each segment was listed, and when its last byte had been served.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from queue import Full, Queue
from threading import Event, Lock, Thread

from watchglass.faults.channel import Segment
from watchglass.faults.defects import Defect, Kind

WINDOW = 12
"""Segments in the playlist: more than the longest stall holds back, so that none is gone before it was seen."""
AT_ONCE = 3
"""Segments that are listed when the origin opens, so that a player can join."""
AHEAD = 4
"""Segments that are prepared before they are due."""
_PLAYLIST = "application/vnd.apple.mpegurl"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is its own affair, and nothing to be printed."""


class Origin:
    """Publishes segments in real time; a context manager.

    Args:
        segments: What to publish, in order; the playlist ends with the last one.
        segment_seconds: Their length.
        defects: Those of ``Kind.STALL`` hold back what is due while they last; the others are no concern here.
        told: Hears of every segment as it is listed.
        bandwidth: Bits a second, for the multivariant playlist.
    """

    def __init__(
        self,
        segments: Iterable[Segment],
        segment_seconds: float,
        *,
        defects: Sequence[Defect] = (),
        told: Callable[[Segment], None] = lambda segment: None,
        bandwidth: int = 1_600_000,
    ) -> None:
        self._segments = iter(segments)
        self._seconds = segment_seconds
        self._stalls = [d for d in defects if d.kind is Kind.STALL]
        self._told = told
        self._bandwidth = bandwidth
        self._ready: Queue[Segment | None] = Queue(maxsize=AHEAD)
        self._closing = Event()
        self._lock = Lock()
        self._listed: dict[int, Segment] = {}
        self._is_over = False
        self.listed_at: dict[int, float] = {}
        """Segment number to ``time.monotonic()`` at which it was listed."""
        self.served_at: dict[int, float] = {}
        """Segment number to ``time.monotonic()`` at which its last byte had been written for the first time."""
        self.opened_at = 0.0
        """``time.monotonic()`` at which the playlist came up."""
        self.opened_utc = 0.0
        """The media time 0 of the channel as programme date-time, in seconds since 1970."""
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._threads = [
            Thread(target=work, name=name, daemon=True)
            for name, work in (
                ("origin-prepare", self._prepare),
                ("origin-publish", self._publish),
                ("origin-serve", lambda: self._server.serve_forever(poll_interval=0.05)),
            )
        ]

    @property
    def url(self) -> str:
        """Where the multivariant playlist is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/live.m3u8"

    def __enter__(self) -> "Origin":
        early = list(islice(self._segments, AT_ONCE))
        self.opened_at = time.monotonic()
        self.opened_utc = time.time() - AT_ONCE * self._seconds
        for segment in early:
            self._list(segment)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    def due(self, number: int) -> float:
        """When a segment is to be listed (``time.monotonic()``), if nothing holds it back."""
        return self.opened_at + max(0, number + 1 - AT_ONCE) * self._seconds

    def overdue(self, t: float) -> float:
        """When the first segment that begins at or after a media time was due (``time.monotonic()``)."""
        return self.due(-int(-t // self._seconds))

    def served(self, t: float) -> float | None:
        """When the segment that holds a media time had been served; None if it was not."""
        return self.served_at.get(int(t // self._seconds))

    def _prepare(self) -> None:
        for segment in self._segments:
            if not self._hand_over(segment):
                return
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
                    self._is_over = True
                return
            if self._closing.wait(max(0.0, self._release(segment.number) - time.monotonic())):
                return
            self._list(segment)

    def _release(self, number: int) -> float:
        """When a segment is listed: as it is due, or when a stall is over that holds it back."""
        due = self.due(number)
        for stall in self._stalls:
            if stall.start <= number * self._seconds:
                due = max(due, self.overdue(stall.start) + stall.seconds)
        return due

    def _list(self, segment: Segment) -> None:
        with self._lock:
            self._listed[segment.number] = segment
            self.listed_at[segment.number] = time.monotonic()
            for gone in [number for number in self._listed if number <= segment.number - 2 * WINDOW]:
                del self._listed[gone]
        self._told(segment)

    def answer(self, path: str) -> tuple[str, bytes, int | None] | None:
        """What is at a path: content type, body, and the number of the segment if it is one; None for nothing."""
        match path.split("?")[0].strip("/").split("/"):
            case ["live.m3u8"]:
                return _PLAYLIST, self._multivariant().encode(), None
            case ["360p.m3u8"]:
                return _PLAYLIST, self._media().encode(), None
            case ["360p", name] if name.endswith(".ts") and name[:-3].isdigit():
                with self._lock:
                    segment = self._listed.get(int(name[:-3]))
                return None if segment is None else ("video/mp2t", segment.data, segment.number)
        return None

    def _multivariant(self) -> str:
        return (
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            f'#EXT-X-STREAM-INF:BANDWIDTH={self._bandwidth},RESOLUTION=640x360,CODECS="avc1.64001e,mp4a.40.2"\n'
            "360p.m3u8\n"
        )

    def _media(self) -> str:
        with self._lock:
            window = [self._listed[number] for number in sorted(self._listed)[-WINDOW:]]
            is_over = self._is_over
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{max(1, round(self._seconds))}",
            f"#EXT-X-MEDIA-SEQUENCE:{window[0].number}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        for segment in window:
            on_air = datetime.fromtimestamp(self.opened_utc + segment.start, UTC)
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{on_air.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}")
            lines += [f"#EXTINF:{segment.duration:.3f},", f"360p/{segment.number}.ts"]
        if is_over:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def note_served(self, number: int) -> None:
        """A segment's last byte has been written."""
        with self._lock:
            self.served_at.setdefault(number, time.monotonic())


def _handler(origin: Origin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = origin.answer(self.path)
            if answer is None:
                self.send_error(404)
                return
            content_type, body, number = answer
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=60" if number is not None else "no-cache")
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:  # the watcher hung up, as it may
                self.close_connection = True
                return
            if number is not None:
                origin.note_served(number)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the terminal belongs to the drill."""

    return Handler
