"""Judging stored readings of one detector: all of them, or only those that matter where it can tell."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Detector
from watchglass.model.finding import Finding
from watchglass.model.frames import Columns, Frames
from watchglass.model.skimming import Skims

FEW = 4
"""Decisions that are shown before a detector is asked whether it has settled: cutting them out costs as much."""
_SHOWN, _RECALLED, _PASSED, _HELD = 0, 1, 2, 3


class Judging:
    """Shows stored readings to the second half of a detector, batch by batch.

    Args:
        detector: Fresh; what it finds is what it would have found while watching.
        skims: False to show every reading.
    """

    def __init__(self, detector: Detector[Any], *, skims: bool = True) -> None:
        self.detector = detector
        self.order = 0
        """Place of the reading that was judged last."""
        self.pts = 0.0
        """Its time, in seconds."""
        self._skims: Skims | None = detector if skims and isinstance(detector, Skims) else None
        self._held: Frames | None = None
        self._rest: Columns | None = None

    def judge(self, columns: Columns) -> Iterator[tuple[int, Finding]]:
        """Judge what comes next; findings with the place of the reading that told them."""
        if self._skims is None:
            yield from self._show(columns)
            return
        if self._rest is not None:
            columns = self._rest.followed_by(columns)
        frames, self._rest = Frames.cut(columns, self._skims.decided_by)
        if self._held is not None:
            frames = self._held.followed_by(frames)
        fate = _fates(self._skims, frames)
        edges = [0, *(np.flatnonzero(np.diff(fate)) + 1).tolist(), len(frames)]
        for begin, end in pairwise(edges):
            if begin == end or fate[begin] == _HELD:
                continue
            if fate[begin] == _SHOWN:
                yield from self._show_frames(self._skims, frames[begin:end])
            else:
                yield from self._settle(self._skims, frames[begin:end], is_near=fate[begin] == _RECALLED)
        self._held = frames[fate == _HELD]

    def rest(self) -> Iterator[tuple[int, Finding]]:
        """Judge what was held back: nothing comes any more."""
        if self._held is not None:
            held, self._held = self._held, None
            yield from self._show(held.columns)
        if self._rest is not None:
            rest, self._rest = self._rest, None
            yield from self._show(rest)

    def _settle(self, skims: Skims, frames: Frames, *, is_near: bool) -> Iterator[tuple[int, Finding]]:
        """Leave dull decisions out as soon as nothing is open any more, or take them in where what follows is near."""
        begin = 0
        while begin < len(frames) and not skims.is_settled:
            yield from self._show_frames(skims, frames[begin : begin + FEW])
            begin += FEW
        if begin >= len(frames):
            return
        rest = frames[begin:]
        if not is_near:
            skims.pass_over(rest)
        elif skims.recall(rest):
            self.order, self.pts = int(rest.columns.order[-1]), float(rest.columns.pts[-1])
        else:
            yield from self._show_frames(skims, rest)

    def _show_frames(self, skims: Skims, frames: Frames) -> Iterator[tuple[int, Finding]]:
        """The same as showing each reading, in fewer calls where a detector only notes most of them."""
        before = frames.before
        if not len(before) or not before.is_word(before.name, *skims.noted).all():
            yield from self._show(frames.columns)
            return
        names, values = before.spelt(before.name), before.value.tolist()
        decisions, begin = frames.deciding, 0
        counts = np.diff(frames.ends, prepend=-1) - 1
        until = counts.cumsum().tolist()
        judge, note = self.detector.judge, skims.note
        for end, self.order, reading in zip(until, decisions.order.tolist(), decisions.readings(), strict=True):
            note(dict(zip(names[begin:end], values[begin:end], strict=True)))
            begin, self.pts = end, reading.pts
            for finding in judge(reading):
                yield self.order, finding

    def _show(self, columns: Columns) -> Iterator[tuple[int, Finding]]:
        judge = self.detector.judge
        for self.order, reading in zip(columns.order.tolist(), columns.readings(), strict=True):
            self.pts = reading.pts
            for finding in judge(reading):
                yield self.order, finding


def _fates(skims: Skims, frames: Frames) -> NDArray[np.int8]:
    """(n,): what is shown, recalled because what is shown rests on it, passed over, or held for what may come after."""
    interesting = np.flatnonzero(~skims.dull(frames))
    lanes = skims.lanes(frames)
    places = np.arange(len(frames))
    following = np.searchsorted(interesting, places)  # the next that is interesting, itself included
    until = np.append(interesting, len(frames))[following]
    pts = frames.columns.pts[frames.ends]
    soon = np.append(pts, pts[-1:])[until]
    fate = np.full(len(frames), _PASSED, np.int8)
    for lane in np.unique(lanes).tolist():
        count = np.append(0, (lanes == lane).cumsum())  # of this lane, before each place
        ago = count[until] - count[places]
        is_near = (ago <= skims.memory) & ((soon - pts <= skims.memory_seconds) | (ago <= skims.memory_at_least))
        fate[(lanes == lane) & is_near] = _RECALLED
    fate[(fate == _RECALLED) & (until == len(frames))] = _HELD
    fate[interesting] = _SHOWN
    return fate
