"""What leaps in the middle of a shot: a level of the picture that changes from one picture to the next, and stays.

What a lens or a director does to a picture takes its time or comes with a cut. What breaks on the way to the viewer
comes from one picture to the next, stays, and leaves the scene as it is. And it goes as it came: what began unseen,
with a cut, gives itself away when it ends in the middle of a shot, which is a leap for whom time runs backwards.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Detector, Settings
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.key_frames import KeyFrames
from watchglass.model.looks import BACK, Look, Picture, Span
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds

FIRST = 1.6
"""Seconds from the beginning in which nothing is taken for a leap: an encoder finds its pace."""
EVERY, PAUSE = 0.115, 0.6
"""Seconds between two looks, at least, and at most if they are to belong together."""
BEFORE, ENOUGH, AFTER = 4, 2, 3
"""Looks, at most and at least, before a leap, and those after it."""
SETTLED = 13
"""Looks since the last cut or fade until something that falls is no encoder that finds its pace after it."""
ALIKE, MOVED, BRIGHTER = 0.98, 0.3, 2.0
"""Likeness from which on, and motion and brightness (code values) below which, nothing is told about a scene."""
SCENE = 0.4
"""How unlike a picture of another scene is."""
UNLIKE, SLACK = 2.5, 0.06
"""Times the unlikeness of the looks beside it, and how much more, that a look may have if the scene goes on."""
FASTER = 1.75
"""Times as much as beside it that may move."""
OTHER, CUT = 0.3, 5.0
"""How much more than that it must be unlike, or code values that it must move, to be a cut after the leap."""
CALM = 0.4
"""Part of the unlikeness before that is so little that it is another scene."""
LIVELY, CALMER = 3.0, 2.0
"""Code values that must have moved for a rest to be one, and how many times less must move then."""
BEGINS = 1.5
"""Code values that more may move after a leap than before, beyond that."""
PAST, SAME, NONE = 30.0, 1.25, 0.2
"""Seconds of the past in which there may have been as little grain, times as little, and code values that are none."""
DISSOLVES, SLOWLY = 0.07, 4.0
"""How unlike each picture is in a dissolve, and code values that less must move in for it not to be motion."""
FADES, LEAPS = 5.0, 16.0
"""Code values by which it may become brighter or darker after the leap, and with it, unless a detector knows better."""
LATELY, SIMILAR = 12.0, 0.9
"""Seconds of the past whose leaps are remembered, and how alike the scene must be before and after one of them."""
MORE = 1.5
"""Times the largest leap of late that one must be where that counts."""
LASTS = 1.0
"""Seconds for which a level must have been high to be told when it is over."""
LONGEST = 60.0
"""Seconds that a leap back is dated back, at most."""


class LeapingSettings(Settings):
    """What all of them can be told."""

    close_after: Judged[Seconds] = 1.0
    """How long it must be gone for it to be over."""


class Leaping(Skims, Detector[VideoFrame]):
    """A detector of what leaps: looks a few times a second, and at each picture between two looks that differ."""

    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    memory = SETTLED + 1 + AFTER
    patience: ClassVar[int] = AFTER
    """Looks after a leap with which it is asked once more, when a lesser one may have proved to stay."""
    is_relative: ClassVar[bool] = False
    """Whether what decides is how much was lost since the last look, and not how much there is."""
    settings: LeapingSettings
    enough_before: ClassVar[int] = AFTER
    """Looks before the leap that there must be since the last cut: encoders settle after one."""
    enough_after: ClassVar[int] = AFTER
    """Looks after the leap that there must be before the next cut: encoders save on the last pictures before one."""
    excess: ClassVar[float]
    """Code values that the defect itself may move, when it comes."""
    slack: ClassVar[float] = SLACK
    """How much more unlike than `UNLIKE` times those beside it a look may be: what the defect itself does to it."""
    fades: ClassVar[float] = FADES
    """Code values by which the picture may become brighter or darker from one look to the next after the leap."""
    beyond_doubt: ClassVar[float] = float("inf")
    """From how much on at once a leap is none of what is done to a picture: no light and no motion explains it."""
    even_if_due: ClassVar[float] = float("inf")
    """From how much on a leap is told of even where a key frame was due: no encoder does that much."""

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._pictures: list[Picture] = []
        self._tiles = np.zeros((0, 0), np.float32)
        """Of the first of them."""
        self._moved = 0.0
        self._began: float | None = None
        self._key_frames = KeyFrames()
        self._grains: deque[tuple[float, float]] = deque()
        self._now: dict[str, Reading] = {}
        self._looks: deque[Look] = deque(maxlen=self.memory)
        self._past: dict[bool, deque[tuple[float, float, float]]] = {False: deque(), True: deque()}
        """When the level leapt of late, by how much, and the likeness then, for whom time runs on and backwards."""
        self._high: deque[tuple[float, float]] = deque(maxlen=round(LONGEST / EVERY))
        """Levels of late that were enough, with their times."""
        self._was = self._is = 0.0
        """The level before the leap and after it, as ``leap`` found them."""
        self._is_over = False
        """What is open was told late: it is over already."""
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    @property
    @abstractmethod
    def least(self) -> float:
        """What a look must have for a leap to it."""

    @abstractmethod
    def look(self, span: Span) -> Iterator[tuple[str, float, str] | Reading]:
        """What was measured: readings, or (name, value, unit) of those at this time; what decides comes last."""

    @abstractmethod
    def leap(self, before: list[Look], now: Look, after: list[Look]) -> bool:
        """True if the level has leapt; the scene goes on, and there are enough looks."""

    def may_brighten(self, now: Look) -> float:
        """Code values by which the defect itself may make the picture brighter or darker."""
        return LEAPS

    def remains(self, look: Look) -> bool:
        """True if what has leapt is still there at a later look: more than half-way between both levels."""
        return look.value >= 0.5 * (self._was + self._is)

    @abstractmethod
    def say(self, lasted: float) -> str:
        """The message."""

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Take each picture in, and look from time to time."""
        span = self._take(frame)
        if span is None:
            return
        if span.likeness < ALIKE:
            yield frame.reading(self.name, "likeness", span.likeness, "1")
        if span.moved >= MOVED:
            yield frame.reading(self.name, "moved", span.moved, "code values")
        if span.brighter >= BRIGHTER:
            yield frame.reading(self.name, "brighter", span.brighter, "code values")
        if not span.is_early:
            yield from self._look_back(span, frame)
        for told in self.look(span):
            yield told if isinstance(told, Reading) else frame.reading(self.name, *told)

    def _look_back(self, span: Span, frame: VideoFrame) -> Iterator[Reading]:
        """What was measured, for whom time runs backwards: if it is worth telling."""
        *events, decides = self.look(span.backwards)
        if self.is_relative and events:
            events.append(decides)
        for told in events:
            reading = told if isinstance(told, Reading) else frame.reading(self.name, *told)
            yield reading._replace(name=BACK + reading.name)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """The level must leap while the scene goes on."""
        if reading.name not in self.decided_by:
            self._now[reading.name] = reading
            return
        look = Look(reading.pts, reading.value, self._now)
        self._now = {}
        if self._looks and not 0.0 <= look.pts - self._looks[-1].pts <= PAUSE:
            self._looks.clear()
        self._looks.append(look)
        since, is_bad, is_over = None, False, None
        if self._gate.is_idle:
            looks = list(self._looks)
            self._is_over = False
            at = next((at for at in self._suspects if self._leaps_in(looks, at)), None)
            if at is not None:
                since, is_bad = looks[at].readings["at_once"].pts, True
            elif self._leaps_in(back := self._backwards(looks), AFTER):
                ended = back[AFTER].readings["at_once"].pts
                began = self._began_by(ended)
                if self.is_relative or ended - began >= LASTS:
                    since, is_bad, is_over = began, True, ended
                    self._is_over = True
        elif self._gate.is_open:
            is_bad = not self._is_over and self.remains(look)
        self._remember(look)
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self.say)
        if is_over is not None:
            yield from self._gate.update(reading, value=0.0, since=is_over, say=self.say)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self.say)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and at none of the last looks was it enough."""
        return self._gate.is_idle and not self._now and self._is_low

    @property
    def _is_low(self) -> bool:
        """At none of the last looks was it enough, one way or the other."""
        name, lately = BACK + self.decided_by[0], list(self._looks)[-1 - AFTER :]
        return all(max(look.value, look.get(name)) < self.least for look in lately)

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks with less than there must be after a leap, or before one back."""
        dull: NDArray[np.bool_] = frames.value < self.least
        return dull & ~(frames.of(BACK + self.decided_by[0]) >= self.least) if self.is_relative else dull

    @staticmethod
    def begins_to_move(before: list[Look], after: list[Look]) -> bool:
        """There is more motion than before, or any where there was none: a dissolve, or a camera."""
        moved, moves = max(look.get("moved") for look in before), median(look.get("moved") for look in after)
        return moves > FASTER * moved + BEGINS or (moved == 0.0 and all(look.get("moved") for look in after))

    @staticmethod
    def comes_to_rest(before: list[Look], after: list[Look], lively: float = LIVELY) -> bool:
        """There is far less motion than before, where it was more than ``lively``: a dissolve is over."""
        moved, moves = (median(look.get("moved") for look in looks) for looks in (before, after))
        return moved > lively and moves * CALMER < moved

    def moves_otherwise(self, before: list[Look], after: list[Look]) -> bool:
        """It begins to move, or comes to rest."""
        return self.begins_to_move(before, after) or self.comes_to_rest(before, after)

    def is_beyond_doubt(self, now: Look) -> bool:
        """It leaps by more at once than anything that is done to a picture."""
        return now.get("at_once") >= self.beyond_doubt

    def noise_gone(self, span: Span) -> float:
        """Grain that went where there had been as little before, code values: noise ends, all is as it was."""
        gone, now = span.first.grain - span.last.grain, span.last.grain
        return gone if any(grain <= SAME * now + NONE for _, grain in self._grains) else 0.0

    def at_once(self, span: Span, gains: list[float], unit: str) -> Iterator[Reading]:
        """The most that a level gained from one picture to the next, and when.

        Nothing where a key frame was due, unless it is far too much for that.
        """
        most = int(np.argmax(gains))
        picture = span.new(most)
        if not picture.is_due or gains[most] >= self.even_if_due:
            yield Reading(self.name, self.track_id, "at_once", picture.pts, picture.duration, gains[most], unit)

    def lately(self, span: Span, size: float, unit: str) -> Iterator[tuple[str, float, str]]:
        """The largest leap of the last seconds, if there was any; this one is remembered with them.

        Those between pictures that were less alike are none: there may have been a cut.
        """
        pts, past = max(span.pictures[0].pts, span.pictures[-1].pts), self._past[span.is_back]
        while past and not 0.0 <= pts - past[0][0] <= LATELY:
            past.popleft()
        least = min(SIMILAR, span.likeness)
        if leaps := [leapt for _, leapt, likeness in past if likeness >= least]:
            yield "lately", max(leaps), unit
        past.append((pts, size, span.likeness))

    @property
    def _suspects(self) -> list[int]:
        """Which of the looks there has been enough after to judge it."""
        return sorted({len(self._looks) - 1 - after for after in (AFTER, self.patience)}, reverse=True)

    def _leaps_in(self, looks: list[Look], at: int) -> bool:
        """Whether one of these is the look at which the level leapt."""
        if not ENOUGH <= at < len(looks) - 1 or "at_once" not in looks[at].readings or looks[at].value < self.least:
            return False
        if not self._scene_goes_on(looks, at):
            return False
        after = looks[at + 1 :]
        cut = 0 if _is_other(looks[: at + 2]) else len(after)
        cut = next((n for n in range(1, cut) if _is_cut(looks[: at + 2 + n])), cut)
        began = max((n for n in range(max(0, at - BEFORE), at + 1) if _is_cut(looks[:n])), default=0)
        before = looks[max(began, at - BEFORE) : at]
        enough = len(before) >= self.enough_before and cut >= self.enough_after
        return enough and self.leap(before, looks[at], after[:cut])

    def _backwards(self, looks: list[Look]) -> list[Look]:
        """The looks of late, the last one first, as if time ran backwards; none if nothing leaps back among them."""
        at = len(looks) - 1 - AFTER
        if at < 1 or BACK + "at_once" not in looks[at].readings:
            return []
        if any(look.unlike > SCENE or look.get("brighter") > LEAPS for look in looks):
            return []
        if any(_is_cut(looks[:until]) for until in range(at + 1)):
            return []
        back = []
        for now, then in pairwise(reversed(looks)):
            value = now.get(BACK + self.decided_by[0], -now.value) if self.is_relative else then.value
            back.append(now.backwards(value))
        return back

    def _remember(self, look: Look) -> None:
        """For how long the level has been enough."""
        if look.value >= self.least and not self.is_relative:
            self._high.append((look.pts, look.value))
        elif self._is_low:
            self._high.clear()

    def _began_by(self, ended: float) -> float:
        """When what began unseen, and ended (seconds), was there already: as long as the level was as high."""
        since = self._looks[max(0, len(self._looks) - 1 - AFTER - AFTER)].pts
        for pts, value in reversed(self._high):
            if pts < ended and value < 0.5 * (self._was + self._is):
                break
            since = min(since, pts)
        return since

    def _scene_goes_on(self, looks: list[Look], at: int) -> bool:
        """Neither a cut nor a fade: as alike as the looks beside it, no more motion than theirs and the leap's own."""
        beside = looks[at - 1], looks[at + 1]
        usual = max(look.unlike for look in beside)
        moves = max(look.get("moved") for look in beside)
        now, surely = looks[at], self.is_beyond_doubt(looks[at])
        return (
            now.unlike <= UNLIKE * usual + self.slack
            and now.get("moved") <= FASTER * moves + self.excess
            and now.get("brighter") <= self.may_brighten(now)
            and (surely or not (now.get("brighter") and max(look.get("brighter") for look in beside)))
            and median(look.get("brighter") for look in looks[at + 1 : at + 1 + AFTER]) <= self.fades
            and not _is_edge(looks[max(0, at - BEFORE) : at], now, looks[at + 1], self.slack)
            and not _is_edge(looks[at + 1 : at + 1 + AFTER], now, looks[at - 1], self.slack)
            and not _dissolves(looks[at - ENOUGH :])
            and (surely or not _calms_down(looks[max(0, at - BEFORE) : at], looks[at + 1 :]))
        )

    def _take(self, frame: VideoFrame) -> Span | None:
        """Remember a picture; what lies between two looks if it is time for one."""
        if self._pictures and not (
            0.0 <= frame.pts - self._pictures[0].pts <= PAUSE
            and self._pictures[0].fidelity.shape == frame.fidelity.shape
        ):
            self._pictures.clear()
            self._grains.clear()
        if self._began is None:
            self._began = frame.pts
        self._pictures.append(Picture(frame.pts, frame.duration, frame.fidelity, self._key_frames.is_due(frame)))
        if len(self._pictures) == 1:
            self._tiles, self._moved = frame.tiles, 0.0
            return None
        self._moved = max(self._moved, frame.moved)
        if frame.pts - self._pictures[0].pts < EVERY:
            return None
        alike, brighter, _ = frame.likeness(self._tiles)
        span = Span(tuple(self._pictures), alike, self._moved, abs(brighter), frame.pts - self._began < FIRST)
        if alike < 1.0 - SCENE:
            self._grains.clear()
        while self._grains and not 0.0 <= frame.pts - self._grains[0][0] <= PAST:
            self._grains.popleft()
        self._grains.append((span.pictures[0].pts, span.first.grain))
        self._pictures, self._tiles, self._moved = self._pictures[-1:], frame.tiles, 0.0
        return span


