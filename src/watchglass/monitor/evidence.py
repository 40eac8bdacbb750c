"""Pictures and waveforms to show with what was found, gathered while the items pass by."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import thumbnail
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import AudioBlock, Item, Tracks, VideoFrame
from watchglass.model.report import FindingKey, Picture, Waveform
from watchglass.monitor.plots import Binner

EVERY = 0.6
"""Seconds between the pictures that are kept."""
BACK = 12.0
"""Seconds that they reach back."""
NEAR = 1.5
"""Seconds: a picture farther than this from a defect shows something else."""
MOST_PICTURES = 200
MOST_CHANNELS = 8
"""With more than these, a waveform shows all channels together."""
_BATCH = 64
"""Blocks of sound that are gathered before they are drawn: numpy is cheap by the batch only."""


@dataclass(frozen=True, slots=True, eq=False)
class _Still:
    """A copied small picture, not yet encoded."""

    pts: float
    luma: NDArray[np.uint8]
    chroma: tuple[NDArray[np.uint8], ...] | None
    matrix: thumbnail.Matrix
    full_range: bool
    transfer: str

    @classmethod
    def of(cls, frame: VideoFrame) -> "_Still":
        height, width = frame.luma.shape
        chroma = frame.small_chroma
        return cls(
            frame.pts,
            frame.small.copy(),  # may be a view on the decoder's own buffer
            None if chroma is None else tuple(plane.copy() for plane in chroma),
            "bt2020"
            if frame.colour.transfer in ("pq", "hlg")
            else "bt709"
            if width > 1024 or height > 576
            else "bt601",
            frame.colour.full_range,
            frame.colour.transfer,
        )


class Evidence:
    """Keeps a picture for each finding, and the waveform of each audio track.

    Put it between the source and the loop, and tell it the findings as they come::

        for seen in watch(evidence.watching(source), hire):
            record.add(seen)
            if isinstance(seen, Finding):
                evidence.add(seen)

    Args:
        most_pictures: The most pictures to keep; graver findings push out the pictures of lesser ones.
    """

    def __init__(self, *, most_pictures: int = MOST_PICTURES) -> None:
        self.end = 0.0
        """Media time up to which the source has delivered, in seconds."""
        self.frames = 0
        """Pictures that passed by."""
        self._most_pictures = most_pictures
        self._present: VideoFrame | None = None
        self._rings: dict[str, deque[_Still]] = {}
        self._turns: dict[str, int] = {}
        self._pictures: dict[FindingKey, tuple[Severity, Picture]] = {}
        self._outlines: dict[tuple[str, int], _Outline] = {}

    def watching(self, source: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of a source through."""
        for item in source:
            if item.end > self.end:
                self.end = item.end
            if isinstance(item, VideoFrame):
                self.frames += 1
                self._keep(item)
                self._present = item  # its findings come before the next item does
                yield item
                self._present = None
            else:
                if isinstance(item, AudioBlock):
                    self._draw(item)
                elif isinstance(item, Tracks):
                    for track in item.tracks:
                        self._turns[track.id] = round(float(track.facts.get("rotation", 0)) / 90.0) % 4
                yield item

    def add(self, finding: Finding) -> None:
        """Keep a picture for a finding, unless it has one."""
        known = self._pictures.get(finding.key)
        if known is not None:
            if known[0] is not finding.severity:
                self._pictures[finding.key] = (finding.severity, known[1])
            return
        gives_way = None
        if len(self._pictures) >= self._most_pictures:
            gives_way = min(self._pictures, key=lambda key: self._pictures[key][0])
            if self._pictures[gives_way][0] >= finding.severity:
                return
        track = self._track_to_show(finding)
        still = self._still_for(finding, track)
        if still is None:
            return
        if gives_way is not None:
            del self._pictures[gives_way]
        self._pictures[finding.key] = (finding.severity, _encoded(still, self._turns.get(track, 0)))

    @property
    def pictures(self) -> dict[FindingKey, Picture]:
        """The picture of each finding that has one."""
        return {key: picture for key, (_, picture) in self._pictures.items()}

    @property
    def waveforms(self) -> tuple[Waveform, ...]:
        """The outline of every audio track, by channel."""
        return tuple(wave for outline in self._outlines.values() for wave in outline.waveforms())

    def _keep(self, frame: VideoFrame) -> None:
        track = frame.track or ""
        ring = self._rings.get(track)
        if ring is None:
            ring = self._rings[track] = deque(maxlen=round(BACK / EVERY))
        if not ring or not 0.0 <= frame.pts - ring[-1].pts < EVERY:
            ring.append(_Still.of(frame))

    def _draw(self, block: AudioBlock) -> None:
        key = (block.track or "", block.samples.shape[0])  # other channels from here on: an outline of their own
        outline = self._outlines.get(key)
        if outline is None:
            outline = self._outlines[key] = _Outline(*key, block.layout)
        outline.add(block)

    def _track_to_show(self, finding: Finding) -> str:
        """The finding's own pictures, or those of the first track that has any."""
        if finding.track in self._rings or not self._rings:
            return finding.track or ""
        return next(iter(self._rings))

    def _still_for(self, finding: Finding, track: str) -> _Still | None:
        """The picture that shows the defect best: in its middle; of a defect of the sound: at its beginning."""
        begin = finding.opened_at
        end = finding.told_at if finding.closed_at is None else finding.closed_at
        wanted = (begin + end) / 2 if finding.track == track else begin

        def away(pts: float) -> tuple[float, float]:
            outside = max(begin - pts, pts - end, 0.0) if end > begin else abs(pts - begin)
            return (outside, abs(pts - wanted))

        kept = min(self._rings.get(track, ()), key=lambda still: away(still.pts), default=None)
        present = self._present
        if present is not None and present.track == track and (kept is None or away(present.pts) < away(kept.pts)):
            return _Still.of(present) if away(present.pts)[0] <= NEAR else None
        return kept if kept is not None and away(kept.pts)[0] <= NEAR else None


