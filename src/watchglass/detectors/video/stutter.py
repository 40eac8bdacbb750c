"""Stutter: the motion jerks, because pictures are dropped or shown twice.

## What it measures
`held` (pictures): how long a picture stood while those before and after it moved, shown again or with nothing at the
times of the next, told three pictures after it, with `usual` (pictures), how long the new pictures before it were
shown, in the middle, `leap` (times what moves), the largest change when it ended or soon after, `moves` (8-bit code
values), how much moves, `even` (1), what moved in the middle of the pictures before as a share of that, `goes_on` (1)
and `jump` (1), what moves in the three pictures after it, in the middle and at most, as a share of what moved just
before, and `shot` (s), how long ago the last cut was; and once a second `motion` (8-bit code values): the mean change
of the busiest quarter of the picture, where most pictures move.

## Why it matters
An encoder that is too slow, a link that loses pictures, a converter that guesses: everything is sharp, and nobody can
watch a ball or a crawl.

## Opens and closes
Opens when pictures were held out of step for `open_at` within `within`, each hold counting twice at most, or six times
where the motion leaps after it, dated back to the first. In step are holds in an even beat or in a pattern that comes
back (film at 30 pictures a second), unless that began in the midst of a shot and the motion leaps each time; and one
that is less than twice as long as pictures are shown then (animation on twos). Not told where less than `least` moves
(a third of it does where all pictures move alike and the motion leaps), where the motion does not go on as it was,
where the stream held pictures half as long before and not `more` times more seldom, nor before `open_past` of motion
was seen; of that, motion in between will do where it leaps after long holds. Closes when `close_after` has passed
without a hold.

## Blind spots
Streams that always stutter, or whose cadence repeats pictures as long; every second picture shown twice, which is
animation. Holds that a key frame ends, when one was due. Pictures dropped where little moves. Pictures that are left
out without a trace, so that motion leaps at an even beat.

## Sources
- Lu and others 2018, "MVAD" (dropped frames); the rules of step: our own.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.cadence import MOVES, Cadence, Hold
from watchglass.kernels.picture import busiest
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.key_frames import KeyFrames
from watchglass.model.limits import Bound
from watchglass.model.media import TimelineBreak, VideoFrame
from watchglass.model.units import CodeValues, Factor, Judged, Seconds

BESIDE_IT = {
    "usual": "pictures",
    "moves": "code values",
    "shot": "s",
    "even": "1",
    "leap": "times",
    "goes_on": "1",
    "jump": "1",
}
"""What is told of a hold beside how long it was, and in which unit."""
SECOND = 1.0
"""Seconds from one reading of motion to the next."""
CHANGES, MORE, OTHER = 3.0, 1.2, 0.4
"""Code values, and times what moves, from which a picture may be of another scene, and likeness to the one before up to
which it is."""
MOST = 2
"""Pictures that a hold counts, at most."""
PAST, OFTEN = 30.0, 10.0
"""Seconds of the past that tell what the stream does itself, and of motion in which it may hold one picture."""
NEARBY = 8.0
"""Seconds within which holds may be in step."""
TWICE = 2.0
"""Times as long as usual that a picture must be shown to be held."""
SOON = 1.5
"""Seconds after a hold in which it may turn out that all pictures are shown that long."""
LATER = 0.6
"""Seconds that must have passed since a hold, to know whether others in step follow."""
LEAP, LEAPS = 1.5, 6
"""Times what moves, from which on the motion leapt after a hold of two pictures, and what it counts then, at most."""
LITTLE, EVEN = 0.33, 0.6
"""Part of how much must move that does where the motion leaps, if pictures move so evenly."""
GOES_ON = 0.3, 3.0
"""Times what moved before, from and to, that moves after a hold, if it is the same motion."""
SPAN = 0.6
"""Seconds that it must go on: a drawn picture that comes to rest may take a few steps."""
ALIKE, EVENLY = 0.6, 1.2
"""Pictures by which steps may differ in a pattern that comes back, and in an even beat, which may be of fractions."""
AROUND = 3
"""Holds before and after one that tell whether it is in such a beat."""
BEATS, ON_BEAT, MOSTLY = np.arange(4.0, 31.0)[:, None], 0.35, 0.75
"""Pictures from one beat to the next in which some holds may be missing; by how many pictures a hold may miss it, and
the share of all that must not."""
ROW, LEADS_UP = 0.5, 1.5
"""Seconds from one hold to the next in a row of them, and for how long such a row may lead up to an odd one."""
SMOOTH = 2.0
"""Seconds of motion in a shot after which what is held is no way to move."""
BEGINS, STRONGLY, JUMPS = 2.0, 6.0, 1.25
"""Seconds of motion since the cut after which a new step is a fault; code values that must move to see it, and times
what moves that it leaps."""


class StutterSettings(Settings):
    """Thresholds of `video.stutter`."""

    open_at: Judged[Factor] = 5.0
    """How many pictures must have been held, of each hold at most two, or six where the motion leaps after it."""
    within: Judged[Seconds] = 4.0
    """In how long."""
    more: Judged[Factor] = 3.0
    """How many times more often than before."""
    least: Judged[CodeValues] = 2.2
    """How much must move for it to be seen."""
    open_past: Judged[Seconds] = 2.0
    """How long there must have been motion before, to know how it goes."""
    close_after: Judged[Seconds] = 2.0
    """How long motion must go on without a hold for it to be over."""


class Stutter(Detector[VideoFrame | TimelineBreak]):
    """Judges whether holds are out of step."""

    name = "video.stutter"
    status = Status.PROVISIONAL
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame, TimelineBreak)
    settings_type = StutterSettings
    limits: ClassVar = {"held": Bound("open_at")}
    settings: StutterSettings

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._cadence = Cadence()
        self._tiles: NDArray[np.float32] | None = None
        self._key_frames = KeyFrames()
        self._second = 0.0
        self._holds: deque[Hold] = deque()
        self._odd: deque[Hold] = deque()
        self._known_until = -inf
        """Of the holds up to then it is known which are odd."""
        self._now: dict[str, float] = {}
        self._moving: deque[float] = deque()
        """Of the last seconds in which there was motion: when."""
        self._count, self._over_at = 0, -inf
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame | TimelineBreak) -> Iterator[Reading]:
        """Each hold when it is over, and how much moves."""
        if isinstance(frame, TimelineBreak):
            if frame.cause == "outrun":  # what was held, and for how long, is not known
                self._cadence = Cadence()
            return
        before, self._tiles = self._tiles, frame.tiles
        if frame.change is None:
            self._cadence = Cadence()
            return
        change = busiest(frame.change)
        may_be_cut = change >= CHANGES and change > MORE * self._cadence.motion
        is_cut = may_be_cut and before is not None and frame.likeness(before).correlation < OTHER
        hold = self._cadence.feed(frame.pts, change, is_cut, not self._key_frames.is_due(frame))
        if hold is not None:
            for name, unit in (*BESIDE_IT.items(), ("held", "pictures")):
                value = float(hold.pictures if name == "held" else getattr(hold, name))
                yield Reading(self.name, frame.track, name, hold.pts, hold.end - hold.pts, value, unit)
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
        until, odd = reading.pts - LATER, self._odd
        odd += [h for h in self._holds if self._known_until < h.pts <= until and self._is_seen(h) and self._is_odd(h)]
        self._known_until = until
        since = max(until - self.settings.within, self._over_at if self._gate.is_idle else -inf)
        while odd and not since <= odd[0].pts <= until:
            odd.popleft()
        now = list(odd)
        if not now:
            return
        began = self._row_began(now[0].pts) if self._gate.began is None else self._gate.began
        now = [hold for hold in now if self._is_new(hold, now, began)]
        if self._gate.is_open:
            now = [hold for hold in now if hold.end > self._over_at]
            self._count += len(now)
        elif now:
            self._count = len(now) if self._is_enough(now, reading) else 0
        if not now or not self._count:
            return
        self._over_at = now[-1].end
        yield from self._gate.update(reading, value=1.0, since=now[0].pts, say=self._say)

    def _take(self, reading: Reading) -> None:
        holds, now = self._holds, self._now
        while holds and not reading.pts - PAST - self.settings.within <= holds[0].pts <= reading.pts:
            holds.popleft()
        step = reading.duration / max(reading.value, 1.0)
        holds.append(Hold(reading.pts, int(reading.value), step, **{name: now.get(name, 0.0) for name in BESIDE_IT}))
        now.clear()

    def _is_seen(self, hold: Hold) -> bool:
        """Whether enough moves for it to be seen, and goes on to move."""
        if not GOES_ON[0] <= hold.goes_on <= GOES_ON[1]:
            return False
        is_plain = hold.leap >= LEAP and hold.even >= EVEN
        return hold.moves >= self.settings.least * (LITTLE if is_plain else 1.0)

    def _is_odd(self, hold: Hold) -> bool:
        """Whether it is out of step with those nearby, or in a step that began in the midst of a shot."""
        usual = max(other.usual for other in self._holds if 0.0 <= other.pts - hold.pts <= SOON)
        if not hold.usual or hold.pictures + 1 < TWICE * usual:
            return False
        near = [other for other in self._holds if abs(other.pts - hold.pts) <= NEARBY]
        if max(hold.leap, hold.jump) < JUMPS and len(near) > AROUND and not self._was_smooth(hold):
            return False  # nothing is left out: so does what moves by whole pixels
        if not _is_in_step(near, hold):
            return True
        first = near[0]
        return (
            min(hold.leap, hold.jump) >= LEAP
            and hold.moves >= STRONGLY
            and self._moved(first.shot, first.pts) >= BEGINS
        )

    def _row_began(self, pts: float) -> float:
        """Where the holds began that lead up to one: it takes some of them to know which are odd."""
        began = pts
        for hold in reversed(self._holds):
            if hold.pts < began:
                if began - hold.pts > ROW:
                    return began
                began = hold.pts
            if pts - began > LEADS_UP:
                return pts  # the stream itself goes on like that
        return began

    def _was_smooth(self, hold: Hold) -> bool:
        """Whether this shot moved for long before anything was held in it."""
        first = next(other for other in self._holds if other.pts >= hold.pts - hold.shot - hold.step)
        return self._moved(first.shot, first.pts) >= SMOOTH

    def _is_new(self, hold: Hold, now: Sequence[Hold], began: float) -> bool:
        """Whether the stream itself held pictures half as long as this far more seldom before."""
        least = 0.5 * hold.pictures
        before = sum(began - PAST <= other.pts < began and other.pictures >= least for other in self._holds)
        moved = self._moved(PAST, began)
        if before <= max(1.0, moved / OFTEN):
            return True
        rate = sum(other.pictures >= least for other in now) / self.settings.within
        return before <= moved * rate / self.settings.more

    def _is_enough(self, now: Sequence[Hold], reading: Reading) -> bool:
        """Whether there are enough of them, and motion enough was seen to know how it goes."""
        limits, since = self.settings, now[0].pts
        if sum(map(_weight, now)) < limits.open_at or now[-1].end - since < SPAN:
            return False
        if self._moved(PAST, since) >= limits.open_past:
            return True
        plain = sum(hold.pictures >= MOST and hold.leap >= LEAP for hold in now)
        return plain >= 2 and self._moved(PAST, reading.pts) >= limits.open_past

    def _moved(self, past: float, until: float) -> float:
        """Seconds of motion in so many seconds until then."""
        return SECOND * sum(until - past < pts <= until for pts in self._moving)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The motion jerks for {lasted:.1f} s: {self._count} times a picture stood where it should have moved"


def _weight(hold: Hold) -> int:
    """How much it counts: more if the motion leapt after it."""
    return min(hold.pictures, LEAPS if hold.leap >= LEAP and hold.pictures >= MOST else MOST)


def _is_in_step(holds: Sequence[Hold], hold: Hold) -> bool:
    """Whether those as long as one come in an even beat around it, or in a pattern that comes back, or most on beat."""
    at = np.array([(each.pts - hold.pts) / hold.step for each in holds])
    is_same = np.array([each.pictures == hold.pictures for each in holds])
    place = int(np.count_nonzero(is_same[: holds.index(hold)]))
    apart = np.diff(at[is_same])[max(0, place - AROUND) : place + AROUND]
    if len(apart) < 2:
        return False
    beat = np.sort(apart)[: -1 if len(apart) > AROUND else None]  # it may pause once
    if beat[-1] - beat[0] <= EVENLY:
        return True
    if any(np.all(np.abs(apart[after:] - apart[:-after]) <= ALIKE) for after in (2, 3) if len(apart) >= after + 3):
        return True
    off = np.abs((at + 0.5 * BEATS) % BEATS - 0.5 * BEATS)
    return len(at) > AROUND and bool((np.count_nonzero(off <= ON_BEAT, axis=1) >= MOSTLY * len(at)).any())
