"""The loop once more, without the media: what the detectors would say of readings that are stored.

Each detector is judged alone, in a process of its own if need be; what they say is then put in the order of the
loop, so that context hears everything as it heard it while watching.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Detector
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Columns
from watchglass.model.media import ClockAnchor, NotWatched, Track, Tracks
from watchglass.model.stored import End, Happening
from watchglass.monitor.context import Ear
from watchglass.monitor.open_findings import OpenFindings
from watchglass.monitor.plots import Binner
from watchglass.monitor.skim import Judging
from watchglass.monitor.watch import FAILED, Hire, Observation, failed

log = logging.getLogger(__name__)

CurveKey = tuple[str, str | None, str, str]
"""Detector, track, name, unit."""


class Place(NamedTuple):
    """Where in the order of the loop something was said."""

    order: int
    phase: int = 0
    """Before (-1), with (0) or after (1) what was observed there."""
    life: int = 0
    detector: int = 0


Observed = Tracks | ClockAnchor | NotWatched | Finding
_LAST = 1 << 62
"""An order beyond every other."""
Said = tuple[Place, Finding | Reading]


@dataclass(frozen=True, slots=True)
class Life:
    """For how long the detectors of a track watched."""

    track: Track | None
    begin: int
    """Order of the announcement."""
    end: int
    """Order of what ended it."""
    pts: float
    """Media time at which it ended, in seconds."""
    finishes: bool
    """False where watching ended, and not the media."""
    rank: int = 0
    """Place of the track in the order of the loop."""

    @property
    def is_let_go(self) -> bool:
        """Whether watching ended at a turn between the tiers: what is open is told as not watched any more."""
        return not self.finishes and self.end < _LAST


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, as far as it concerns who watched and from where to where.

    Args:
        happened: Everything that was kept beside the readings, with its order.
        start: Seconds: readings before it do not count.
        stop: Seconds: readings from it on do not count; None for the end.
    """

    happened: Sequence[tuple[int, Happening]]
    start: float = 0.0
    stop: float | None = None

    @property
    def end(self) -> End | None:
        """How it ended; None where it was cut off."""
        return next((what for _, what in reversed(self.happened) if isinstance(what, End)), None)

    def pts(self, pts: float) -> float:
        """A time within the part that counts."""
        return pts if self.stop is None else min(pts, self.stop)

    def lives(self, hires: Callable[[Track | None], bool] = lambda track: True) -> list[Life]:
        """Of all tracks, and first of the stream (no track), in the order of the loop.

        Args:
            hires: Whether somebody watches a track as it is told: in the light tier not all do.
        """
        end = self.end
        finishes = end is not None and (end.how == "ended" or (self.stop is not None and self.stop <= end.pts))
        to_the_end = (_LAST, self.pts(end.pts) if end else 0.0, finishes)
        lives: list[Life] = []
        watched: dict[str | None, int] = {}
        ranks: dict[str | None, int] = {}
        met = 0
        for order, what in self.happened:
            if not isinstance(what, Tracks):
                continue
            present: dict[str | None, Track | None] = {None: None} | {track.id: track for track in what.tracks}
            watchable = {name for name, track in present.items() if hires(track)}
            ranks = {name: rank for name, rank in ranks.items() if name in present}
            for name in present:
                met += name not in ranks
                ranks.setdefault(name, met)
            for gone in [name for name in watched if name not in watchable]:
                index = watched.pop(gone)
                lives[index] = replace(lives[index], end=order, pts=self.pts(what.pts), finishes=gone not in present)
            for name, track in present.items():
                if name in watchable and name not in watched:
                    watched[name] = len(lives)
                    lives.append(Life(track, order, *to_the_end, ranks[name]))
        return lives

    def failures(self, detector: str) -> dict[str | None, tuple[int, float]]:
        """Where a detector had failed and was dismissed: order and media time, by track."""
        return {
            what.track: (order, what.opened_at)
            for order, what in reversed(self.happened)
            if isinstance(what, Finding) and what.detector == FAILED and what.reason == detector
        }


@dataclass(slots=True)
class Judged:
    """What one detector says of an input."""

    said: list[Said] = field(default_factory=list)
    curves: dict[CurveKey, Binner] = field(default_factory=dict)