def _encoded(still: _Still, turns: int) -> Picture:
    data, width, height = thumbnail.jpeg(
        still.luma,
        still.chroma,
        matrix=still.matrix,
        full_range=still.full_range,
        transfer=still.transfer,
        quarter_turns=turns,
    )
    return Picture(still.pts, data, width, height)


class _Outline:
    """Peak and power of one track over time, by channel, on the hops that the detectors share."""

    def __init__(self, track: str, channels: int, layout: tuple[str, ...]) -> None:
        self.channels = channels
        self._track = track
        if channels > MOST_CHANNELS:
            self._names: tuple[str, ...] = ("all",)
        else:
            self._names = layout if len(layout) == channels else tuple(str(n + 1) for n in range(channels))
        self._peak = [Binner() for _ in self._names]
        self._power = [Binner() for _ in self._names]
        self._waiting: list[tuple[float, float, NDArray[np.float32], NDArray[np.float32]]] = []

    def add(self, block: AudioBlock) -> None:
        hops = block.hops
        if len(self._names) < self.channels:
            peak, power = hops.peak.max(axis=0, keepdims=True), hops.power.max(axis=0, keepdims=True)
        else:
            peak, power = hops.peak, hops.power
        self._waiting.append((block.pts, hops.seconds, peak, power))
        if len(self._waiting) >= _BATCH:
            self._fold()

    def waveforms(self) -> Iterator[Waveform]:
        self._fold()
        for name, peak, power in zip(self._names, self._peak, self._power, strict=True):
            peaks, powers = peak.bins(), power.bins()
            yield Waveform(self._track, name, peaks.begin, peaks.step, peaks.high, np.sqrt(powers.mean))

    def _fold(self) -> None:
        if not self._waiting:
            return
        counts = [peak.shape[1] for _, _, peak, _ in self._waiting]
        pts = np.concatenate([b + s * np.arange(n) for (b, s, _, _), n in zip(self._waiting, counts, strict=True)])
        length = np.repeat([seconds for _, seconds, _, _ in self._waiting], counts)
        peaks = np.concatenate([peak for _, _, peak, _ in self._waiting], axis=1)
        powers = np.concatenate([power for _, _, _, power in self._waiting], axis=1)
        self._waiting.clear()
        for row, (peak, power) in enumerate(zip(self._peak, self._power, strict=True)):
            peak.add(pts, length, peaks[row])
            power.add(pts, length, powers[row])
