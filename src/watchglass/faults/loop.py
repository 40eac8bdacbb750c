"""A file that is read again and again, on one timeline that goes on for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise, takewhile
from pathlib import Path
from typing import Any

from av.packet import Packet

from watchglass.faults.reading import demuxed, is_wanted, opened, zero_of
from watchglass.model.errors import NotMediaError, SourceError

SHORTER = 0.05
"""Seconds by which sound may end before the picture; where it lacks more, the loop ends with an earlier key frame."""
UNKNOWN = 0.02
"""Seconds that a packet is taken to last that does not say."""
SLACK = 1e-3
"""Seconds within which two times are the same."""
_MOST_LOOPS = 50
"""Rounds that are looked at to find the longest segment."""


@dataclass(frozen=True, slots=True)
class Reel:
    """What is looped."""

    path: Path
    tracks: tuple[tuple[int, str, str], ...]
    """Number, kind and codec of the first picture and of all sound."""
    zero: float
    """Where a round begins: the time of its first key frame, or of its first sound, in seconds."""
    period: float
    """Seconds from one round to the next."""
    keys: tuple[float, ...]
    """Key frames of the picture, in seconds from the beginning."""
    size: tuple[int, int]
    """Width and height of the picture; 0 where there is none."""

    @property
    def has_picture(self) -> bool:
        """Whether there is a picture to cut at."""
        return any(kind == "video" for _, kind, _ in self.tracks)

    def cuts(self, seconds: float) -> Iterator[float]:
        """Where segments of about that length begin, endlessly."""
        grid = Grid(seconds)
        for turn in count():
            yield from (at for at in (turn * self.period + key for key in self.keys) if grid.is_due(at))

    def longest(self, seconds: float) -> float:
        """Seconds of the longest of these segments."""
        begun = takewhile(lambda at: at < _MOST_LOOPS * self.period, self.cuts(seconds))
        return max((end - begin for begin, end in pairwise(begun)), default=self.period)


class Grid:
    """Says where to cut: at the first key frame at or after each multiple of a length, never soon after another cut."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0
        self._least = 0.0

    def is_due(self, at: float) -> bool:
        """Whether a segment begins with this key frame (seconds); each is asked about once, in order."""
        if at < self._next - SLACK or at < self._least:
            return False
        self._next = ((at + SLACK) // self._seconds + 1) * self._seconds
        self._least = at + self._seconds / 2
        return True


def survey(path: Path) -> Reel:
    """Read through a file once, without decoding, to know where it can be cut and joined.

    Raises:
        SourceError: It cannot be read, or holds no picture and no sound.
    """
    with opened(path) as container:
        wanted: list[Any] = [stream for stream in container.streams if is_wanted(stream)]
        pictures = [stream for stream in wanted if stream.type == "video"][:1]
        chosen = [*pictures, *(stream for stream in wanted if stream.type == "audio")]
        if not chosen:
            raise NotMediaError(f"{path}: holds no picture and no sound")
        ends, keys = dict.fromkeys((stream.index for stream in chosen), 0.0), list[float]()
        for packet in demuxed(container, chosen):
            if packet.pts is None:
                continue
            begin, end = _span(packet, 0.0)
            ends[packet.stream.index] = max(ends[packet.stream.index], end)
            if packet.stream.type == "video" and packet.is_keyframe:
                keys.append(begin)
        zero = min(keys, default=zero_of(container))
        tracks = tuple((stream.index, stream.type, stream.codec_context.name) for stream in chosen)
        size = (pictures[0].width, pictures[0].height) if pictures else (0, 0)
    keys = sorted(key - zero for key in keys)
    period = _period(tracks, {index: end - zero for index, end in ends.items()}, keys)
    if period <= 0.0:
        raise SourceError(f"{path}: has no duration, and cannot be looped")
    return Reel(path, tracks, zero, period, tuple(key for key in keys if key < period - SLACK) or (0.0,), size)


def _period(tracks: tuple[tuple[int, str, str], ...], ends: dict[int, float], keys: list[float]) -> float:
    """As long as the picture, or shorter where some of the sound would be missing at its end."""
    whole = ends[tracks[0][0]]
    least = min(ends.values())
    if least >= whole - SHORTER or tracks[0][1] != "video":
        return whole if tracks[0][1] == "video" else least
    return max((key for key in keys if 0.0 < key <= least + SHORTER), default=whole)


class Looped:
    """One track of a reel, in the place of a container: what it demuxes never ends.

    Pictures go on in step. Sound goes on without a gap: at a joint a packet is left out or moved by less than one, so
    that it never is further from the picture than half of one.

    Args:
        reel: The file.
        index: Number of the track.
    """

    def __init__(self, reel: Reel, index: int) -> None:
        self._reel = reel
        self._index = index
        self._container = opened(reel.path)
        self.stream: Any = self._container.streams[index]

    def demux(self, stream: Any) -> Iterator[Any]:
        """Packets on the endless timeline; an empty one ends each round of pictures and asks for what is still held."""
        expected: float | None = None
        for turn in count():
            if turn:
                self._container.close()
                self._container = opened(self._reel.path)
            own = self._container.streams[self._index]
            if own.type == "video":
                own.thread_type = "AUTO"  # type: ignore[attr-defined]
                yield from self._pictures(own, turn)
            else:
                for packet, end in self._sound(own, turn, expected):
                    yield packet
                    expected = end

    def _pictures(self, own: Any, turn: int) -> Iterator[Any]:
        step = round(turn * self._reel.period / float(own.time_base))
        for packet in demuxed(self._container, [own]):
            if packet.size and packet.pts is not None:
                begin, _ = _span(packet, self._reel.zero)
                if not -SLACK < begin < self._reel.period - SLACK:
                    continue
                packet.pts += step
                packet.dts = packet.pts if packet.dts is None else packet.dts + step
            yield packet

    def _sound(self, own: Any, turn: int, expected: float | None) -> Iterator[tuple[Any, float]]:
        """Packets, and where the sound has got to with each."""
        base = float(own.time_base)
        shift: float | None = None if expected is not None else 0.0
        for packet in demuxed(self._container, [own]):
            if not packet.size or packet.pts is None:
                continue
            begin, end = _span(packet, self._reel.zero)
            lasts = end - begin
            if end <= lasts / 2 or begin > self._reel.period - lasts / 2:
                continue
            begin += turn * self._reel.period
            if shift is None:
                assert expected is not None
                if begin < expected - lasts / 2:
                    continue
                shift = expected - begin if begin < expected + lasts else 0.0
            fresh: Any = Packet(bytes(packet))  # what says that samples are to be left out stays behind
            fresh.stream, fresh.time_base = own, own.time_base
            fresh.pts = fresh.dts = round((begin + shift + self._reel.zero) / base)
            fresh.duration = packet.duration
            yield fresh, begin + shift + lasts

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()


def _span(packet: Any, zero: float) -> tuple[float, float]:
    base = float(packet.time_base)
    begin = packet.pts * base - zero
    return begin, begin + ((packet.duration or 0) * base or UNKNOWN)
