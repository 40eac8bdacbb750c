"""Corrupt: what the decoder was given is broken.

## What it measures
`damaged` (pictures): pictures flagged damaged by the decoder, packets that it refused, pictures that it swallowed
and, of H.264, pictures that others refer to and that never came, at each picture; `broken_packets` (packets): packets
that the transport marked corrupt, because parts of them are missing. Where the codec's decoder flags nothing (HEVC,
VP8, VP9, JPEG) also `block_edges` (edges of 8 pixels in a picture of 480 x 272): edges that appear on the grid of the
codec's blocks from one picture to the next, less twice those that appear beside it.

## Why it matters
Lost or overwritten bytes: blocks, smears and jumps that a viewer sees at once.

## Opens and closes
Opens as information with the first damaged picture; an alarm once a second holds `alarm_at` of them, or once
`goes_on` seconds of programme have followed it: the first pictures after joining and the last before a cut are often
incomplete, and are no alarm. Closes when a second has passed without any, dated back to the last. Block edges count
as a damaged picture when there are `edges_at` more than `edges_usual` times the most of the last two seconds.

## Blind spots
Damage that was burnt into the picture before it was encoded (`video.block_corruption` looks for it). Pictures that
merely refer to a broken one are not flagged. Of pictures that are not decoded (light tier) only what their packets
tell is known. Lost pictures of MPEG-2, MPEG-4 and older codecs. Overwritten bytes of
HEVC, VP8, VP9 and JPEG tell nothing where they leave no edges, in the half second after joining, and at a cut. Where
a twentieth of the packets or more are marked corrupt all along, marks are counted and not judged: some multiplexers
write wrong lengths all day long.

## Sources
- FFmpeg, `libavutil/frame.h`: `decode_error_flags`, `AV_FRAME_FLAG_CORRUPT`; ETSI TR 101 290 v1.4.1, 5.2.1.
- ITU-T H.264, 7.4.3 (`frame_num`): what is counted must come.
- ITU-T H.265, 6.4 (blocks are multiples of 8 pixels); edges on the grid against edges beside it: our own.
"""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.block_edges import new_block_edges
from watchglass.model.coded import CodedPicture
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.media import Damage, Track, VideoFrame
from watchglass.model.phrases import lasting
from watchglass.model.skimming import Skims
from watchglass.model.units import Count, Factor, Judged, PerSecond, Seconds

LEARN, USUAL = 25, 0.05
"""Pictures after which it is known whether packets are usually marked, and the share that is usual."""
WINDOW = 1.0
"""Seconds over which damage is counted."""
MUTE = frozenset({"hevc", "vp8", "vp9", "mjpeg"})
"""Codecs whose decoders (FFmpeg 8.1) show damaged pictures without a word."""
PAST, KNOWN = 50, 12
"""Pictures whose edges are what is usual, and how many of them are enough to judge by."""
CUT_CHANGE, CUT_TIMES, CUT_SHARE = 8.0, 2.0, 0.6
"""Another scene: so many code values more than so many times its change before, in such a share of the tiles."""


class CorruptSettings(Settings):
    """Thresholds of `video.corrupt`."""

    alarm_at: Judged[PerSecond] = 2.0
    """Damaged pictures and refused packets in a second from which it is an alarm."""
    goes_on: Judged[Seconds] = 0.3
    """Seconds of programme after a damaged picture that make it an alarm."""
    edges_at: Judged[Count] = 10
    """Block edges, beyond what is usual, that are damage."""
    edges_usual: Judged[Factor] = 1.5
    """How many times the most block edges of the last two seconds are usual."""
    settle: Judged[Seconds] = 1.0
    """Seconds after joining in which a single damaged picture is information only."""


