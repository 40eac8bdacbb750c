"""Block corruption: blocks of the picture that were lost, and what the decoder has in their place.

## What it measures
About 8 times a second, while something moves, as fractions of the picture: `green_share`, the green of a buffer of
zeros (both chroma planes at the bottom of their range, where no camera and no designer goes); and `new_grey_share`,
even colourless grey of the middle code value where there was something else at the last look, beyond the share that is
new and nearly of that grey: a dissolve passes through it. In `damaged_blocks` (blocks of 16 pixels, as if the picture
had 1000 of them): blocks at whose borders both the picture and what changed in it since the picture before step along
straight lines, more than they do beside the borders, within half a second;
`left`, `top`, `width` and `height` (shares) say where they are, `echo` that the look itself shows no new ones, and
`other_scene` (share of the tiles) that the scene changed.

## Why it matters
What was lost between us and the encoder: the worst of what viewers see, and where it was encoded again since, no flag
and no error tells of it.

## Opens and closes
Reason `bare`, nothing conceals it: opens when two looks within `together` have shown at least `green_at` of green or
`grey_at` of new grey, dated back to the first; for grey that is also twice as much as the stream itself has shown more
than once in the last 10 s (clouds in an old film).
Reason `concealed`, only the borders tell: opens as information when two looks within `together` have shown two fifths
of `blocks_at` more than the stream itself did more than once in the 4 s before; an alarm at `blocks_at`, if both show
new ones. Nothing is told in the half second after a cut. The confidence is one half at `blocks_at`, less below and more
above.
Closes `close_after` after the last such look, dated back to it.

## Blind spots
Most of what a decoder conceals well: accuracy tells of it apart. Damage in pictures that were scaled since, so that
their blocks are not ours; in still pictures; within half a second of the beginning or a cut; smears. Codecs without a
filter against blocks of their own (MPEG-4 Part 2, MPEG-2, JPEG and older) show straight steps when they are starved of
bits: what is concealed there is measured and not judged. Grey that comes once and stays is a picture. A fill of another
colour.

## Sources
- FFmpeg, `libavcodec/h264_slice.c` (buffers that are not filled stay green) and `error_resilience.c` (grey).
- Thresholds: our own, on real clips. Straight steps of blocks against steps beside them: as in `video.corrupt`.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import block_steps
from watchglass.kernels.block_scores import Blocks, amount, box
from watchglass.kernels.fills import fill
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Region, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.phrases import lasting
from watchglass.model.skimming import Skims
from watchglass.model.units import Count, Judged, Seconds, Share
from watchglass.model.usual import Usual

STEP = 0.11
"""Seconds between two looks, at least."""
STILL = 0.5
"""Change of the busiest tile, in code values, up to which nothing moves."""
MORE = 2.0
"""Times as much new grey as the stream itself shows."""
PAST = 10.0
"""Seconds of the stream's past that tell what grey it shows itself."""
BLOCKS_PAST, BLOCKS_RECENT = 4.0, 0.5
"""The same for blocks; and the last of these seconds, which are what is judged, and how long a scene settles."""
TOLD = 0.4
"""Share of an alarm from which it is worth a word."""
LEAST = 1e-6
"""Blocks that are some."""
ECHO = 0.75
"""Share of an alarm that a look reaches at most which only remembers: a window that opens is there all at once."""
TILE_CHANGE, CUT = 6.0, 0.6
"""Another scene: so many code values between the means of two looks, in such a share of the tiles."""
FILTERED = frozenset({"h264", "hevc", "vvc", "vp8", "vp9", "av1"})
"""Codecs that smooth the borders of their own blocks."""


class BlockCorruptionSettings(Settings):
    """Thresholds of `video.block_corruption`."""

    green_at: Judged[Share] = 0.002
    """Share of the picture that is the green of an empty buffer."""
    grey_at: Judged[Share] = 0.005
    """Share of the picture that is new, even grey."""
    blocks_at: Judged[Count] = 5
    """Blocks, of 1000, whose borders tell that something is concealed: an alarm; information at two fifths of it."""
    together: Judged[Seconds] = 1.0
    """How far two looks that show it may lie apart."""
    close_after: Judged[Seconds] = 1.0
    """How long there must be no damage for it to be over."""