def judge(
    name: str,
    number: int,
    batches: Iterable[Columns],
    story: Story,
    hire: Hire,
    *,
    draws: bool = False,
    skims: bool = True,
) -> Judged:
    """Judge the stored readings of one detector.

    Args:
        name: Its id.
        number: Its place among those that judge.
        batches: Its readings, in order.
        story: What happened meanwhile.
        hire: Makes the detectors of a track; others than this one are left aside.
        draws: True to have curves of the readings, too.
        skims: False to show the detector every reading, however dull.
    """
    judged, ear = Judged(), Ear()

    def hires(track: Track | None) -> bool:
        return any(detector.name == name for detector in hire(track))

    posts = [
        _Post(Judging(detector, skims=skims), life, Place(0, 1, life.rank, number), story)
        for life in story.lives(hires)
        for detector in hire(life.track)
        if detector.name == name
    ]
    for columns in batches:
        if story.start or story.stop is not None:
            columns = columns[_within(columns, story)]
        for post in posts:
            judged.said += post.take(columns)
        judged.said += ((Place(order), level) for order, level in ear.listen(columns))
        if draws:
            _draw(judged.curves, columns)
    for post in posts:
        judged.said += post.close()
    return judged


def observations(story: Story, judged: Iterable[Judged], names: Sequence[str]) -> Iterator[Observation]:
    """Everything in the order of the loop, for context to weigh."""
    said: list[tuple[Place, Observation]] = [each for one in judged for each in one.said]
    said += [(Place(order), what) for order, what in story.happened if _counts(what, names, story)]
    said.sort(key=lambda each: each[0])
    return (observed for _, observed in said)


def _counts(what: Happening, names: Sequence[str], story: Story) -> TypeGuard[Observed]:
    """Whether it is to be observed again; of the findings, only failures cannot be made again from readings."""
    if isinstance(what, Finding):
        return what.detector == FAILED and what.reason in names and what.opened_at == story.pts(what.opened_at)
    if isinstance(what, NotWatched):
        inside = what.duration == 0.0 or (what.pts >= story.start and what.pts == story.pts(what.pts))
        return inside and (what.detector is None or what.detector in names)
    return isinstance(what, Tracks | ClockAnchor)


class _Post:
    """One detector on one track, for as long as it watched."""

    def __init__(self, judging: Judging, life: Life, place: Place, story: Story) -> None:
        self._judging = judging
        self._life = life
        self._place = place
        detector: Detector[Any] = judging.detector
        dismissed = story.failures(detector.name).get(detector.track_id)
        self._dismissed = dismissed if dismissed is not None and life.begin < dismissed[0] < life.end else None
        self._until = self._dismissed[0] if self._dismissed else life.end
        self._has_failed = False
        self._open = OpenFindings()

    def take(self, columns: Columns) -> Iterator[Said]:
        """Judge what is ours of a batch."""
        if self._has_failed:
            return
        ours = (columns.order > self._life.begin) & (columns.order < self._until)
        if self._judging.detector.kind is not None:  # else it watches the whole stream, whatever the track
            ours &= columns.is_word(columns.track, self._judging.detector.track_id)
        if ours.any():
            yield from self._guarded(self._judging.judge(columns if ours.all() else columns[ours]))

    def close(self) -> Iterator[Said]:
        """Judge what was held back, and finish as it was finished."""
        if not self._has_failed:
            yield from self._guarded(self._judging.rest())
        judging, place = self._judging, self._place
        if self._dismissed is not None:  # the finding that says so is among what happened
            order, pts = self._dismissed
            yield from self._finish(place._replace(order=order, phase=-1), pts)
        elif self._has_failed:
            place = place._replace(order=judging.order)
            yield from self._finish(place, judging.pts)
            yield place, failed(judging.detector, judging.pts)
        elif self._life.finishes:
            yield from self._finish(place._replace(order=self._life.end), self._life.pts)
        elif self._life.is_let_go:
            for finding in self._open.unwatched(self._life.pts):
                yield place._replace(order=self._life.end), finding

    def _guarded(self, findings: Iterator[tuple[int, Finding]]) -> Iterator[Said]:
        try:
            for order, finding in findings:
                self._open.heard(finding)
                yield Place(order, 1), finding
        except Exception:
            log.exception("detector %s failed at %.3f s", self._judging.detector.name, self._judging.pts)
            self._has_failed = True

    def _finish(self, place: Place, pts: float) -> Iterator[Said]:
        try:
            for finding in self._judging.detector.finish(pts):
                yield place, finding
        except Exception:
            log.exception("detector %s failed at the end, %.3f s", self._judging.detector.name, pts)


def _within(columns: Columns, story: Story) -> NDArray[np.bool_]:
    inside = columns.pts >= story.start
    return inside if story.stop is None else inside & (columns.pts < story.stop)


def _draw(curves: dict[CurveKey, Binner], columns: Columns) -> None:
    kinds = np.stack([columns.track, columns.name, columns.unit])
    different, which = np.unique(kinds, axis=1, return_inverse=True)
    for number, (track, name, unit) in enumerate(different.T.tolist()):
        rows = which.ravel() == number
        words = columns.words
        key = (columns.detector, words[track], words[name] or "", words[unit] or "")
        curves.setdefault(key, Binner()).add(columns.pts[rows], columns.duration[rows], columns.value[rows])
