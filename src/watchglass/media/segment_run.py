"""Runs: stretches of the segments of a rendition that one demuxer may read as one file."""

from collections.abc import Iterator

from watchglass.media import packed_audio
from watchglass.media.hls_schedule import Upcoming
from watchglass.media.playlist import Segment
from watchglass.media.segment_events import Began, Missed
from watchglass.media.segment_rendition import Rendition, may_come_back
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError


def runs(rendition: Rendition) -> Iterator["Run"]:
    """All runs of a rendition, to the end of the stream; begun anew, they go on with the next segment."""
    upcoming = rendition.next()
    while upcoming is not None:
        run = Run(rendition, upcoming)
        yield run
        upcoming = run.follower if run.is_over else rendition.next()
        if upcoming is None:
            upcoming = rendition.after_end()


class Run:
    """A stretch of segments with one init section and one clock: a file that only goes forward.

    Attributes:
        first: Its first segment.
        announced_break: True if timestamps begin anew with it, and the playlist said so.
    """

    def __init__(self, rendition: Rendition, upcoming: Upcoming) -> None:
        self.first = upcoming.segment
        self.announced_break = upcoming.announced_break
        self.follower: Upcoming | None = None
        """The segment after this run, once it is over."""
        self.is_over = False
        self.has_delivered = False
        """True once there were bytes of a segment."""
        self._rendition = rendition
        self.clock: float | None = None
        """Of packed audio: seconds of the stream's clock at its first sample."""
        self._chunks = self._bytes(upcoming.segment)
        self._rest = b""
        self._has_lost = False

    @property
    def format(self) -> str | None:
        """FFmpeg's name of the container, where the playlist tells it."""
        return "mp4" if self.first.init is not None else None

    def look_for_clock(self) -> None:
        """Read as far as that takes; nothing is lost of it.

        Raises:
            WatchglassError: As reading does.
        """
        self.clock, head = packed_audio.split(self.read)
        self._rest = head + self._rest

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes as soon as there are some; ``b""`` at the end of the run."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        size = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _bytes(self, segment: Segment) -> Iterator[bytes]:
        rendition = self._rendition
        opened = False
        while True:
            rendition.events.append(Began(segment))
            delivered = False
            try:
                if segment.init is not None and not opened:
                    yield rendition.init_section(segment.init, segment.sequence)
                opened = True
                for chunk in rendition.segment(segment):
                    self.has_delivered = delivered = True
                    yield chunk
                lost = False
            except (TransferError, AddressRefusedError, SourceError) as error:
                lost = True
                rendition.failure = rendition.failure or error
                if not self.has_delivered and not may_come_back(error) and not rendition.is_live:
                    raise
                if not rendition.is_stopping:
                    rendition.events.append(Missed(f"a segment was skipped: {error}", segment.duration))
            upcoming = rendition.next()
            # What was cut in its middle would garble what follows: a new run finds its feet again.
            self._has_lost = lost
            is_cut = lost and (delivered or not opened)
            if upcoming is None or is_cut or not self._continues(segment, upcoming):
                self.follower, self.is_over = upcoming, True
                return
            segment = upcoming.segment

    def _continues(self, segment: Segment, upcoming: Upcoming) -> bool:
        if self.clock is not None and (upcoming.segment.sequence != segment.sequence + 1 or self._has_lost):
            return False  # only a tag says how much time has gone by
        return not upcoming.announced_break and upcoming.segment.init == segment.init
