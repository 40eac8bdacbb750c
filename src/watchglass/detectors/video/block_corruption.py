"""Block corruption: blocks of the picture that were lost, and what the decoder has in their place.

## What it measures
About 8 times a second, while something moves, as fractions of the picture: `green_share`, the green of a buffer of
zeros (both chroma planes at the bottom of their range, where no camera and no designer goes); and `new_grey_share`,
even colourless grey of the middle code value where there was something else at the last look.

## Why it matters
What was lost between us and the encoder: the worst of what viewers see, and where it was encoded again since, no flag
and no error tells of it.

## Opens and closes
Opens when two looks within `together` have shown at least `green_at` of green or `grey_at` of new grey, dated back to
the first; for grey that is also twice as much as the stream itself has shown more than once in the last 10 s (clouds in
an old film).
Closes `close_after` after the last such look, dated back to it. Reason `bare`: nothing conceals it.

## Blind spots
Damage that a decoder conceals, which is neither green nor grey. Grey that comes once and stays is a picture. Damage in
still pictures that does not change any more is over. A fill of another colour.

## Sources
- FFmpeg, `libavcodec/h264_slice.c` (buffers that are not filled stay green) and `error_resilience.c` (grey).
- Thresholds: our own, on real clips.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.fills import fill
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

STEP = 0.11
"""Seconds between two looks, at least."""
STILL = 0.5
"""Change of the busiest tile, in code values, up to which nothing moves."""
MORE = 2.0
"""Times as much new grey as the stream itself shows."""
PAST = 10.0
"""Seconds of the stream's past that tell what it shows itself."""


class BlockCorruptionSettings(Settings):
    """Thresholds of `video.block_corruption`."""

    green_at: Judged[Share] = 0.002
    """Share of the picture that is the green of an empty buffer."""
    grey_at: Judged[Share] = 0.005
    """Share of the picture that is new, even grey."""
    together: Judged[Seconds] = 1.0
    """How far two looks that show it may lie apart."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be no damage for it to be over."""


class BlockCorruption(Skims, Detector[VideoFrame]):
    """Judges whether parts of the picture are what an empty buffer holds."""

    name = "video.block_corruption"
    status = Status.PROVISIONAL
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BlockCorruptionSettings
    limits: ClassVar = {"green_share": Bound("green_at"), "new_grey_share": Bound("grey_at")}
    settings: BlockCorruptionSettings
    decided_by = ("new_grey_share",)
    memory = 1
    noted = frozenset({"green_share"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._before: NDArray[np.uint8] | None = None
        self._looked_at = 0.0
        self._green = 0.0
        self._hits: deque[float] = deque(maxlen=2)
        self._past: deque[tuple[float, float]] = deque()
        self._most = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Look at what is green, and at what has become grey."""
        before = self._before
        if before is not None and 0.0 <= frame.pts - self._looked_at < STEP:
            return
        green = grey = 0.0
        if before is None or frame.change is None or before.shape != frame.small.shape:
            self._before = frame.small.copy()
        elif float(frame.change.max()) > STILL and frame.chroma is not None and len(frame.chroma) == 2:
            green, grey = fill(frame.small, frame.chroma, before, frame.bit_depth)
            self._before = frame.small.copy()
        self._looked_at = frame.pts
        if green:
            yield frame.reading(self.name, "green_share", green, "1")
        yield frame.reading(self.name, "new_grey_share", grey, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Two looks within a second."""
        if reading.name != "new_grey_share":
            self.note({reading.name: reading.value})
            return
        limits, green, grey, pts = self.settings, self._green, reading.value, reading.pts
        self._green = 0.0
        is_hit = green >= limits.green_at or (grey >= limits.grey_at and grey >= MORE * self._usual(pts))
        if is_hit:
            self._hits.append(pts)
        is_bad = is_hit and (self._gate.is_open or self._are_together)
        if self._gate.is_idle:
            self._most = 0.0
            self._past.append((pts, grey))
        if is_hit:
            self._most = max(self._most, green, grey)
        since = None
        if is_bad and self._gate.is_idle:
            since = self._hits[0]
            while self._past and self._past[-1][0] >= since:  # that is no part of the stream's own past
                self._past.pop()
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say, reason="bare")

    def _usual(self, pts: float) -> float:
        """New grey that this stream shows itself, more than once; what came just now is what is judged."""
        while self._past and not pts - PAST <= self._past[0][0] <= pts:
            self._past.popleft()
        before = nlargest(2, (grey for at, grey in self._past if at < pts - self.settings.together))
        return before[1] if len(before) == 2 else 0.0

    @property
    def _are_together(self) -> bool:
        return len(self._hits) == 2 and 0.0 <= self._hits[1] - self._hits[0] <= self.settings.together

    @property
    def is_settled(self) -> bool:
        """Nothing is open or suspected."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks that show less than half of what would be told, which no later one is compared with."""
        return (frames.of("green_share") < self.settings.green_at) & (frames.value < self.settings.grey_at / MORE)

    def note(self, values: Mapping[str, float]) -> None:
        """The green of the same look."""
        self._green = values.get("green_share", 0.0)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        most = 100.0 * self._most
        return (
            f"Blocks were lost and nothing is in their place for {lasted:.1f} s, in up to {most:.1f} % of the picture"
        )
