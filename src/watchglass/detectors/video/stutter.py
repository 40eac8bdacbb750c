"""Stutter: the motion jerks, because pictures are dropped or shown twice.

## What it measures
`held` (pictures): how long a picture stood while those before and after it moved, shown again or with nothing at the
times of the next, told when it happens, with `usual` (pictures), how long the new pictures before it were shown, in
the middle, and `leap` (times what moves), the change when it ended; and once a second `motion` (8-bit code values),
the mean change of pictures where most of them move.

## Why it matters
An encoder that is too slow, a link that loses pictures, a converter that guesses: everything is sharp, and nobody can
watch a ball or a crawl.

## Opens and closes
Opens when pictures were held out of step for `open_at` within `within`, each hold counting twice at most, or four times
where the motion leaps after it, dated back to the first. In step is a hold that others nearby equal, in length and in
what passes between them (film at 30 pictures a second), and one that is less than twice as long as pictures are shown
then (animation on twos). Not told where the stream's own past did a third as much of it, nor before `open_past`
of motion was seen. Closes when `close_after` has passed without a hold.

## Blind spots
Streams that always stutter. The first seconds of motion after a rest. Pictures dropped where little moves. Pictures
that are left out without a trace, so that motion leaps at an even beat.

## Sources
- Lu and others 2018, "MVAD" (dropped frames); the rules of step: our own.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from watchglass.kernels.cadence import MOVES, Cadence
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.units import Factor, Judged, Seconds

SECOND = 1.0
"""Seconds from one reading of motion to the next."""
MOST = 2
"""Pictures that a hold counts, at most."""
PAST = 30.0
"""Seconds of the past that tell what the stream does itself."""
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
LEAP, LEAPS = 1.5, 4
"""Times what moves, from which on the motion leapt after a hold of two pictures, and what it counts then, at most."""
ALIKE = 0.6
"""Pictures by which steps may differ."""


class StutterSettings(Settings):
    """Thresholds of `video.stutter`."""

    open_at: Judged[Factor] = 5.0
    """How many pictures must have been held, of each hold at most two, or four where the motion leaps after it."""
    within: Judged[Seconds] = 4.0
    """In how long."""
    more: Judged[Factor] = 3.0
    """How many times more often than before."""
    open_past: Judged[Seconds] = 1.2
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
        self._second = 0.0
        self._holds: deque[_Hold] = deque()
        self._now: dict[str, float] = {}
        self._moves_since: float | None = None
        self._count, self._over_at = 0, 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Each hold when it is over, and how much moves."""
        if frame.change is None:
            self._cadence = Cadence()
            return
        change = frame.moved
        hold = self._cadence.feed(frame.pts, change)
        if hold is not None:
            lasted = hold.pictures * hold.step
            yield Reading(self.name, frame.track, "usual", hold.pts, lasted, hold.usual, "pictures")
            yield Reading(self.name, frame.track, "leap", hold.pts, lasted, hold.leap, "times")
            yield Reading(self.name, frame.track, "held", hold.pts, lasted, float(hold.pictures), "pictures")
        if not 0.0 <= frame.pts - self._second < SECOND - 1e-6:
            self._second = frame.pts
            yield frame.reading(self.name, "motion", self._cadence.motion, "code values")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Holds that nothing nearby equals, more of them than before."""
        if reading.name == "motion":
            if reading.value < MOVES:
                self._moves_since = None
            elif self._moves_since is None:
                self._moves_since = reading.pts
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
        holds = self._holds
        while holds and not reading.pts - PAST - self.settings.within <= holds[0].pts <= reading.pts:
            holds.popleft()
        apart = reading.pts - holds[-1].pts if holds else None
        step = reading.duration / max(reading.value, 1.0)
        usual, leap = self._now.get("usual", 1.0), self._now.get("leap", 1.0)
        holds.append(_Hold(reading.pts, reading.value, step, apart, usual, leap))
        self._now.clear()

    def _is_odd(self, hold: _Hold, others: Sequence[_Hold] | None = None) -> bool:
        """Whether it is out of step with those nearby."""
        usual = max(other.usual for other in self._holds if 0.0 <= other.pts - hold.pts <= SOON)
        if not hold.usual or hold.pictures + 1 < TWICE * usual:
            return False
        if hold.apart is None:
            return True
        alike = sum(_in_step(hold, other) for other in (self._holds if others is None else others))
        return alike < (1 if hold.apart >= SLOW and others is None else 2)

    def _is_more(self, now: Sequence[_Hold]) -> bool:
        """Whether there are enough of them, and far more than before."""
        limits, since, begun = self.settings, now[0].pts, self._moves_since
        if sum(hold.weight for hold in now) < limits.open_at:
            return False
        if begun is None or since - begun < limits.open_past:
            return False
        before = [hold for hold in self._holds if max(begun, since - PAST) <= hold.pts < since]
        odd = sum(self._is_odd(hold, before[:number]) for number, hold in enumerate(before))
        return len(now) / limits.within >= limits.more * odd / min(PAST, since - begun)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The motion jerks for {lasted:.1f} s: {self._count} times a picture stood where it should have moved"


def _in_step(hold: _Hold, other: _Hold) -> bool:
    if other is hold or other.apart is None or hold.apart is None or other.pictures != hold.pictures:
        return False
    return abs(other.apart - hold.apart) <= ALIKE * hold.step and abs(other.pts - hold.pts) <= NEARBY
