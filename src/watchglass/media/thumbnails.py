"""A strip of small pictures from a clip, around the time at which a finding opened.

What a key frame is near to is shown by that, so that little has to be decoded: only what leads from a key frame to the
picture at which the finding opened, and to those that no key frame is near to. What does not decode may be the fault
itself: then there are fewer pictures, or none.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import thumbnail
from watchglass.kernels.colour import Matrix, usual_matrix
from watchglass.media.clip import Clip
from watchglass.media.pictures import Pictures

COUNT = 6
WIDTH = 320
"""Pixels of a picture."""
STEP = 1.5
"""Seconds from one picture to the next, about, where the clip is long enough."""
_NEAR = STEP / 2.0
"""Seconds by which a picture may be another one, if that is a key frame."""
_TALLEST = 4
"""Times its width."""
_MATRICES: dict[int, Matrix] = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
"""ITU-T H.273, table 4."""
_SLACK = 1e-3
"""Seconds: clocks of containers are coarse."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Pictures of the same size, side by side."""

    jpeg: bytes
    times: tuple[float, ...]
    """Seconds on the timeline at which each of them began to be shown."""
    width: int
    """Pixels of each."""
    height: int


def strip(clip: Clip, opened_at: float, count: int = COUNT) -> Strip | None:
    """Look at a clip.

    Args:
        clip: What was written.
        opened_at: Seconds on the timeline; one of the pictures is what was to be seen then.
        count: The most pictures.

    Returns:
        None where there is nothing to see in it.
    """
    opened_at = min(max(opened_at - clip.start, 0.0), clip.stop - clip.start)
    wanted = _times(opened_at, clip.stop - clip.start, count)
    found: list[tuple[float, NDArray[np.uint8]]] = []
    try:
        with av.open(str(clip.path)) as container:
            if not container.streams.video:
                return None
            found.extend(_found(container, wanted, opened_at))
    except (av.FFmpegError, OSError, ValueError):  # of what was found until then there is a strip
        pass
    if not found:
        return None
    size = found[0][1].shape
    alike = [(at, picture) for at, picture in found if picture.shape == size]
    jpeg = thumbnail.encoded(np.ascontiguousarray(np.hstack([picture for _, picture in alike])))
    return Strip(jpeg, tuple(clip.start + at for at, _ in alike), size[1], size[0])


def _times(opened_at: float, duration: float, count: int) -> list[float]:
    """Evenly around the opening, a third of them before it; seconds from the beginning of the clip."""
    step = min(STEP, max(duration / max(count - 1, 1), _SLACK))
    room = int((opened_at + _SLACK) / step), int((duration - opened_at + _SLACK) / step)
    before = min((count - 1) // 2, room[0])
    after = min(count - 1 - before, room[1])
    before = min(count - 1 - after, room[0])
    return [opened_at + number * step for number in range(-before, after + 1)]


def _key_frames(container: Any, stream: Any) -> list[float]:
    """Times at which decoding can begin; seconds from the beginning of the clip."""
    packets = (packet for packet in container.demux(stream) if packet.is_keyframe and packet.pts is not None)
    return sorted(float(packet.pts * packet.time_base) for packet in packets)


def _near_key_frames(wanted: Sequence[float], keys: Sequence[float], exactly: float) -> list[float]:
    """The same times, all but one of them moved to a key frame where one is near."""
    moved = {exactly}
    for time in wanted:
        nearest = min(keys, key=lambda key: abs(key - time), default=time)
        is_near = abs(nearest - time) <= _NEAR and abs(time - exactly) > _SLACK
        moved.add(nearest if is_near else time)
    return sorted(moved)


def _found(container: Any, wanted: Sequence[float], opened_at: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Each picture that is to be seen at one of some times, with when it began."""
    stream = container.streams.video[0]
    stream.thread_type = "NONE"
    keys = _key_frames(container, stream)
    painter = _Painter(stream)
    shown = -1.0
    from_where = groupby(_near_key_frames(wanted, keys, opened_at), lambda time: bisect(keys, time + _SLACK))
    for number, times in from_where:
        container.seek(round(keys[max(0, number - 1)] / stream.time_base) if keys else 0, stream=stream)
        for frame in _at(_frames(container, stream), [*times]):
            if frame.time > shown:
                shown = frame.time
                yield frame.time, painter.paint(frame)


def _at(frames: Iterator[Any], times: list[float]) -> Iterator[Any]:
    """Those that are to be seen at some times."""
    last: Any = None
    for frame in frames:
        while times and frame.time > times[0] + _SLACK:
            del times[0]
            if last is not None:
                yield last
        last = frame
        if times and frame.time > times[0] - _SLACK:
            del times[0]
            yield frame
        if not times:
            return
    if last is not None:
        yield last


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except (av.FFmpegError, EOFError):
            continue
        yield from (frame for frame in frames if frame.time is not None)


class _Painter:
    """Makes a small picture of FFmpeg's frames, upright and in the proportions in which it is shown."""

    def __init__(self, stream: Any) -> None:
        self._aspect = float(stream.codec_context.sample_aspect_ratio or stream.sample_aspect_ratio or 1.0)

    def paint(self, frame: Any) -> NDArray[np.uint8]:
        pictures = Pictures("video:0", 0.04)
        pictures.accepts(frame)
        made = pictures.frame(frame, frame.time, 0.04)
        turns = round((frame.rotation or 0) / 90.0) % 4
        wide, high = frame.width * self._aspect, float(frame.height)
        if turns % 2:
            wide, high = high, wide
        tall = min(max(1, round(WIDTH * high / wide)), _TALLEST * WIDTH)
        size = (tall, WIDTH) if turns % 2 else (WIDTH, tall)
        matrix = _MATRICES.get(int(frame.colorspace)) or usual_matrix(frame.width, frame.height, made.colour.transfer)
        chroma = made.small_chroma
        painted = thumbnail.pixels(
            made.small,
            chroma if chroma is None else tuple(chroma),
            size,
            matrix=matrix,
            full_range=made.colour.full_range,
            transfer=made.colour.transfer,
        )
        return np.rot90(painted, turns)
