"""Decoded sound of one track, cut into blocks of exact length that never cross a gap."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from numpy.typing import NDArray

from watchglass.media.timeline import in_seconds
from watchglass.model.media import AudioBlock, TimelineBreak

BLOCK, FILE_BLOCK = 0.1, 0.4
"""Seconds of a block, and of one where nobody waits: a tenth of a second tells sooner, four tenths are cheaper."""

TOLERANCE = 0.02
"""Seconds by which a timestamp may miss the sample count: containers round to milliseconds, and more."""

MAX_CHANNELS = 64
"""More than any layout in use."""

_TYPES: dict[str, type[np.generic]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "s64": np.int64,
    "flt": np.float32,
    "dbl": np.float64,
}

Place = Callable[[float | None, float], tuple[float, TimelineBreak | None]]
"""Places (raw seconds, duration) on the timeline."""


class Samples:
    """Turns FFmpeg's audio frames of one track into blocks.

    Frames wait until a block is there: a codec's frame is some 20 ms, and taking twenty at once costs a fraction of
    taking each as it comes, between two pictures.

    Args:
        track: Id of the track.
        place: Places a frame on the timeline.
        block: Length of a block, in seconds.
    """

    def __init__(self, track: str, place: Place, block: float = BLOCK) -> None:
        self.track = track
        self._seconds = block
        self.form: tuple[int, int, str] | None = None
        """Rate, number of channels and layout of the last frame."""
        self._place = place
        self._waiting: list[AudioFrame] = []
        self._waits = 0
        self._layout: tuple[str, ...] = ()
        self._block = np.empty((0, 0), np.float32)
        self._filled = 0
        self._starts = 0.0
        self._rate = 0
        self._block_layout: tuple[str, ...] = ()

    def accepts(self, frame: AudioFrame) -> bool:
        """False when the format changed: flush what was there before, then ``adopt`` it."""
        return self.form is None or self.form == _form(frame)

    def adopt(self, frame: AudioFrame) -> None:
        """Go on in the format of this frame."""
        self.form = _form(frame)
        self._layout = tuple(channel.name for channel in frame.layout.channels)

    def blocks(self, frame: AudioFrame) -> Iterator[AudioBlock | TimelineBreak]:
        """Take a frame and yield the blocks that it completes."""
        if self.form is None:
            self.adopt(frame)
        self._waiting.append(frame)
        self._waits += frame.samples
        if self._filled + self._waits >= self._length(frame.sample_rate):
            yield from self._taken()

    def flush(self) -> Iterator[AudioBlock | TimelineBreak]:
        """Hand on what is there, however short."""
        yield from self._taken()
        yield from self._block_so_far()

    def _length(self, rate: int) -> int:
        """Samples of a block."""
        return max(1, round(rate * self._seconds))

    def _taken(self) -> Iterator[AudioBlock | TimelineBreak]:
        """Blocks from the frames that wait."""
        waiting, self._waiting, self._waits = self._waiting, [], 0
        for frame in waiting:
            yield from self._take(frame)

    def _take(self, frame: AudioFrame) -> Iterator[AudioBlock | TimelineBreak]:
        rate = frame.sample_rate
        raw = None if frame.pts is None or frame.time_base is None else in_seconds(frame.pts, frame.time_base)
        pts, broken = self._place(raw, frame.samples / rate)
        if broken is not None and broken.cause != "wrap":
            yield from self._block_so_far()
            yield broken
        samples = _float_planes(frame)
        taken, total = 0, samples.shape[1]
        while taken < total:
            if not self._filled:
                # A new array for each block: whoever keeps one keeps it unchanged.
                self._block = np.empty((samples.shape[0], self._length(rate)), np.float32)
                self._starts = pts + taken / rate
                self._rate, self._block_layout = rate, self._layout
            step = min(total - taken, self._block.shape[1] - self._filled)
            self._block[:, self._filled : self._filled + step] = samples[:, taken : taken + step]
            self._filled += step
            taken += step
            if self._filled == self._block.shape[1]:
                yield from self._block_so_far()

    def _block_so_far(self) -> Iterator[AudioBlock]:
        if self._filled:
            yield AudioBlock(
                track=self.track,
                pts=self._starts,
                samples=self._block[:, : self._filled],
                rate=self._rate,
                layout=self._block_layout,
            )
        self._filled = 0


def _form(frame: AudioFrame) -> tuple[int, int, str]:
    layout = frame.layout
    return frame.sample_rate, layout.nb_channels, layout.name


def _float_planes(frame: AudioFrame) -> NDArray[np.float32]:
    """(channels, n) float32, 1.0 is full scale, from any sample format."""
    channels, dtype = frame.layout.nb_channels, _TYPES[frame.format.name.removesuffix("p")]
    array: NDArray[Any]
    if frame.format.is_planar:
        # Not frame.planes, nor to_ndarray, which uses it (PyAV 18.1): it reads on to a null pointer, and from eight
        # channels on there is none.
        array = np.stack([_plane(frame, channel, dtype, frame.samples) for channel in range(channels)])
    else:
        array = _plane(frame, 0, dtype, frame.samples * channels).reshape(-1, channels).T
    if array.dtype == np.float32:
        return array
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128.0) / 128.0
    if array.dtype.kind == "i":
        return array.astype(np.float32) / np.float32(2.0 ** (8 * array.dtype.itemsize - 1))
    return array.astype(np.float32)


def _plane(frame: AudioFrame, index: int, dtype: type[np.generic], count: int) -> NDArray[Any]:
    plane: Any = AudioPlane(frame, index)
    return np.frombuffer(plane, dtype, count)
