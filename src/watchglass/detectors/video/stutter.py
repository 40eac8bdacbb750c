"""Stutter: the motion jerks, because pictures are dropped or shown twice.

## What it measures
`held` (pictures): how long a picture stood while those before and after it moved, shown again or with nothing at the
times of the next, told when it happens, with `usual` (pictures), how long the new pictures before it were shown, in
the middle, `leap` (times what moves), the change when it ended, `moves` (8-bit code values), how much moves, and
`shot` (s), how long ago the last cut was; and once a second `motion` (8-bit code values): the mean change of the
busiest quarter of the picture, where most pictures move.

## Why it matters
An encoder that is too slow, a link that loses pictures, a converter that guesses: everything is sharp, and nobody can
watch a ball or a crawl.

## Opens and closes
Opens when pictures were held out of step for `open_at` within `within`, each hold counting twice at most, or six times
where the motion leaps after it, dated back to the first. In step is a hold that others nearby equal, in length and in
what passes between them (film at 30 pictures a second), unless that began in the midst of a shot; and one that is less
than twice as long as pictures are shown then (animation on twos). Not told where less than `least` moves, where the
stream itself held more than a picture in ten seconds of motion before, nor before `open_past` of motion was seen.
Closes when `close_after` has passed without a hold.

## Blind spots
Streams that always stutter, or whose cadence repeats pictures; every second picture shown twice, which is animation.
The first seconds of motion after a rest. Holds that a key frame ends, when one was due. Pictures dropped where little
moves. Pictures that are left out without a trace, so that motion leaps at an even beat.

## Sources
- Lu and others 2018, "MVAD" (dropped frames); the rules of step: our own.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.cadence import MOVES, Cadence
from watchglass.kernels.picture import busiest
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.key_frames import KeyFrames
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.units import CodeValues, Factor, Judged, Seconds

SECOND = 1.0
"""Seconds from one reading of motion to the next."""
CHANGES, OTHER = 3.0, 0.4
"""Code values from which a picture may be of another scene, and likeness to the one before up to which it is."""
MOST = 2
"""Pictures that a hold counts, at most."""
PAST, OFTEN = 30.0, 10.0
"""Seconds of the past that tell what the stream does itself, and of motion in which it may hold one picture."""
NEARBY = 8.0
"""Seconds within which holds may be in step."""
SLOW = 0.4
"""Seconds between holds from which one other makes a step, below which it takes two."""
TWICE = 2.0
"""Times as long as usual that a picture must be shown to be held."""
SOON = 1.5
"""Seconds after a hold in which it may turn out that all pictures are shown that long."""
LATER = 0.8
"""Seconds that must have passed since a hold, to know whether others in step follow."""
LEAP, LEAPS = 1.5, 6
"""Times what moves, from which on the motion leapt after a hold of two pictures, and what it counts then, at most."""
SPAN = 0.6
"""Seconds that it must go on: a drawn picture that comes to rest may take a few steps."""
ALIKE = 0.6
"""Pictures by which steps may differ."""
BEGINS, STRONGLY = 2.0, 6.0
"""Seconds of motion since the cut after which a new step is a fault, and code values that must move to see it."""


class StutterSettings(Settings):
    """Thresholds of `video.stutter`."""

    open_at: Judged[Factor] = 5.0
    """How many pictures must have been held, of each hold at most two, or six where the motion leaps after it."""
    within: Judged[Seconds] = 4.0
    """In how long."""
    more: Judged[Factor] = 3.0
    """How many times more often than before."""
    least: Judged[CodeValues] = 3.0
    """How much must move for it to be seen."""
    open_past: Judged[Seconds] = 2.0
    """How long there must have been motion before, to know how it goes."""
    close_after: Judged[Seconds] = 2.0
    """How long motion must go on without a hold for it to be over."""


class _Hold(NamedTuple):
    pts: float
    pictures: float
    step: float
    apart: float | None
    """Seconds since the hold before."""
    usual: float
    """Pictures that each new one was shown of late; 0 where that is not known."""
    leap: float
    """Change when it ended, in times what moves."""
    moves: float
    """How much moves, code values."""
    shot: float
    """Seconds since the last cut."""

    @property
    def end(self) -> float:
        return self.pts + self.pictures * self.step

    @property
    def weight(self) -> float:
        """How much it counts: more if the motion leapt after it."""
        return min(self.pictures, LEAPS if self.leap >= LEAP and self.pictures >= MOST else MOST)


class Stutter(Detector[VideoFrame]):
    """Judges whether holds are out of step."""

    name = "video.stutter"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = StutterSettings
    limits: ClassVar = {"held": Bound("open_at")}
    settings: StutterSettings

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._cadence = Cadence()
        self._tiles: NDArray[np.float32] | None = None
        self._key_frames = KeyFrames()
        self._second = 0.0
        self._holds: deque[_Hold] = deque()
        self._now: dict[str, float] = {}
        self._moving: deque[float] = deque()
        """Of the last seconds in which there was motion: when."""
        self._count, self._over_at = 0, 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Each hold when it is over, and how much moves."""
        before, self._tiles = self._tiles, frame.tiles
        if frame.change is None:
            self._cadence = Cadence()
            return
        change = busiest(frame.change)
        is_cut = change >= CHANGES and before is not None and frame.likeness(before).correlation < OTHER
        hold = self._cadence.feed(frame.pts, change, is_cut, not self._key_frames.is_due(frame))
        if hold is not None:
            told = (
                ("usual", hold.usual, "pictures"),
                ("leap", hold.leap, "times"),
                ("moves", hold.motion, "code values"),
                ("shot", hold.shot, "s"),
                ("held", float(hold.pictures), "pictures"),
            )
            for name, value, unit in told:
                yield Reading(self.name, frame.track, name, hold.pts, hold.pictures * hold.step, value, unit)
        if not 0.0 <= frame.pts - self._second < SECOND - 1e-6:
            self._second = frame.pts
            yield frame.reading(self.name, "motion", self._cadence.motion, "code values")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Holds that nothing nearby equals, more of them than before."""
        if reading.name == "motion":
            while self._moving and not 0.0 <= reading.pts - self._moving[0] <= PAST + NEARBY:
                self._moving.popleft()
            if reading.value >= MOVES:
                self._moving.append(reading.pts)
            yield from self._decide(reading)
            yield from self._gate.update(reading, value=0.0, since=self._over_at, say=self._say)
            return
        if reading.name != "held":
            self._now[reading.name] = reading.value
            return
        self._take(reading)
        yield from self._decide(reading)

    def _decide(self, reading: Reading) -> Iterator[Finding]:
        """Look at the holds of which it is known what followed."""
        until = reading.pts - LATER
        now = [hold for hold in self._holds if until - self.settings.within <= hold.pts <= until and self._is_odd(hold)]
        if self._gate.is_open:
            now = [hold for hold in now if hold.end > self._over_at]
            self._count += len(now)
        elif now:
            self._count = len(now) if self._is_more(now) else 0
        if not now or not self._count:
            return
        self._over_at = now[-1].end
        yield from self._gate.update(reading, value=1.0, since=now[0].pts, say=self._say)

    def _take(self, reading: Reading) -> None:
        holds, now = self._holds, self._now
        while holds and not reading.pts - PAST - self.settings.within <= holds[0].pts <= reading.pts:
            holds.popleft()
        apart = reading.pts - holds[-1].pts if holds else None
        step = reading.duration / max(reading.value, 1.0)
        others = (now.get(name, 0.0) for name in ("usual", "leap", "moves", "shot"))
        holds.append(_Hold(reading.pts, reading.value, step, apart, *others))
        now.clear()

    def _is_odd(self, hold: _Hold) -> bool:
        """Whether it is out of step with those nearby, or in a step that began in the midst of a shot."""
        usual = max(other.usual for other in self._holds if 0.0 <= other.pts - hold.pts <= SOON)
        if not hold.usual or hold.pictures + 1 < TWICE * usual:
            return False
        if hold.apart is None:
            return True
        alike = [other for other in self._holds if _in_step(hold, other)]
        if len(alike) < (1 if hold.apart >= SLOW else 2):
            return True
        first = min((hold, *alike), key=lambda each: each.pts)
        return hold.moves >= STRONGLY and self._moved(first.shot, first.pts) >= BEGINS

    def _is_more(self, now: Sequence[_Hold]) -> bool:
        """Whether there are enough of them, and far more than before."""
        limits, since = self.settings, now[0].pts
        if sum(hold.weight for hold in now) < limits.open_at or min(hold.moves for hold in now) < limits.least:
            return False
        if now[-1].end - since < SPAN:
            return False
        moved = self._moved(PAST, since)
        before = sum(since - PAST <= hold.pts < since for hold in self._holds)
        if moved < limits.open_past or before > max(1.0, moved / OFTEN):
            return False
        return len(now) / limits.within >= limits.more * before / moved

    def _moved(self, past: float, until: float) -> float:
        """Seconds of motion in so many seconds until then."""
        return SECOND * sum(until - past < pts <= until for pts in self._moving)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The motion jerks for {lasted:.1f} s: {self._count} times a picture stood where it should have moved"


def _in_step(hold: _Hold, other: _Hold) -> bool:
    if other is hold or other.apart is None or hold.apart is None or other.pictures != hold.pictures:
        return False
    return abs(other.apart - hold.apart) <= ALIKE * hold.step and abs(other.pts - hold.pts) <= NEARBY
