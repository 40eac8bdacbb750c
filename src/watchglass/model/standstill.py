"""How a standstill began, and whether it goes on: what tells a frozen picture from a scene that came to rest."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from statistics import median
from typing import Literal

from watchglass.model.finding import Reading
from watchglass.model.shimmer import SILENT, STEADY, Seen, leads_away
from watchglass.model.units import CodeValues, Seconds

SHIMMERS_IN = 1.2
"""Seconds, at most, until shimmer on a picture that stood is known to be steady."""
SETTLES_IN = 0.7
"""Seconds in which an encoder settles on a picture that stands still."""
SETTLING = 0.4
"""Share of the usual change below which a frame may be an encoder settling."""
LATELY, STILL_MOVES = 8, 0.7
"""Share of the change of so many frames before it stood, from which a frame is no settling but goes on moving."""
PULSE, PULSE_APART, PULSE_SHARE = 0.2, 0.4, 0.1
"""An encoder renews a still in at most `PULSE` s, `PULSE_APART` s or more apart, on this share of the tiles or more."""
CUT_SETTLES_IN, CUT_SETTLES_BY = 0.3, 0.06
"""Seconds, and share of its change, by which an encoder settles on the picture after a cut."""
ANOTHER, ANOTHER_SHARE = 0.55, 0.45
"""Share of a change that is no motion, and of the tiles that change, from which it is another picture."""
CUT_OFF, MOVED = 0.7, 2
"""Share of a change that is no motion, from which what moved before has ended; frames that must have moved since."""
LEAPS, LEAPS_TIMES, LEAPS_SHARE = 20.0, 4.0, 0.8
"""Change in code values, in times the usual one, and the share of the tiles, above which it is another picture, too."""
LEAPS_MOST, LEAPS_NEW = 1.7, 0.4
"""Times the largest change of late, and share of it that is no motion, that do instead of so many times the usual."""
SHARPENS_IN, SHARPENS_BY = 1.0, 0.13
"""Seconds in which an encoder sharpens another picture, and the share of its change that a frame of it may have at
first; ever less later."""
OFTEN, AS_LARGE = 4, 0.5
"""Frames within 2 s that have such a share before it is what large things do that move here, and how large these must
be beside what is judged."""
FADES_ON, FADES_BY = 0.1, 0.87
"""Seconds after another picture in which the next may be a step of the same fade, and what of it is no motion then."""
FADES_ALL = 0.97
"""Share of the tiles that change by what is no motion, from which that is a step of a fade whatever else is in it."""
FADED_MOST = 64.0
"""Code values up to which the steps of a fade add to one change."""
FADES, FADES_SLOWER = 0.78, 0.64
"""Share of the last changes that led to where the picture is, from which it was a fade or a dissolve; where the motion
had become half of what it was."""
FADES_STILL = 0.9
"""The same where it stood for a moment already, and an encoder may have been settling on it."""
AT_LAST = 3
"""Frames that tell how fast it moved at last."""
LOOKS_BACK = 1.2
"""Seconds that lie, at most, between a picture and the one that its drift is measured against."""
COMES_OFTEN = 0.1
"""Seconds: where pictures come more rarely, one that is not quiet counts no longer than this."""
ROOM_MOVED = 0.15
"""Share of tiles: where more moved and stopped at once, it is no room that came to rest, whatever its noise."""
LEADS_NOWHERE = 0.8
"""Share of the usual change by which, at least, motion leads away from the picture of a second ago."""
SMALL = 0.05
"""Share of tiles below which what moves is one small thing."""
EASES, EASES_BY = (0.6, 0.5, 0.25), 0.35
"""Of each of the last changes, the least share that the next has where motion or a fade runs out evenly; the most that
the last may have of the first."""
LEAVES_BY = 0.75
"""Share of the tiles that moved of which, in the last eight frames, so few still do that something leaves."""
A_REST = 0.25
"""Seconds from which standing still is a rest, not the cadence of animation or of a lower frame rate."""
MOVED_ON, ANOTHER_MOVED_ON = 2.0, 1.0
"""Seconds of motion after which rests before it are forgotten; where it is the motion of another picture."""
RESTED = 0.45
"""Share of the last 4 s from which rests are what the picture does."""
OF_ANOTHER = 1.5
"""Seconds of another picture that tell what it does: what the one before it did is forgotten."""
SELDOM = 0.25
"""Share of the last 2 s below which small changes are an encoder renewing a still, one key frame after the other."""


class Standstill:
    """A stretch in which the picture (or all of it beside a strip) stands still, and how it began.

    Args:
        still_at: Change up to which it stands still, in code values.
        settle: Change up to which single frames may go on improving a picture that stands still, likewise.
        refresh: Change up to which a key frame may renew it, likewise.
        told_after: Seconds from which a standstill is told.
    """

    def __init__(self, *, still_at: CodeValues, settle: CodeValues, refresh: CodeValues, told_after: Seconds) -> None:
        self.stands = False
        self.since = 0.0
        self.how: Literal["start", "cut", "came_to_rest", "motion_stopped"] = "start"
        self.moves_since: float | None = None
        """Where the last frames that were not quiet began: there it was over, if they go on."""
        self.moved_before = self.moved_last = 0.0
        """Share of the tiles that moved in the seconds before, and in the last frames: a dissolve may lie between."""
        self.past: deque[Seen] = deque(maxlen=300)
        """The frames of the last seconds in which it moved."""
        self._rests: deque[tuple[float, float]] = deque(maxlen=100)
        self._alarms: deque[tuple[float, float]] = deque(maxlen=8)
        self._began_at = inf
        self._floor_before = 0.0
        self._noise: deque[float] = deque(maxlen=50)
        self._still_at = still_at
        self._settle = settle
        self._refresh = refresh
        self._told_after = told_after
        self._may_drift = self._may_settle = settle
        self._slower = False
        self._stands_at = 0.0
        self._another_at = self._another_change = 0.0
        self._stood_until = -1.0
        self._renewed_at = 0.0
        self._pulse_began = 0.0
        self._unquiet: deque[float] = deque()

    def learn(self, frame: Seen) -> None:
        """Remember a frame that moved."""
        self.past.append(frame)
        self._forget(frame.end)

    def _forget(self, now: float) -> None:
        while self.past[0].end < now - 5.0:
            self.past.popleft()

    def is_over(self, pts: float) -> bool:
        """Nothing stands, nor did a moment ago."""
        return not self.stands and pts - self._stands_at > COMES_OFTEN

    def moves(self, frame: Seen, pts: float) -> None:
        """Take a frame into account that moves while all is over: short for ``update`` and ``learn``."""
        self._began_at = min(self._began_at, pts)
        if frame.newness:
            self._look_for_another(frame, follows=pts - self._another_at <= FADES_ON)
        self.learn(frame)

    def recall(self, frames: Sequence[Seen], times: Sequence[float]) -> None:
        """The same of many frames, one after the other, with their times (``pts``)."""
        self._began_at = min(self._began_at, times[0])
        begin = 0
        for number, frame in enumerate(frames):
            if frame.newness:
                self.past.extend(frames[begin:number])
                begin = number
                self._look_for_another(frame, follows=times[number] - self._another_at <= FADES_ON)
        self.past.extend(frames[begin:])
        self._forget(frames[-1].end)

    @property
    def is_a_room(self) -> bool:
        """A still scene with the noise that the stream had before: alive, and no freeze."""
        if self.how == "motion_stopped" and self.moved_before >= ROOM_MOVED:
            return False
        before, now = self._floor_before, median(self._noise) if self._noise else 0.0
        return min(now, before) > SILENT and 0.6 * before <= now <= 1.6 * before

    def update(self, is_quiet: bool, frame: Seen, drift: float, reading: Reading, one_way: float | None = None) -> bool:
        """Take a frame into account; True while the run goes on.

        ``one_way`` is told with the frame that came to rest: share of its last changes that led to where it is.
        """
        self._began_at = min(self._began_at, reading.pts)
        self._look_for_another(frame, follows=reading.pts - self._another_at <= FADES_ON)
        if self.stands:
            self.stands = self._goes_on(is_quiet, frame, drift, reading)
            if not self.stands:
                self._has_stood(reading.pts)
        elif is_quiet:
            before, since, only_twitched = self.how, self.since, self._only_twitched(reading.pts)
            shimmered = before == "motion_stopped" and self._only_shimmered(reading.pts, drift, frame.change)
            if shimmered and self._rests and self._rests[-1][1] == self._stood_until:
                self._rests.pop()  # it was no rest of its own
            self._begin(reading, frame, drift)
            if only_twitched and before != "motion_stopped":  # nor did any motion stop now
                self.how, self.since = before, max(0.0, reading.pts - reading.duration)
            elif shimmered:
                self.how, self.since = before, since
        if self.how == "motion_stopped" and one_way is not None and one_way >= self._straight(reading.pts):
            self.how = "came_to_rest"  # nothing moves so straight: it was faded in, or dissolved into
        if self.stands:
            self._noise.append(frame.floor)
        return self.stands

    def _straight(self, pts: float) -> float:
        """How straight the way to a picture must be that came to rest now, for it to be a fade."""
        stood = pts - self._stands_at
        if stood <= COMES_OFTEN:
            return FADES_SLOWER if self._slower else FADES
        return FADES_STILL if stood <= SETTLES_IN else inf

    def _only_twitched(self, pts: float) -> bool:
        """Whether it stood until just now, and nothing moved since."""
        if pts - self._stood_until > COMES_OFTEN:
            return False
        return all(seen.change <= self._settle for seen in self.past if seen.end > self._stood_until)

    def _only_shimmered(self, pts: float, drift: float, change: float) -> bool:
        """Whether it stood a second ago, and shimmers since, where it stood: noise was put on a still."""
        if pts - self._stood_until > SHIMMERS_IN or leads_away(change, drift):
            return False
        return all(seen.change <= STEADY for seen in self.past if seen.end > self._stood_until)

    def _begin(self, reading: Reading, frame: Seen, drift: float) -> None:
        self.stands = True
        self._stands_at = reading.pts
        # The picture that stands was first shown one frame ago: that was the last that moved.
        self.since = max(0.0, reading.pts - reading.duration)
        self.moves_since = None
        self._noise.clear()
        self._unquiet.clear()
        self._look_back(reading, frame.change, drift)

    def _goes_on(self, is_quiet: bool, frame: Seen, drift: float, reading: Reading) -> bool:
        if is_quiet:
            self.moves_since = None
        else:
            if self.moves_since is None:
                self.moves_since = reading.pts
            if not self._is_tolerable(frame, reading):
                return False
        # For a second, "a second ago" lies before the standstill, or before it had settled, and says nothing of it.
        settled = max(self.since, self._unquiet[-1]) if self._unquiet else self.since
        if reading.end - settled <= LOOKS_BACK:
            return True
        renewed = reading.pts - self._renewed_at <= LOOKS_BACK
        return drift <= (self._refresh if renewed else self._may_drift)

    def _has_stood(self, pts: float) -> None:
        self._stood_until = pts
        lasted = pts - self.since
        if self.how == "motion_stopped" and lasted >= self._told_after:
            self._alarms.append((self.since, pts))
        elif lasted >= A_REST:
            self._rests.append((self.since, pts))

    def _rested_before(self, pts: float) -> bool:
        """Whether standing still is nothing new: slides that come in, screens, animation that holds."""
        if self._rests:
            rested_until = self._rests[-1][1]
            is_another = self._another_at >= rested_until
            since, enough = (self._another_at, ANOTHER_MOVED_ON) if is_another else (rested_until, MOVED_ON)
            if pts - since >= enough:
                return False
        begin = max(self._began_at, pts - 4.0, min(self._another_at, pts - OF_ANOTHER))
        watched = pts - begin - _within(self._alarms, begin)
        return _within(self._rests, begin) > RESTED * watched

    def _was_only_renewed(self, frames: Sequence[Seen], reading: Reading) -> bool:
        """Whether little changed in the last 2 s, and seldom: an encoder renewed a still."""
        changes = [seen.change for seen in frames if not seen.renews]
        watched = min(2.0, reading.pts - self._began_at)
        return max(changes, default=0.0) <= self._settle and len(changes) * reading.duration < SELDOM * watched

    def _is_tolerable(self, frame: Seen, reading: Reading) -> bool:
        """Encoders settle on a still picture step by step, and renew it now and then, in a key frame or around it."""
        pts, unquiet = reading.pts, self._unquiet
        if not unquiet or pts - unquiet[-1] > PULSE_APART:
            self._pulse_began = pts
        unquiet.append(pts)
        while unquiet[0] <= pts - 1.0:
            unquiet.popleft()
        is_pulse = reading.name == "refresh" or (frame.share >= PULSE_SHARE and pts - self._pulse_began <= PULSE)
        if is_pulse and frame.change <= self._refresh:
            self._renewed_at = pts
            return True
        lasted = reading.end - self.since
        most = 0.85 if lasted < 1.0 + SETTLES_IN else 0.3
        seldom = len(unquiet) * min(reading.duration, COMES_OFTEN) <= most * min(1.0, lasted) + 0.1
        return seldom and frame.change <= self._may_settle

    def _look_back(self, reading: Reading, change: float, drift: float) -> None:
        """How the motion ended: by a cut, at once, or slower and slower."""
        shimmers = change > self._still_at  # for a second, already
        frames = [seen for seen in self.past if seen.end >= reading.pts - (3.0 if shimmers else 2.0)]
        if len(frames) < 3:
            self.how = "start" if not self.past and reading.pts - self._began_at < 2.0 else "came_to_rest"
            self.moved_before = self.moved_last = self._floor_before = 0.0
            self._may_drift = self._may_settle = self._settle
            return
        changes = [seen.change for seen in frames]
        moving = frames[: len(frames) // 2] if shimmers else frames
        usual = median(seen.change for seen in moving)
        of_this = [seen for seen in moving if seen.end > self._another_at]
        self.moved_before = median(seen.share for seen in (of_this or moving))
        self._floor_before = median(seen.floor for seen in moving)
        self._may_drift = min(self._settle, max(self._still_at, 0.4 * usual))
        lately = min(usual, median(changes[-LATELY:]))
        self._may_settle = min(self._settle, max(2.0 * self._still_at, STILL_MOVES * lately))
        # An encoder may take some frames to settle on a picture that stopped at once: they are not its motion.
        settling = min(2.0 * self._settle, SETTLING * usual)
        if shimmers:
            self._may_drift = max(self._may_drift, 2.5 * change + 0.5)
            settling = max(settling, 1.5 * change)
        last = len(frames) - 1
        while last > 0 and changes[last] < settling and frames[last].end > reading.pts - SETTLES_IN - shimmers:
            last -= 1
        share = frames[last].share
        self.moved_last = median(seen.share for seen in frames[: last + 1][-LATELY:])
        # A key frame renews the picture, and tells nothing of how fast it moved.
        speeds = [seen.change for seen in frames[: last + 1] if not seen.renews][-AT_LAST:]
        of_late = [seen.change for seen in moving if seen.end >= moving[-1].end - 1.0]
        self._slower = max(speeds, default=changes[last]) < 0.5 * median(of_late)
        slows = changes[last] < 0.5 * usual and share < 0.5 * self.moved_before
        slows = slows or _slows_down(changes[last:], usual)
        slows = slows or any(_eases_out(changes[max(0, end - 4) : end]) for end in range(last + 1, last + 5))
        leaps = changes[-1] > self._settle and change < 0.1 * changes[-1]
        if self._cuts(frames[last], usual) or self._cut_before(reading.pts, frames, usual):
            self.how = "cut"
        elif sum(self._moves_on(seen) for seen in frames[: last + 1]) < MOVED:
            self.how = "cut"  # what moved before was another picture
        elif (slows and not leaps) or self._rested_before(reading.pts) or self._was_only_renewed(frames, reading):
            self.how = "came_to_rest"
        elif drift <= LEADS_NOWHERE * usual and not shimmers:
            self.how = "came_to_rest"  # an encoder let a still picture breathe
        elif last > 0 and self._leaves(frames[: last + 1], usual):
            self.how = "came_to_rest"  # little moved, and less and less: it left the picture, or went under a strip
        else:
            self.how = "motion_stopped"
            self.since = min(self.since, max(0.0, frames[last].end - reading.duration))

    def _look_for_another(self, frame: Seen, *, follows: bool) -> None:
        """Remember another picture, by a cut or a fade; it ``follows`` one at once, as the steps of a fade do."""
        fades_on = frame.newness >= FADES_BY or (frame.newness >= ANOTHER and frame.share >= FADES_ALL)
        is_new = (follows and fades_on) or (frame.newness >= CUT_OFF and self._is_another(frame))
        if is_new or self._leaps(frame):
            faded = min(FADED_MOST, self._another_change + frame.change) if follows else 0.0
            self._another_at, self._another_change = frame.end, max(frame.change, faded)

    def _is_another(self, frame: Seen) -> bool:
        """Another picture than the one before, by a cut or a step of a fade, and not by motion as it is here."""
        if frame.newness < ANOTHER or frame.share < ANOTHER_SHARE:
            return False
        begin, end = frame.end - 2.0, frame.end - CUT_SETTLES_IN / 2.0
        least = AS_LARGE * frame.share
        before = sorted(seen.newness for seen in self.past if begin < seen.end < end and seen.share >= least)
        return len(before) < OFTEN or frame.newness >= min(FADES_BY, before[-OFTEN] + 0.1)

    def _leaps(self, frame: Seen) -> bool:
        """Another picture, because nothing that moves here changes nearly as much."""
        if not frame.newness or frame.change <= LEAPS or frame.share <= LEAPS_SHARE:
            return False
        lately = [seen.change for seen in self.past if seen.end > frame.end - 2.0]
        if not lately:
            return False
        is_most = frame.newness >= LEAPS_NEW and frame.change > LEAPS_MOST * max(lately)
        return is_most or frame.change > LEAPS_TIMES * median(lately)

    def _moves_on(self, seen: Seen) -> bool:
        """Whether a frame is one of the picture that is shown now, and more than an encoder sharpening it."""
        since = seen.end - self._another_at
        return since > 0.0 and seen.change > SHARPENS_BY * self._another_change * (1.0 - since / SHARPENS_IN)

    def _leaves(self, frames: list[Seen], usual: float) -> bool:
        """Whether something small moved, or something not much larger that became ever smaller, as credits do."""
        *_, last, now = frames
        if self.moved_before < SMALL and now.change < 0.5 * usual and last.change < 0.7 * usual:
            return True
        before, lately = (frames[-20:-8], frames[-8:]) if len(frames) >= 20 else (frames, frames)
        share, change = median(seen.share for seen in before), median(seen.change for seen in before)
        is_less = median(seen.share for seen in lately) <= LEAVES_BY * share and now.change <= 0.5 * change
        return is_less and share < 3.0 * SMALL

    def _cuts(self, frame: Seen, usual: float) -> bool:
        """Another picture: a great change all over, many times the usual; or one that is no motion, and not usual."""
        times = frame.change / max(usual, 0.1)
        leaps = frame.change > LEAPS and times > LEAPS_TIMES and frame.share > LEAPS_SHARE
        return leaps or (self._is_another(frame) and times > 1.5)

    def _cut_before(self, pts: float, frames: list[Seen], usual: float) -> bool:
        """A cut just before, after which an encoder did no more than settle on the picture."""
        after = 0.0
        for frame in reversed(frames):
            if frame.end < pts - CUT_SETTLES_IN:
                return False
            if after <= CUT_SETTLES_BY * frame.change + self._still_at and self._cuts(frame, usual):
                return True
            if not frame.renews:
                after = max(after, frame.change)
        return False


def _slows_down(ending: list[float], usual: float) -> bool:
    """Whether the last frames that moved did so less and less; an encoder that settles leaps down at once."""
    if len(ending) < 3 or ending[0] >= 0.6 * usual:
        return False
    return ending[1] > 0.5 * ending[0] and ending[2] > 0.5 * ending[1] and ending[-1] < 0.4 * ending[0]


def _eases_out(ending: list[float]) -> bool:
    """Whether the last changes, whatever was before, run out evenly: a fade that ends; an encoder leaps down first."""
    if len(ending) < 4 or ending[-1] > EASES_BY * ending[0]:
        return False
    return all(least * before < after < before for least, (before, after) in zip(EASES, pairwise(ending), strict=True))


def _within(spans: Iterable[tuple[float, float]], begin: float) -> float:
    """Seconds of the spans (since, until) that lie after ``begin``."""
    return sum(max(0.0, until - max(since, begin)) for since, until in spans)