def _is_edge(beside: list[Look], now: Look, next_one: Look, slack: float) -> bool:
    """Where a dissolve begins or ends: two looks at which the picture changes far more than on the other side."""
    return min(now.unlike, next_one.unlike) > UNLIKE * max(look.unlike for look in beside) + slack


def _dissolves(looks: list[Look]) -> bool:
    """Little moves, and yet each of these is unlike the one before: a dark picture that goes over into another."""
    unlike, moved = (
        float(median(each)) for each in zip(*((look.unlike, look.get("moved")) for look in looks), strict=True)
    )
    return bool(unlike > DISSOLVES and moved < SLOWLY)


def _calms_down(before: list[Look], after: list[Look]) -> bool:
    """The pictures were unlike each other, and are ever more alike: text that rolled, and now fades into a scene."""
    was, least = median(look.unlike for look in before), min(look.unlike for look in after)
    return was > OTHER and least < CALM * was


def _is_cut(looks: list[Look]) -> bool:
    """The last of these is far less like, or moves far more, than those before it."""
    if len(looks) < 2:
        return False
    *before, now = looks[-1 - BEFORE :]
    return _is_other(looks) or now.get("moved") > FASTER * max(look.get("moved") for look in before) + CUT


def _is_other(looks: list[Look]) -> bool:
    """The last of these, two or more, is far less like than those before it."""
    *before, now = looks[-1 - BEFORE :]
    return now.unlike > UNLIKE * max(look.unlike for look in before) + OTHER
