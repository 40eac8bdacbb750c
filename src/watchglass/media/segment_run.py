"""Runs: stretches of the segments of a rendition that one demuxer may read as one file."""

from collections.abc import Iterator

from watchglass.media import packed_audio
from watchglass.media.fetch_log import may_come_back
from watchglass.media.hls_schedule import Upcoming
from watchglass.media.key_frame_segments import ContinuousPackets
from watchglass.media.own_time import OutrunError
from watchglass.media.playlist import Segment
from watchglass.media.sample_cipher import SampleCipher
from watchglass.media.segment_ending import Ending
from watchglass.media.segment_events import Began, Missed
from watchglass.media.segment_rendition import Rendition
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError
from watchglass.net.address import redact_reference

_BARREN = 3, 5.0
"""Segments, and seconds of them, without a picture or sound, after which a demuxer is taken to have lost its way."""

_BOX_HEAD = 8
"""Bytes: a size, and four letters."""


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
        outrun: Seconds of media before it that we were too slow for.
    """

    def __init__(self, rendition: Rendition, upcoming: Upcoming) -> None:
        self.first = upcoming.segment
        self.announced_break = upcoming.announced_break
        self.outrun = upcoming.outrun
        self.follower: Upcoming | None = None
        """The segment after this run, once it is over."""
        self.is_over = False
        self.has_delivered = False
        """True once there were bytes of a segment."""
        self._rendition = rendition
        self.clock: float | None = None
        """Of packed audio: seconds of the stream's clock at its first sample."""
        self._cipher: SampleCipher | None = None
        """How its samples are made clear; None before its first segment is asked for."""
        self._packets = ContinuousPackets()
        self._chunks = self._bytes(upcoming.segment)
        self._rest = b""
        self._barren: list[float] | None = None
        """Seconds of the segments since the last picture or sound; None before there was any."""

    @property
    def format(self) -> str | None:
        """FFmpeg's name of the container, where the playlist tells it; known once something has been read."""
        if self._cipher is None or self.first.init is None:
            return None
        return self.first.init.container if self._cipher.is_mp4 or self.first.init.container != "mp4" else None

    def look_for_clock(self) -> None:
        """Read as far as that takes; nothing is lost of it.

        Raises:
            WatchglassError: As reading does.
        """
        self.clock, head = packed_audio.split(self.read)
        self._rest = head + self._rest

    def bore_fruit(self) -> None:
        """A picture or sound came of what was read."""
        if self._barren is None or self._barren:
            self._barren = []

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes as soon as there are some; ``b""`` at the end of the run."""
        while not self._rest:
            with self._rendition.own.with_others():
                chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        size = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _bytes(self, segment: Segment) -> Iterator[bytes]:
        rendition = self._rendition
        while True:
            rendition.events.append(Began(segment))
            delivered = False
            try:
                if self._cipher is None:
                    self._cipher = rendition.cipher(segment)
                    if self._cipher.head:
                        yield self._cipher.head
                ending = Ending(is_mp4=self._cipher.is_mp4)
                chunks = rendition.clear(segment, self._cipher)
                if segment.is_i_frame and not self._cipher.is_mp4:
                    chunks = self._packets.of_ts(chunks)
                for chunk in chunks:
                    if not delivered and self._cipher.is_mp4:
                        _expect_boxes(chunk, segment)
                    self.has_delivered = delivered = True
                    ending.feed(chunk)
                    yield chunk
                lost = bool(ending.flaw) and not segment.is_i_frame
                if lost:
                    rendition.came_broken(segment, ending.flaw)
            except (TransferError, AddressRefusedError, SourceError) as error:
                lost = True
                rendition.failure = rendition.failure or error
                if not self.has_delivered and not may_come_back(error) and not rendition.is_live:
                    raise
                if not rendition.is_stopping and not isinstance(error, OutrunError):
                    rendition.events.append(Missed(f"a segment was skipped: {error}", segment.duration))
            upcoming = rendition.next()
            if self._is_astray(segment.duration):
                self.follower, self.is_over = upcoming, True
                return
            # What lacks its end would garble what follows: a new run finds its feet again. Key frames stand alone.
            is_cut = lost and (delivered or self._cipher is None or not segment.is_i_frame)
            if upcoming is None or is_cut or not self._continues(segment, upcoming):
                self.follower, self.is_over = upcoming, True
                return
            segment = upcoming.segment

    def _is_astray(self, seconds: float) -> bool:
        """Whether the demuxer reads and reads, as after a box of MP4 that claims to be larger than it is."""
        if self._barren is None:
            return False  # it may still be looking at what there is
        self._barren.append(seconds)
        least, lasting = _BARREN
        if len(self._barren) < least or sum(self._barren) < lasting:
            return False
        what = f"nothing could be made of {len(self._barren)} segments in a row"
        self._rendition.events.append(Missed(what, sum(self._barren)))
        return True

    def _continues(self, segment: Segment, upcoming: Upcoming) -> bool:
        coming = upcoming.segment
        if upcoming.outrun or (coming.sequence != segment.sequence + 1 and not coming.is_i_frame):
            return False
        if self._cipher is not None and not self._cipher.goes_on(segment.key, coming.key):
            return False
        before, after = segment.init, coming.init
        if before is not None and after is not None and before.is_implied and after.is_implied:
            after = before if self.format is None else after  # tables of a transport stream, as they were
        return not upcoming.announced_break and (after, coming.offset) == (before, segment.offset)


def _expect_boxes(chunk: bytes, segment: Segment) -> None:
    """Where MP4 shall follow, anything else would be taken for a box of enormous size that hides all that comes."""
    if len(chunk) >= _BOX_HEAD and not chunk[4:_BOX_HEAD].isalnum():
        raise SourceError(f"{redact_reference(segment.uri)[:200]}: is not MP4")
