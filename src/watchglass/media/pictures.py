"""Decoded pictures of one track, as views on the decoder's buffers."""

from collections.abc import Callable

import numpy as np
from av.video.frame import VideoFrame as AvFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

from watchglass.kernels.picture import Plane
from watchglass.media import probe
from watchglass.media.timeline import JUMP_BACK
from watchglass.model.media import Chroma, Colour, VideoFrame

LONGEST = 3600.0
"""Seconds: a frame that says that it lasts longer is not believed."""
LONGEST_REORDERED = 2.0
"""Usual durations, likewise, where frames are reordered: containers tell durations in the order of decoding, so that
the one before a hole in the clock is told of another frame."""
LONGEST_ALONE = 30.0
"""Seconds from a key frame to the next, where there is nothing between them; more is a hole."""
SURELY_ALONE = 0.9 * JUMP_BACK
"""Seconds that one stands, however long others did: when the next one comes, no clock has gone back."""

LATE = 0.5, 5.0
"""Seconds, from and to, by which a picture comes after its time: more is another clock."""


class Pictures:
    """Turns FFmpeg's frames of one track into ours.

    Args:
        track: Id of the track.
        frame_seconds: How long a frame lasts where none has said so itself.
        reorders: Whether frames are shown in another order than they are coded in.
        are_alone: Whether none of those between key frames come: each stands until the next.
    """

    def __init__(self, track: str, frame_seconds: float, *, reorders: bool = False, are_alone: bool = False) -> None:
        self.track = track
        self._seconds = frame_seconds
        self._longest = LONGEST_REORDERED * frame_seconds if reorders and not are_alone else LONGEST
        self._are_alone = are_alone
        self._raw: float | None = None
        self.shape: tuple[int, int, str] | None = None
        """Width, height and pixel format of the last frame."""
        self._format = probe.PictureFormat("planar", 8, True)
        self._facts: tuple[int, int, int] | None = None
        self._asks_light = False
        """True until the first key frame of a format has said how bright it gets."""
        self._colour = Colour(full_range=False, transfer="sdr")
        self._reformatter = VideoReformatter()
        self._last: VideoFrame | None = None
        self._shown: tuple[float, float] | None = None

    def is_late(self, raw: float | None, decoded: float | None) -> bool:
        """Whether a decoder lets go of a picture long after its time, as after lost slices: no player shows it.

        Args:
            raw: The picture's time on the container's clock, seconds.
            decoded: The time of its packet's decoding, likewise; None at the end. Where the clock jumps, it jumps, too.
        """
        if raw is None:
            return False
        shown, late = self._shown, False
        if shown is not None and LATE[0] < shown[0] - raw < LATE[1]:
            late = decoded is None or 0.0 < decoded - shown[1] < LATE[0]
        if decoded is not None and not late:
            self._shown = raw, decoded
        return late

    def accepts(self, frame: AvFrame) -> bool:
        """False when the format changed; the frame is accepted from then on."""
        shape = (frame.width, frame.height, frame.format.name)
        if shape == self.shape:
            return True
        first = self.shape is None
        self.shape = shape
        self._format = probe.picture_format(shape[2])
        self._last = None
        self._facts = None
        return first

    def seconds(self, told: float, raw: float | None) -> float:
        """How long a frame lasts.

        Args:
            told: What it tells itself, in seconds, 0 for nothing; this may be the duration of another one.
            raw: The frame's time on the container's clock, seconds. One that is alone lasts as long as the one before,
                as far as that is sure.
        """
        if self._are_alone:
            before, self._raw = self._raw, raw
            apart = 0.0 if raw is None or before is None else raw - before
            told = min(apart, SURELY_ALONE) if apart <= LONGEST_ALONE else 0.0
        if 0.0 < told < self._longest:
            self._seconds = told
        return self._seconds

    @property
    def tolerance(self) -> float:
        """Seconds by which a frame may miss the end of the one before."""
        return LONGEST_ALONE if self._are_alone else self._seconds * 0.5 + 0.002

    def frame(self, frame: AvFrame, pts: float, duration: float) -> VideoFrame:
        """A picture at ``pts`` (seconds) that lasts ``duration`` (seconds)."""
        facts = (frame.color_range, frame.color_trc, frame.color_primaries)
        if facts != self._facts:
            self._facts = facts
            self._asks_light = True
            self._colour = probe.colour(frame.format.name, *facts)
            if self._format.planes == "convert":
                self._colour = self._colour._replace(full_range=False)
        if self._colour.transfer == "pq" and frame.key_frame and self._asks_light:
            self._asks_light = False  # PyAV (18.1) makes a cycle of a picture and what stands beside it: once is enough
            self._colour = self._colour._replace(max_cll=probe.max_cll(frame) or self._colour.max_cll)
        colour = self._colour
        luma, chroma = self._planes(frame)
        last = self._last
        made = VideoFrame(
            track=self.track,
            pts=pts,
            duration=duration,
            luma=luma,
            chroma=chroma,
            bit_depth=self._format.bit_depth,
            colour=colour,
            interlaced=frame.interlaced_frame,
            key_frame=frame.key_frame,
            is_corrupt=frame.is_corrupt,
            # Made here if nobody has asked for it yet: live, the decoder runs ahead of the detectors.
            previous_small=None if last is None else last.small,
        )
        self._last = made
        return made

    def _planes(self, frame: AvFrame) -> tuple[Plane, Chroma | Callable[[], Chroma]]:
        if self._format.planes == "convert":
            frame = self._reformatter.reformat(frame, format="yuv420p", dst_color_range="MPEG")
        depth = self._format.bit_depth
        luma = view(VideoPlane(frame, 0), depth)
        if not self._format.has_chroma:
            return luma, None
        if self._format.planes == "semiplanar":
            return luma, lambda: _pair(VideoPlane(frame, 1), depth)
        return luma, lambda: (view(VideoPlane(frame, 1), depth), view(VideoPlane(frame, 2), depth))


def view(plane: VideoPlane, bit_depth: int) -> Plane:
    """The code values of a plane in the frame's own memory: (h, w) uint8, or uint16 beyond 8 bits."""
    if plane.line_size < 0:  # stored upside down
        upside_down: Plane = np.from_dlpack(plane)  # type: ignore[assignment]
        return upside_down
    # Five times as fast as from_dlpack, and there is one for every picture.
    return _rows(plane, bit_depth)[: plane.height, : plane.width]


def _rows(plane: VideoPlane, bit_depth: int) -> Plane:
    """The plane with the padding at the end of its rows."""
    code_values: Plane = np.frombuffer(plane, np.uint16 if bit_depth > 8 else np.uint8)  # type: ignore[call-overload]
    return code_values.reshape(-1, plane.line_size // code_values.itemsize)


def _pair(plane: VideoPlane, bit_depth: int) -> tuple[Plane, Plane]:
    """The two halves of an interleaved chroma plane."""
    rows = _rows(plane, bit_depth)[: plane.height, : plane.width * 2]
    return rows[:, 0::2], rows[:, 1::2]