class Corrupt(Skims, Detector[VideoFrame | CodedPicture | Damage]):
    """Counts what the decoder complains about."""

    name = "video.corrupt"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame, CodedPicture, Damage)
    settings_type = CorruptSettings
    settings: CorruptSettings
    decided_by = ("damaged",)
    memory = PAST

    def prepare(self) -> None:
        """Nothing was damaged."""
        self._packets = 0
        self._picture = 0.04
        self._is_mute = self.track is not None and self.track.codec in MUTE
        self._before: NDArray[np.uint8] | NDArray[np.uint16] | None = None
        self._change: NDArray[np.float32] | None = None
        self._edges: deque[float] = deque(maxlen=PAST)
        self._standing_out = 0.0
        self._recent: deque[tuple[float, float]] = deque()
        self._broken = 0.0
        self._pictures = self._marked = 0
        self._most = 0.0
        self._joined: float | None = None
        self._last_end = 0.0
        self._severity = Severity.INFO
        self._gate = Gate(self.name, self.track_id, open_at=1.0)

    def measure(self, item: VideoFrame | CodedPicture | Damage) -> Iterator[Reading]:
        """Count the damage, picture by picture."""
        if not isinstance(item, Damage):
            self._picture = item.duration
            if self._packets:
                yield self._reading(item, "broken_packets", self._packets, "packets")
                self._packets = 0
            if isinstance(item, VideoFrame) and self._is_mute and not (self.track and self.track.has_key_frames_only):
                yield self._reading(item, "block_edges", self._new_edges(item), "edges")
            yield self._reading(item, "damaged", float(isinstance(item, VideoFrame) and item.is_corrupt), "pictures")
        elif item.what == "packet":
            self._packets += 1
        else:
            yield Reading(self.name, item.track, "damaged", item.pts, self._picture, 1.0, "pictures")

    def _reading(self, item: VideoFrame | CodedPicture, name: str, value: float, unit: str) -> Reading:
        return Reading(self.name, item.track, name, item.pts, item.duration, value, unit)

    def follow(self, track: Track) -> None:
        """Edges are new only beside the picture before."""
        super().follow(track)
        self._before = self._change = None

    def _new_edges(self, frame: VideoFrame) -> float:
        """New edges on the grid of blocks; none where the scene is new."""
        before, self._before = self._before, frame.luma.copy()  # the view is the decoder's
        usual, self._change = self._change, frame.change
        if before is None or usual is None or self._change is None or frame.interlaced:
            return 0.0
        if np.mean(self._change > CUT_CHANGE + CUT_TIMES * usual) >= CUT_SHARE:
            return 0.0
        return new_block_edges(frame.luma, before, frame.bit_depth)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """One is told, several in a second are an alarm, and so is one after which the programme goes on."""
        if reading.name == "broken_packets":
            self._broken = reading.value
            return
        if reading.name == "block_edges":
            self._standing_out = self._stand_out(reading.value)
            return
        recent, limits = self._recent, self.settings
        damage = max(reading.value, self._standing_out) + self._lost_packets()
        self._broken = self._standing_out = 0.0
        if self._joined is None:
            self._joined = reading.pts
        if damage:
            recent.append((reading.pts, damage))
            self._last_end = reading.end
        while recent and recent[0][0] <= reading.pts - WINDOW:
            recent.popleft()
        in_a_second = sum(value for _, value in recent)
        if self._gate.is_idle:
            self._most, self._severity = 0.0, Severity.INFO
        self._most = max(self._most, in_a_second)
        goes_on = reading.end - self._last_end >= limits.goes_on and self._last_end - self._joined >= limits.settle
        if self._most >= limits.alarm_at or (in_a_second and goes_on):
            self._severity = Severity.WARNING
        since = None if in_a_second else self._last_end
        yield from self._gate.update(reading, value=in_a_second, since=since, say=self._say, severity=self._severity)

    def _lost_packets(self) -> float:
        """Broken packets that mean damage: not those of a multiplexer that marks its packets all day long."""
        usual = self._marked / self._pictures if self._pictures >= LEARN else 1.0
        self._pictures += 1
        self._marked += bool(self._broken)
        return self._broken if usual < USUAL else 0.0

    def _stand_out(self, edges: float) -> float:
        """One damaged picture, where there are far more new edges than in the pictures before."""
        limits = self.settings
        known = len(self._edges) >= KNOWN
        stands_out = known and edges >= limits.edges_at + limits.edges_usual * max(self._edges)
        if not stands_out and self._gate.is_idle:  # damage is not what is usual
            self._edges.append(edges)
        return float(stands_out)

    @property
    def is_settled(self) -> bool:
        """Joined, and nothing was damaged within the last second."""
        return self._joined is not None and self._gate.is_idle and not self._recent

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Whole pictures, with no more block edges than are never damage."""
        edges = frames.of("block_edges")
        is_marked = frames.of("broken_packets") > 0.0
        has_edges = edges >= float(self.settings.edges_at)
        is_whole: NDArray[np.bool_] = frames.value == 0.0
        return is_whole & ~is_marked & ~has_edges

    def pass_over(self, frames: Frames) -> None:
        """Pictures without a marked packet count for what is usual."""
        self._pictures += len(frames)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(min(pts, self._last_end), self._say)

    def _say(self, lasted: float) -> str:
        return f"The decoder met damaged pictures{lasting(lasted)}, up to {self._most:.0f} in a second"
