"""Flash: flashing that can harm people with photosensitive epilepsy.

## What it measures
`lighter` and `darker` (fractions of the picture): points whose relative luminance has just completed a change of
`step` or more from its last extreme, the darker end below `dark`; `redder` and `less_red`: the same of saturated red
(R / (R + G + B) of 0.8 or more), by `red_step` of (R - G - B) x 320. Within small blocks, points that change in
opposite ways cancel out, because what moves is no flash. A change may be spread over a tenth of a second. `area`: the
largest of the four. The four are told where they are 0.05 or more.

## Why it matters
It can cause seizures. Regulators fine for it, and what does it is often a fault: a picture that alternates with black
or with another source.

## Opens and closes
Opens, dated back to the first of them, when more than `flashes` flashes lie within a second: pairs of opposing changes,
each over more than `open_at` of the picture. As in practice, half a flash more is too many: seven changes for three
flashes. Closes after the last change of the last such second. The reason is `general` or `red`.

## Blind spots
Stripes and other patterns that harm without a flash. Four to six changes a second that go on for five seconds, which
some rules bar as well. The share of the screen is that of the picture: how near somebody sits is not known. PQ is
judged for a screen of 200 cd/m2, its colour not at all. IRIS also counts seven changes that take a whole second,
which is three flashes a second at 25 pictures a second.

## Sources
- WCAG 2.2, success criterion 2.3.1, and its definitions of general and red flash; ITU-R BT.1702-3; Ofcom guidance note
  on section 2 of the Broadcasting Code. Electronic Arts, IRIS (more than six changes in a second).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import flashes
from watchglass.kernels.flashes import FULL_RED, NOTHING, ONE, Areas, Light, Swings
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, Count, Judged, Measured, Share

SPREAD = 0.1
"""Seconds over which a change may be spread."""
QUIET, QUIET_SHARE = 1.8, 0.2
"""Change of a tile, code values, and share of the tiles: with less there is no flash in this picture."""
TOLD = 0.05
"""Share of the picture from which a change is told."""
JITTER = 1.5
"""Pictures by which changes must be closer than a second: three flashes a second may fall a little unevenly."""
APART = 1.0
"""Seconds by which two such seconds must be apart to be two findings."""
HD = 576
"""Lines above which colour is that of ITU-R BT.709."""
Kind = Literal["general", "red"]
NAMES: dict[Kind, tuple[str, str]] = {"general": ("lighter", "darker"), "red": ("redder", "less_red")}


class FlashSettings(Settings):
    """Thresholds of `video.flash`."""

    step: Measured[Share] = 0.1
    """Share of the greatest relative luminance by which a point must change."""
    dark: Measured[Share] = 0.8
    """Relative luminance below which the darker end of a change must be."""
    red_step: Measured[CodeValues] = 20.0
    """(R - G - B) x 320 by which a saturated red must change."""
    open_at: Judged[Share] = 0.25
    """Share of the picture above which it flashes."""
    flashes: Judged[Count] = 3
    """How many flashes there may be in any second."""


class Flash(Skims, Detector[VideoFrame]):
    """Judges whether a picture flashes more often than is safe."""

    name = "video.flash"
    status = Status.STABLE
    kind = "video"
    needs_every_picture = True
    consumes: ClassVar = (VideoFrame,)
    settings_type = FlashSettings
    limits: ClassVar = {"area": Bound("open_at")}
    settings: FlashSettings
    decided_by = ("area",)
    memory = 1
    noted = frozenset(name for names in NAMES.values() for name in names)

    def prepare(self) -> None:
        """Nothing has been seen."""
        limits = self.settings
        self._swings: dict[Kind, Swings] = {
            "general": Swings(round(limits.step * ONE), round(limits.dark * ONE)),
            "red": Swings(round(limits.red_step / FULL_RED * ONE)),
        }
        self._lately: dict[Kind, deque[tuple[float, Areas]]] = {kind: deque() for kind in NAMES}
        self._was_red = False
        self._now: dict[str, float] = {}
        self._changes: dict[Kind, deque[tuple[float, bool]]] = {kind: deque() for kind in NAMES}
        self._reason: Kind = "general"
        self._over = 0.0
        self._gate = Gate(self.name, self.track_id, close_after=APART)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Which points have turned; where next to nothing changed, none has."""
        tiles, most, planes = frame.change, 0.0, frame.chroma
        if planes is not None and len(planes) != 2:
            planes = None
        reds = None if planes is None else flashes.coarse(planes[1], frame.bit_depth)
        was_red, self._was_red = self._was_red, reds is not None and flashes.has_red(reds)
        is_red = was_red or self._was_red
        if is_red or tiles is None or np.count_nonzero(tiles > QUIET) > QUIET_SHARE * tiles.size:
            light = Light(frame.colour.full_range, frame.luma.shape[0] > HD, frame.colour.transfer)
            luma, bgr = flashes.points(frame.small), None
            if planes is not None and reds is not None:
                bgr = flashes.linear(luma, *flashes.colour(planes, reds, frame.bit_depth, is_fine=is_red), light)
            bright = flashes.luminance(luma, bgr, light)
            seen: dict[Kind, Areas] = {"general": self._swings["general"].update(bright)}
            if bgr is not None and is_red:
                seen["red"] = self._swings["red"].update(flashes.redness(bgr))
            for kind, areas in seen.items():
                for name, share in zip(NAMES[kind], self._spread(kind, frame.pts, areas), strict=True):
                    most = max(most, share)
                    if share >= TOLD:
                        yield frame.reading(self.name, name, share, "1")
        yield frame.reading(self.name, "area", most, "1")

    def _spread(self, kind: Kind, pts: float, areas: Areas) -> Areas:
        """What turned now, or in one direction within the last moments."""
        lately = self._lately[kind]
        while lately and not 0.0 <= pts - lately[0][0] < SPREAD - SLACK:
            lately.popleft()
        net = areas.up - areas.down
        if lately and net * (lately[-1][1].up - lately[-1][1].down) < 0.0:
            lately.clear()
        if areas != NOTHING:
            lately.append((pts, areas))
        nets = sum(each.up - each.down for _, each in lately)
        return Areas(max(areas.up, nets), max(areas.down, -nets))

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Count the opposing changes within a second."""
        if reading.name != "area":
            self.note({reading.name: reading.value})
            return
        worst: Kind | None = None
        for kind, (up, down) in NAMES.items():
            changes = self._changes[kind]
            while changes and not 0.0 <= reading.pts - changes[0][0] < 1.0 - JITTER * reading.duration + SLACK:
                changes.popleft()
            self._count(changes, reading, self._now.get(up, 0.0), self._now.get(down, 0.0))
            if len(changes) > 2 * self.settings.flashes:
                worst = worst or kind
        self._now.clear()
        if worst is not None:
            if self._gate.is_idle:
                self._reason = worst
            self._over = self._changes[worst][-1][0] + reading.duration
        if worst is None and self._gate.is_idle:
            return
        yield from self._gate.update(
            reading,
            value=float(worst is not None),
            since=self._over if worst is None else self._changes[worst][0][0],
            say=self._say,
            reason=self._reason,
        )

    def _count(self, changes: deque[tuple[float, bool]], reading: Reading, up: float, down: float) -> None:
        """Note a change over enough of the picture that goes the other way than the last one."""
        limit = self.settings.open_at
        if up <= limit and down <= limit:
            return
        both = up > limit and down > limit
        is_up = not changes[-1][1] if both and changes else up > down
        if not changes or changes[-1][1] != is_up:
            changes.append((reading.pts, is_up))

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the last second holds no change."""
        return self._gate.is_idle and not any(self._changes.values())

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures of which not enough changes."""
        limit = self.settings.open_at
        most = np.fmax.reduce([frames.value, *(frames.of(name) for name in sorted(self.noted))])
        dull: NDArray[np.bool_] = most <= limit
        return dull

    def note(self, values: Mapping[str, float]) -> None:
        """What changed with the next decision."""
        self._now.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        what = "It flashes" if self._reason == "general" else "It flashes red"
        often = f"more than {self.settings.flashes} times a second"
        return f"{what} {often} for {lasted:.1f} s: this can harm"