class BlockCorruption(Skims, Detector[VideoFrame]):
    """Judges whether parts of the picture are what an empty buffer holds, or what a decoder has put there instead."""

    name = "video.block_corruption"
    status = Status.PROVISIONAL
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    settings_type = BlockCorruptionSettings
    limits: ClassVar = {
        "green_share": Bound("green_at"),
        "new_grey_share": Bound("grey_at"),
        "damaged_blocks": Bound("blocks_at"),
    }
    settings: BlockCorruptionSettings
    decided_by = ("new_grey_share",)
    memory = 1
    noted = frozenset({"green_share", "damaged_blocks", "left", "top", "width", "height", "echo", "other_scene"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._before: NDArray[np.uint8] | None = None
        self._tiles: NDArray[np.float32] | None = None
        self._looked_at = 0.0
        self._blocks = Blocks()
        self._noted: dict[str, float] = {}
        self._hits: deque[float] = deque(maxlen=2)
        self._looks: deque[tuple[float, float]] = deque()
        self._usual_grey = Usual(PAST, self.settings.together)
        self._usual_blocks = Usual(BLOCKS_PAST, BLOCKS_RECENT)
        self._scene_since: float | None = None
        self._is_smooth = self.track is None or self.track.codec in FILTERED
        self._most, self._most_blocks = 0.0, 0.0
        self._is_bare = self._is_alarm = False
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Look at what is green, at what has become grey, and at the borders of blocks."""
        before = self._before
        if before is not None and 0.0 <= frame.pts - self._looked_at < STEP:
            return
        green = grey = 0.0
        if before is None or frame.change is None or before.shape != frame.small.shape:
            self._before, self._tiles = frame.small.copy(), frame.tiles
            self._blocks.forget()
        elif float(frame.change.max()) > STILL:
            if frame.chroma is not None and len(frame.chroma) == 2:
                green, grey = fill(frame.small, frame.chroma, before, frame.bit_depth)
            yield from self._look_at_blocks(frame)
            self._before, self._tiles = frame.small.copy(), frame.tiles
        self._looked_at = frame.pts
        if green:
            yield frame.reading(self.name, "green_share", green, "1")
        yield frame.reading(self.name, "new_grey_share", grey, "1")

    def _look_at_blocks(self, frame: VideoFrame) -> Iterator[Reading]:
        assert self._tiles is not None
        assert frame.previous_small is not None
        changed = np.count_nonzero(np.abs(frame.tiles - self._tiles) > TILE_CHANGE) / frame.tiles.size
        if changed >= CUT:
            self._blocks.forget()
            yield frame.reading(self.name, "other_scene", changed, "1")
            return
        side = block_steps.side(frame.small.shape, frame.luma.shape)
        scores = self._blocks.look(frame.small, frame.previous_small, side)
        if scores is not None:
            yield frame.reading(self.name, "damaged_blocks", amount(scores), "blocks")
            if self._blocks.is_echo:
                yield frame.reading(self.name, "echo", 1.0, "1")
            for name, share in box(scores)._asdict().items():
                yield frame.reading(self.name, name, share, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Two looks within a second."""
        if reading.name != "new_grey_share":
            self.note({reading.name: reading.value})
            return
        now, self._noted = self._noted, {}
        is_open, pts = self._gate.is_open, reading.pts
        is_hit = self._is_bare_hit(reading, now.get("green_share", 0.0))
        more = self._more_blocks(pts, now)
        is_bare = is_hit and (is_open or self._are_together)
        surely = nlargest(2, (blocks for _, blocks in self._looks))[-1] if more and len(self._looks) > 1 else 0.0
        is_concealed = surely > 0.0 or (is_open and more > 0.0)
        since = None
        if self._gate.is_idle:
            self._most = self._most_blocks = 0.0
            self._is_bare = self._is_alarm = False
            if is_bare or is_concealed:
                since = self._hits[0] if is_bare else self._looks[0][0]
                self._usual_grey.forget(since)  # this is no part of the stream's own past
                self._usual_blocks.forget(since)
        if is_hit:
            self._most = max(self._most, now.get("green_share", 0.0), reading.value)
        self._most_blocks = max(self._most_blocks, more)
        at = float(self.settings.blocks_at)
        is_alarm = is_bare or surely >= at
        if not self._is_alarm:
            self._is_bare, self._is_alarm = is_bare, is_alarm
        yield from self._gate.update(
            reading,
            value=float(is_bare or is_concealed),
            since=since,
            say=self._say,
            reason="bare" if self._is_bare else "concealed",
            confidence=1.0 if is_bare else surely / max(surely + at, LEAST),
            region=_region(now) if is_concealed and not is_bare else None,
            severity=Severity.WARNING if is_alarm else Severity.INFO,
        )

    def _is_bare_hit(self, reading: Reading, green: float) -> bool:
        """This look shows a fill, and the stream does not do so itself."""
        limits, grey, pts = self.settings, reading.value, reading.pts
        is_hit = green >= limits.green_at or (grey >= limits.grey_at and grey >= MORE * self._usual_grey.at(pts))
        if is_hit:
            self._hits.append(pts)
        if self._gate.is_idle:
            self._usual_grey.add(pts, grey)
        return is_hit

    def _more_blocks(self, pts: float, now: Mapping[str, float]) -> float:
        """How many blocks this look shows beyond what is usual, if that is worth a word; 0 if not."""
        if self._scene_since is None or "other_scene" in now or pts < self._scene_since:
            self._scene_since = pts
            self._looks.clear()
            self._usual_blocks.forget()
        damaged = now.get("damaged_blocks", 0.0)
        more = damaged - self._usual_blocks.at(pts) if damaged else 0.0
        if "echo" in now:
            more = min(more, ECHO * self.settings.blocks_at)
        if self._gate.is_idle:
            self._usual_blocks.add(pts, damaged)
        is_settled = pts - self._scene_since >= BLOCKS_RECENT
        if not (self._is_smooth and is_settled and more >= max(TOLD * self.settings.blocks_at, LEAST)):
            return 0.0
        self._looks.append((pts, more))
        while not 0.0 <= pts - self._looks[0][0] <= self.settings.together:
            self._looks.popleft()
        return more

    @property
    def _are_together(self) -> bool:
        return len(self._hits) == 2 and 0.0 <= self._hits[1] - self._hits[0] <= self.settings.together

    @property
    def is_settled(self) -> bool:
        """Nothing is open or suspected."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks of the same scene that show no blocks, and of fills less than half of what would be told."""
        is_green, is_grey = (
            frames.of("green_share") >= self.settings.green_at,
            frames.value >= self.settings.grey_at / MORE,
        )
        is_quiet = np.isnan(frames.of("damaged_blocks")) & np.isnan(frames.of("other_scene"))
        dull: NDArray[np.bool_] = is_quiet & ~is_green & ~is_grey
        return dull

    def note(self, values: Mapping[str, float]) -> None:
        """The green and the blocks of the same look."""
        self._noted.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        if self._is_bare:
            share = f"in up to {100.0 * self._most:.1f} % of the picture"
            return f"Blocks were lost and nothing is in their place{lasting(lasted)}, {share}"
        share = f"about {self._most_blocks:.0f} in 1000 have edges that nothing else explains"
        return f"Blocks were lost and others are in their place{lasting(lasted)}: {share}"


def _region(now: Mapping[str, float]) -> Region | None:
    names = ("left", "top", "width", "height")
    return Region(*(now[name] for name in names)) if all(name in now for name in names) else None
