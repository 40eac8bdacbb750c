"""The last pictures of each track, small, so that what a finding is dated back to can be shown."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import thumbnail
from watchglass.kernels.colour import Matrix, usual_matrix
from watchglass.model.exhibit import Picture
from watchglass.model.media import Track, VideoFrame

EVERY = 0.6
"""Seconds between the pictures that are kept."""
BACK = 12.0
"""Seconds that they reach back."""
NEAR = 1.5
"""Seconds: a picture farther than this from a defect shows something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A copied small picture, not yet encoded."""

    pts: float
    luma: NDArray[np.uint8]
    chroma: tuple[NDArray[np.uint8], ...] | None
    matrix: Matrix
    full_range: bool
    transfer: str

    @classmethod
    def of(cls, frame: VideoFrame) -> "Still":
        """A copy of a frame's small picture."""
        height, width = frame.luma.shape
        chroma = frame.small_chroma
        return cls(
            frame.pts,
            frame.small.copy(),  # may be a view on the decoder's own buffer
            None if chroma is None else tuple(plane.copy() for plane in chroma),
            usual_matrix(width, height, frame.colour.transfer),
            frame.colour.full_range,
            frame.colour.transfer,
        )

    def encoded(self, turns: int) -> Picture:
        """As a JPEG, put upright by so many quarter turns."""
        data, width, height = thumbnail.jpeg(
            self.luma,
            self.chroma,
            matrix=self.matrix,
            full_range=self.full_range,
            transfer=self.transfer,
            quarter_turns=turns,
        )
        return Picture(self.pts, data, width, height, turns)


class Stills:
    """A ring of pictures for each track, and the picture that is there right now."""

    def __init__(self) -> None:
        self._present: VideoFrame | None = None
        self._rings: dict[str, deque[Still]] = {}
        self._turns: dict[str, int] = {}

    def declared(self, track: Track) -> None:
        """Remember how a track is to be put upright."""
        self._turns[track.id] = round(float(track.facts.get("rotation", 0)) / 90.0) % 4

    def keep(self, frame: VideoFrame) -> None:
        """A picture arrived; it is the present one until it has ``passed``."""
        track = frame.track or ""
        ring = self._rings.get(track)
        if ring is None:
            ring = self._rings[track] = deque(maxlen=round(BACK / EVERY))
        if not ring or not 0.0 <= frame.pts - ring[-1].pts < EVERY:
            ring.append(Still.of(frame))
        self._present = frame  # its findings come before the next item does

    def passed(self) -> None:
        """The present picture is no longer valid."""
        self._present = None

    def track_to_show(self, track: str | None) -> str:
        """The track itself if it has pictures, or else the first that has any."""
        if track in self._rings or not self._rings:
            return track or ""
        return next(iter(self._rings))

    def within(self, track: str, begin: float, end: float, wanted: float) -> Picture | None:
        """The picture from ``begin`` to ``end`` (seconds) that is nearest to ``wanted``, or one near by."""

        def away(pts: float) -> tuple[float, float]:
            outside = max(begin - pts, pts - end, 0.0) if end > begin else abs(pts - begin)
            return (outside, abs(pts - wanted))

        return self._nearest(track, away)

    def before(self, track: str, pts: float) -> Picture | None:
        """The last kept picture before a time, in seconds."""
        kept = [still for still in self._rings.get(track, ()) if pts - NEAR <= still.pts < pts - 1e-6]
        return kept[-1].encoded(self._turns.get(track, 0)) if kept else None

    def since(self, track: str, pts: float) -> Picture | None:
        """The first picture that is known from a time on, in seconds."""
        kept = next((still for still in self._rings.get(track, ()) if pts - 1e-6 <= still.pts <= pts + NEAR), None)
        present = self._present
        if present is not None and present.track == track and pts - 1e-6 <= present.pts <= pts + NEAR:
            kept = Still.of(present) if kept is None or present.pts < kept.pts else kept
        return None if kept is None else kept.encoded(self._turns.get(track, 0))

    def _nearest(self, track: str, away: Callable[[float], tuple[float, float]]) -> Picture | None:
        best = min(self._rings.get(track, ()), key=lambda still: away(still.pts), default=None)
        present = self._present
        if present is not None and present.track == track and (best is None or away(present.pts) < away(best.pts)):
            best = Still.of(present)
        if best is None or away(best.pts)[0] > NEAR:
            return None
        return best.encoded(self._turns.get(track, 0))
