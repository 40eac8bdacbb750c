"""Dead pixel: a point or a line of the picture that stays as it is, whatever passes behind it.

## What it measures
`held` (neighbourhoods): how many different surroundings have gone by at a point (one pixel, or a cluster of up to
three by three) or a line (a row or a column over the whole picture, up to two pixels wide) that sticks out of them all,
with `row` and `column` (shares of height and width; a line has one of them), `age` and `gone` (s: since it came, and
since it was last seen) and `places` (how many such points). All of a ring of 24 pixels around a point must be darker
than it, or brighter, and change; a line must have the same scene on both sides, and become brighter and darker along
with it. A cut counts four. What came up while all around it stayed as it was, and what has survived a cut, counts one
and a quarter with every look. On full-size luma: twice a second some of the rows are searched (all of them in pictures
of up to 350 000 pixels), and what was found twice is looked at every time.

## Why it matters
A defective photosite of a camera, or a line of them. It draws the eye in every shot of that camera, most of all in the
dark, and an encoder spends bits on it.

## Opens and closes
Opens as a warning at `held_at`, when it has been there for `open_after`, dated back to the middle between the last look
without it and the first with it. Closes `close_after` after it was last seen, dated back: a cut to another camera ends
it.

## Blind spots
Nothing can be told of a point that was there from the beginning while the picture around it stands still, nor of one
that came with a cut to such a picture. Defects that show in colour only, that are no brighter or darker than what is
around them by 10 code values (35 for points), of more than three pixels, within eleven pixels of the edges, next to
graphics or to a border, or of a part of a line; lines that do not follow the picture. At 1080 lines a single pixel is
looked for every 3 s, which is how well its beginning is known. A point of burnt-in graphics that stands alone on a
moving picture, and a lamp that goes on in a still one, are the same.

## Sources
- Netflix tells of its pixel QC, which looks for points that stay in camera footage; the measure is our own.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.hairlines import Hairlines
from watchglass.kernels.places import Places
from watchglass.kernels.returning import Past, Returning
from watchglass.kernels.specks import PHASES, specks, strip
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Region
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Factor, Judged, Seconds

STEP, PAUSE = 0.49, 1.5
"""Seconds between two looks, at least, and after which they do not belong together."""
AT_ONCE = 350_000
"""Pixels that are searched at one look, about."""
THERE = 1.0
"""Seconds without being seen after which it may be gone."""
BOX = 0.02
"""Side of the region of a finding, as a share of the picture."""


class DeadPixelSettings(Settings):
    """Thresholds of `video.dead_pixel`."""

    held_at: Judged[Factor] = 9.0
    """How many different surroundings must have gone by."""
    open_after: Judged[Seconds] = 3.0
    """How long it must have been there."""
    close_after: Judged[Seconds] = 2.0
    """How long it must be gone for it to be over."""


class DeadPixel(Skims, Detector[VideoFrame]):
    """Judges whether a point or a line stays while the picture goes by."""

    name = "video.dead_pixel"
    status = Status.STABLE
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    settings_type = DeadPixelSettings
    limits: ClassVar = {"held": Bound("held_at")}
    settings: DeadPixelSettings
    decided_by = ("held",)
    memory = 1
    noted = frozenset({"row", "column", "age", "gone", "places"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._shape: tuple[int, ...] = ()
        self._looked_at = 0.0
        self._now: dict[str, float] = {}
        self._what = ""
        limits = self.settings
        self._gate = Gate(self.name, self.track_id, open_after=limits.open_after, close_after=limits.close_after)

    def _begin(self, frame: VideoFrame) -> None:
        self._shape, self._began, self._turn = frame.luma.shape, frame.pts, 0
        self._bands = max(1, round(frame.luma.size / PHASES / AT_ONCE))
        self._places, self._lines, self._past = Places(), Hairlines(), Past()
        self._returning: defaultdict[int, Returning] = defaultdict(Returning)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Search some rows, and look at what has been found before."""
        waited = frame.pts - self._looked_at
        if self._shape and 0.0 <= waited < STEP:
            return
        strips = max(1, min(PHASES, PHASES * AT_ONCE // frame.luma.size))
        if frame.luma.shape != self._shape or not 0.0 <= waited < PAUSE:
            self._begin(frame)
            strips = PHASES * self._bands  # to know of all of them what was there
        for _ in range(strips):
            self._search(frame)
        past, before, self._looked_at = self._past, self._looked_at, frame.pts
        past.keep(frame.small, frame.pts)
        self._places.look(frame.luma, frame.pts, lambda: not past.is_same_shot(frame.small, before), frame.bit_depth)
        self._lines.look(frame.luma, frame.pts, frame.bit_depth)
        yield from self._told(frame)

    def _search(self, frame: VideoFrame) -> None:
        luma, small, past = frame.luma, frame.small, self._past
        height, width = luma.shape
        self._turn = (self._turn + 1) % (PHASES * self._bands)
        rows, shown = strip(luma, self._turn // PHASES, self._bands, self._turn % PHASES, frame.bit_depth)
        if len(shown) < PHASES:
            return
        before = self._returning[self._turn]
        unseen = before.last
        if unseen is not None:
            came = partial(past.is_same_shot, small)
            self._lines.add(luma, rows, shown, frame.pts, unseen, self._looked_at, came, frame.bit_depth)
        again = before.again(specks(luma, rows, shown, frame.bit_depth), frame.pts, self._began)
        self._places.add(
            luma,
            again,
            lambda y, x, since: past.is_alone(small, y / height, x / width, width, since),
            frame.bit_depth,
        )

    def _told(self, frame: VideoFrame) -> Iterator[Reading]:
        height, width = self._shape
        point, line = self._places.best(), self._lines.best()
        held = 0.0
        if line is not None and line.held > (0.0 if point is None else point.held):
            held, since, last = line.held, line.since, line.last
            side, length = ("row", height) if line.is_row else ("column", width)
            yield frame.reading(self.name, side, line.at / length, "1")
        elif point is not None:
            held, since, last = point.held, point.since, point.last
            yield frame.reading(self.name, "row", point.row / height, "1")
            yield frame.reading(self.name, "column", point.column / width, "1")
            yield frame.reading(self.name, "places", float(point.places), "places")
        if held:
            yield frame.reading(self.name, "age", frame.pts - since, "s")
            yield frame.reading(self.name, "gone", frame.pts - last, "s")
        yield frame.reading(self.name, "held", held, "neighbourhoods")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """It has held long enough, and is still there."""
        if reading.name != "held":
            self.note({reading.name: reading.value})
            return
        now, self._now = self._now, {}
        gone = now.get("gone", 0.0)
        enough = self.settings.held_at * (0.5 if self._gate.is_open else 1.0)
        is_bad = reading.value >= enough and gone <= THERE
        since, region = reading.pts - gone, None
        if is_bad:
            since = reading.pts - now.get("age", 0.0)
            region = _region(now)
            if not self._gate.is_open:
                self._what = _what(now)
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say, region=region)

    @property
    def is_settled(self) -> bool:
        """Nothing is held, or not long enough."""
        return self._gate.is_idle and not self._now

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Looks at which nothing has held long enough."""
        return frames.value < self.settings.held_at

    def note(self, values: Mapping[str, float]) -> None:
        """Where it is and since when."""
        self._now.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"{self._what} the same for {lasted:.1f} s, whatever passes behind it"


def _region(now: Mapping[str, float]) -> Region:
    """A box around a point, a band along a line."""
    x, y = now.get("column"), now.get("row")
    left, width = (0.0, 1.0) if x is None else (min(max(0.0, x - BOX / 2), 1.0 - BOX), BOX)
    top, height = (0.0, 1.0) if y is None else (min(max(0.0, y - BOX / 2), 1.0 - BOX), BOX)
    return Region(left, top, width, height)


def _what(now: Mapping[str, float]) -> str:
    if "row" not in now:
        return f"A column at {100 * now.get('column', 0.0):.1f} % of the width is"
    if "column" not in now:
        return f"A row at {100 * now['row']:.1f} % of the height is"
    count = round(now.get("places", 1.0))
    where = f"{100 * now['column']:.1f} % of the width and {100 * now['row']:.1f} % of the height"
    return f"A pixel at {where} is" if count == 1 else f"Pixels at {count} places, one of them at {where}, are"
