"""Tearing: the lower part of the picture belongs to another moment.

## What it measures
`back` (times): of the rows below a line, the change since one of the pictures before the last, as a share of the
change since the last; the least of all lines below which that is so while the rows above go on as motion does, with
`line` (share of the height) and `age` (pictures): where the lower part begins and of how many pictures ago it is. 1
where nothing goes back, or where less than half of what moves below the line does, or more than a fifth above it.
Where the line of a tear moves up, the rows that it passes are again what they were: `again_2` to `again_5` (share of
the height) say where rows are what they were so many pictures ago, between rows that go on, and `large_2` to `large_5`
where there are many of them, alike beyond doubt. Stripes, what rolls by as credits do, and key frames are left out. On
64 rows of `small`, against the last five pictures; below the lowest fifth nothing is told.

## Why it matters
Two pictures in one: a buffer that was read while it was written, pictures joined at the wrong moment. Whatever moves
is cut in two along the line.

## Opens and closes
Opens as a warning when a lower part has gone back to within `back_at` twice within a third of a second, by as many
pictures and at nearly the same line or beyond doubt; or once, so that hardly a difference is left; or when rows are
again what they were in 5 of 16 pictures (6 if of two pictures ago; of 48, if hardly any are elsewhere) or 9 of 48, on a
way that a moving line would take, or many of them in two; dated back to the first. Closes `close_after` after the last
such picture, dated back to it.

## Blind spots
A lower part that stays late by the same time below the same line gives itself away when the lateness begins or changes
only, and the finding closes though the tear goes on. A lower part that is one picture late looks like one that rests.
Motion must be seen on both sides of the line; split screens, tickers, wipes and cuts do not go back.

## Sources
- Nothing open was found to compare with; the measure is our own.
"""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import tears
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.moving_lines import AGAIN, LARGE, LONG, MovingLines
from watchglass.model.phrases import lasting
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

PAST = 5
"""Pictures that the lower part may be of."""
STILL = 0.5
"""Change of the busiest tile, in code values, up to which nothing moves."""
TOGETHER = 0.33
"""Seconds within which torn pictures belong together."""
NEAR = 0.2
"""Share of the height by which their lines may be apart."""
ENOUGH, CLEARLY = 0.2, 0.04
"""Product of `back` of two torn pictures that are torn alike, and of those that are beyond doubt, whatever their
age."""
SURE = 0.15
"""Share of its last change up to which a single torn picture is enough."""


class Torn(NamedTuple):
    """A torn picture."""

    pts: float
    line: float
    age: float
    back: float


class TearingSettings(Settings):
    """Thresholds of `video.tearing`."""

    back_at: Judged[Share] = 0.6
    """Share of its last change up to which a lower part differs from an older picture that it belongs to."""
    close_after: Judged[Seconds] = 2.0
    """How long no lower part must go back for it to be over."""


class Tearing(Skims, Detector[VideoFrame]):
    """Judges whether a lower part goes back in time."""

    name = "video.tearing"
    status = Status.STABLE
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    settings_type = TearingSettings
    limits: ClassVar = {"back": Bound("back_at", "below")}
    settings: TearingSettings
    decided_by = ("back",)
    memory = LONG

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._past: deque[NDArray[np.uint8]] = deque(maxlen=PAST)
        self._now: dict[str, float] = {}
        self._torn: deque[Torn] = deque()
        self._lines = MovingLines()
        self._key_before = True
        self._line = self._age = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Compare both parts with the pictures before."""
        if frame.change is None:
            self._past.clear()
        now = tears.rows(frame.small)
        moves = frame.change is not None and float(frame.change.max()) > STILL
        tear = None
        if moves and frame.previous_small is not None:
            changes = tears.changes(now, self._past)
            tear = tears.tear(now, self._past, changes)
            renews = frame.key_frame and not self._key_before  # an encoder makes a picture what it was
            for place in tears.again(now, frame.small, frame.previous_small, changes) if not renews else ():
                yield frame.reading(self.name, f"{LARGE if place.is_large else AGAIN}{place.age}", place.at, "1")
        self._past.append(now)
        self._key_before = frame.key_frame
        if tear is not None:
            yield frame.reading(self.name, "line", tear.line, "1")
            yield frame.reading(self.name, "age", tear.age, "pictures")
        yield frame.reading(self.name, "back", 1.0 if tear is None else tear.back, "times")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Two torn pictures that are torn alike."""
        if reading.name.startswith((AGAIN, LARGE)):
            self._lines.add(reading.name, reading.value)
            return
        if reading.name != "back":
            self._now[reading.name] = reading.value
            return
        torn, pts = self._torn, reading.pts
        while torn and not 0.0 <= pts - torn[0].pts <= TOGETHER:
            torn.popleft()
        since, is_bad = None, False
        if reading.value <= self.settings.back_at and len(self._now) == 2:
            line, age = self._now["line"], self._now["age"]
            seen = Torn(pts, line, age, reading.value)
            alike = [other.pts for other in torn if _belong_together(other, seen)]
            torn.append(seen)
            is_sure = reading.value <= SURE
            is_bad = bool(alike) or is_sure or self._gate.is_open
            if is_bad and self._gate.is_idle:
                since, self._line, self._age = min([*alike, pts]), line, age
        self._now.clear()
        moving = self._lines.end(pts)
        if moving is not None:
            is_bad = True
            if self._gate.is_idle and since is None:
                since, self._line, self._age = moving
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say)

    @property
    def is_settled(self) -> bool:
        """No picture was torn lately."""
        return self._gate.is_idle and not self._torn and not self._now and self._lines.is_empty

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures of which nothing goes back."""
        dull: NDArray[np.bool_] = frames.value > self.settings.back_at
        for age in range(2, PAST + 1):
            dull &= np.isnan(frames.of(f"{AGAIN}{age}")) & np.isnan(frames.of(f"{LARGE}{age}"))
        return dull

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        where = f"below {100 * self._line:.0f} % of the height"
        return f"The picture is torn: {where} it is {self._age:.0f} pictures late{lasting(lasted)}"


def _belong_together(one: Torn, other: Torn) -> bool:
    """Whether two pictures are torn alike, or so clearly that it does not matter how."""
    both = one.back * other.back
    return both <= CLEARLY or (both <= ENOUGH and one.age == other.age and abs(one.line - other.line) <= NEAR)
