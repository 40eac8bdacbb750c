"""Border: black around a picture that filled the screen before.

## What it measures
`border` (fraction of the picture): what is black from edge to edge at its sides. Where there is any, `top`, `bottom`,
`left` and `right` (fractions of height and width). Where the borders leap, `likeness` (1): the correlation of what is
shown inside them with the picture before or shortly before, squeezed or behind a mask; and `straight` (1): the share
of each new edge along which the picture begins at once, 0 where opposite borders are unlike.

## Why it matters
The picture was fitted into the wrong shape on its way, or twice: people look thin, and a part of the screen that was
paid for is black. A converter was switched, or a signal without its aspect ratio came.

## Opens and closes
Opens where borders leap by `leap` or more from one picture to the next and stay. In the middle of a shot (the same
picture goes on inside, `likeness` of `same_at` or more) it is an alarm after `open_after`: nobody edits like that. At
a cut it is information after `cut_open_after`, if the borders are straight: an advert, a film or a piece from an
archive in another shape. Both are dated back to the leap. Closes when the borders are less than half as wide, for
`close_after`, dated back. Borders that were there from the beginning are a fact and not told. The reason is `squeezed`
or `cut`, the region is the picture that is left.

## Blind spots
A wrong shape that comes with a cut or through black is information. Borders that are not black. Borders that grow
little by little, or over a picture that is dark at its edges. A picture of one colour cannot be compared.

## Sources
- FFmpeg, `libavfilter/vf_cropdetect.c` (a line is black up to 24 of 255). SMPTE ST 2016-1 (active format description).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.active import NO_BORDERS, Borders, Look, borders, change, look
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Region, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import FullScale, Judged, Measured, Seconds, Share

SIDES = Borders._fields
EVERY, EARLIER = 0.075, 0.2
"""Seconds between the pictures that are kept, and how long ago they may be to be compared."""
MOST = 0.8
"""Share of the whole beyond which black is the ground of a title or of credits."""
STRAIGHT = 0.5
"""Share of an edge along which the picture must begin at once."""


class BorderSettings(Settings):
    """Thresholds of `video.border`."""

    ceiling: Measured[FullScale] = 0.05
    """Share of the signal range that still counts as black."""
    leap: Measured[Share] = 0.025
    """Share of the height or the width by which a border must leap."""
    same_at: Judged[Share] = 0.85
    """Likeness of the pictures before and after it from which they are the same."""
    open_after: Judged[Seconds] = 0.4
    """How long borders must stay that came in the middle of a shot."""
    cut_open_after: Judged[Seconds] = 2.0
    """How long borders must stay that came with a cut."""
    close_after: Judged[Seconds] = 0.2
    """How long they must be gone before it is over."""


class Border(Skims, Detector[VideoFrame]):
    """Judges whether the picture has lost its shape."""

    name = "video.border"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BorderSettings
    limits: ClassVar = {"likeness": Bound("same_at")}
    settings: BorderSettings
    decided_by = ("border",)
    memory = 1
    noted = frozenset({*SIDES, "likeness", "straight"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._around: Borders | None = None
        self._earlier: deque[tuple[float, Look]] = deque(maxlen=2)
        self._now: dict[str, float] = {}
        self._before = self._had = self._has = NO_BORDERS
        self._reason = ""
        self._gate = self._make_gate(0.0)

    def _make_gate(self, open_after: float) -> Gate:
        return Gate(self.name, self.track_id, open_after=open_after, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Find the borders, and where they leap compare with the picture before."""
        small, ceiling = frame.small, frame.code_value(self.settings.ceiling)
        around, before = borders(small, ceiling), self._around
        self._around = around
        previous = frame.previous_small
        if around != NO_BORDERS:
            for side, share in zip(SIDES, around, strict=True):
                yield frame.reading(self.name, side, share, "1")
        leaps = before is not None and around.beyond(before) >= self.settings.leap and around.area <= MOST
        if leaps and before is not None and previous is not None and previous.shape == small.shape:
            earlier = [seen for pts, seen in self._earlier if 0.0 <= frame.pts - pts <= EARLIER]
            how = change(small, around, previous, before, ceiling, earlier)
            yield frame.reading(self.name, "straight", how.straight, "1")
            yield frame.reading(self.name, "likeness", how.likeness, "1")
        if not self._earlier or not 0.0 <= frame.pts - self._earlier[-1][0] < EVERY:
            self._earlier.append((frame.pts, look(small, around)))
        yield frame.reading(self.name, "border", around.area, "1")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Borders that came at once and stay."""
        if reading.name != "border":
            self.note({reading.name: reading.value})
            return
        now = self._now
        around = Borders(*(now.get(side, 0.0) for side in SIDES))
        likeness, straight = now.get("likeness"), now.get("straight", 0.0)
        now.clear()
        before, self._before = self._before, around
        if likeness is not None:
            is_same = likeness >= self.settings.same_at
            if is_same and self._reason != "squeezed":  # graver than what may be open
                yield from self._gate.finish(reading.pts, self._say)
            if self._gate.is_idle and (is_same or straight >= STRAIGHT):
                self._had, self._has = before, around
                self._reason = "squeezed" if is_same else "cut"
                limits = self.settings
                self._gate = self._make_gate(limits.open_after if is_same else limits.cut_open_after)
                yield from self._tell(reading, is_there=True)
                return
        if not self._gate.is_idle:
            yield from self._tell(reading, is_there=self._stays(around))

    def _stays(self, around: Borders) -> bool:
        """Whether all that came is there still; a picture with dark edges made them look wider than they are."""
        sides = list(zip(around, self._had, self._has, strict=True))
        stays = all(now >= had + 0.5 * (has - had) for now, had, has in sides if has > had)
        if stays:
            self._has = Borders(*(min(now, has) if has > had else has for now, had, has in sides))
        return stays

    def _tell(self, reading: Reading, *, is_there: bool) -> Iterator[Finding]:
        has = self._has
        region = Region(has.left, has.top, max(0.0, 1.0 - has.left - has.right), max(0.0, 1.0 - has.top - has.bottom))
        is_same = self._reason == "squeezed"
        yield from self._gate.update(
            reading,
            value=float(is_there),
            say=self._say,
            reason=self._reason,
            region=region,
            severity=Severity.WARNING if is_same else Severity.INFO,
            confidence=0.9 if is_same else 0.6,
        )
        if self._gate.is_idle:
            self._reason = ""

    @property
    def is_settled(self) -> bool:
        """Nothing came, or it went again."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures in which no border leaps."""
        return np.isnan(frames.of("likeness"))

    def note(self, values: Mapping[str, float]) -> None:
        """The borders of the next decision, and how they came."""
        self._now.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        had, has = self._had, self._has
        upright = has.top + has.bottom - had.top - had.bottom > 0.02
        aside = has.left + has.right - had.left - had.right > 0.02
        shape = "all around" if upright and aside else "at the sides of" if aside else "above and below"
        how = "in the middle of a shot" if self._reason == "squeezed" else "since a cut"
        return f"Black {shape} the picture, {how}, for {lasted:.1f} s"
