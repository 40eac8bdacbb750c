"""Phase: one side has the wrong polarity, so that the sound disappears on mono players.

## What it measures
`correlation` (1), 20 times a second: of the left and the right front channel over about 50 ms. 1 for the same on both,
0 for nothing in common, -1 for opposite polarity. While the louder one is below -60 dBFS, or more than 30 dB below the
loudest of late (a memory that fades by 2 dB a second), the same is told as `faint` (1), which only helps to date a
turn.

## Why it matters
A cable or an adapter with its wires crossed. On two loudspeakers the voice hangs outside the room; on a phone, a
kitchen radio or any mono downmix it is gone, and stereo meters show nothing.

## Opens and closes
By the median of `correlation` over 20 readings. Opens when it has been below minus `opposite` for `open_after` (reason
`opposite`), or when it has been the mirror image of the stream's own past for as long (reason `inverted`): the past was
positive, and now it is beyond `mirrored` of its negative and lower than nine tenths of what was before. Dated back to
the turn, also within a pause; closes when it has been nearer to what was usual for `close_after`. The past (30 s) does
not learn meanwhile.

## Blind spots
A wide mix of which one side was inverted before it began (correlation around -0.5 throughout) looks like a wide mix.
Where the two sides have hardly anything in common (usually below 0.2) a turn does not show. Surround channels are not
judged.

## Sources
- FFmpeg `libavfilter/avf_aphasemeter.c` (out of phase); EBU QC 0012B. The comparison with the past is ours.
"""

from collections import deque
from collections.abc import Iterator
from statistics import median, quantiles

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import Foreground
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import SLACK, Gate
from watchglass.model.lately import Lately
from watchglass.model.limits import Limit
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

PAUSE = 30.0
"""dB below the loudest of late from which on there is a pause."""
NOTHING = -100.0
"""dBFS below which there is no sound to be compared: less than the dither of 16 bits."""
WINDOW = 20
"""Readings behind one decision: 1 s of sound."""
PAST, ENOUGH = 600, 20
"""Readings of the past that are kept, and that make it one."""
ALIKE = 0.2
"""Correlation of a past from which on its mirror image is another one."""
FAINT = 80
"""Readings of a pause that are kept: 4 s."""
NOW = 9
"""Readings that say whether it goes on."""


class PhaseSettings(Settings):
    """How opposite the two sides may be."""

    opposite: Judged[Share] = 0.9
    """Correlation below the negative of which the sides cancel each other, whatever was before."""
    mirrored: Judged[Share] = 0.6
    """Part of the usual correlation that must be there with the opposite sign to call one side inverted."""
    open_after: Judged[Seconds] = 2.0
    """How long it must last before it is told."""
    close_after: Judged[Seconds] = 0.5
    """How long they must be as usual before it is over."""


class Phase(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.phase"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = PhaseSettings
    shows = ("samples", "levels")
    settings: PhaseSettings
    decided_by = ("correlation",)
    memory = PAST + WINDOW

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._foreground = Foreground(pause=PAUSE)
        self._lately = Lately(WINDOW, PAST, ENOUGH)
        self._faint: deque[Reading] = deque(maxlen=FAINT)
        self._usual = self._level = 0.0
        self._gate = Gate(
            self.name, self.track_id, open_after=self.settings.open_after, close_after=self.settings.close_after
        )

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """Where the sides cancel each other."""
        meaning = "The sides cancel each other, whatever was before."
        return {"correlation": (Limit(-self.settings.opposite, "below", "opposite", meaning),)}

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Correlation of the front channels, by hop."""
        for level, correlation, hop in item.fronts.by_hop(item.pts) if item.fronts else ():
            name = "correlation" if self._foreground.hears(level, hop[1]) else "faint"
            if level > NOTHING:
                yield item.reading(self.name, name, correlation, "1", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare the last second with opposite polarity, and with the mirror image of the past."""
        if reading.name == "faint":
            self._faint.append(reading)
            return
        self._lately.add(reading, learns=self._gate.is_idle)
        if self._gate.is_idle and reading.value > 0.0:
            return
        if self._gate.is_open:
            now = median(self._lately.last(NOW))
            goes_on = abs(now - self._level) < abs(now - self._usual)
            yield from self._tell(reading, goes_on, self._lately.turned(self._level, self._usual))
        elif self._lately.is_full and (reason := self._reason()):
            after = median(self._lately.last(NOW))
            yield from self._tell(reading, True, self._dated(self._lately.turned(self._usual, after), after), reason)
        else:
            yield from self._tell(reading, False)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the sides agreed of late."""
        return self._gate.is_idle and all(each.value > 0.0 for each in self._lately.recent)

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """The sides agree."""
        return frames.value > 0.0

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _reason(self) -> str:
        """Why the last second is out of phase; nothing where it is not."""
        level = median(self._lately.last(WINDOW))
        if level >= 0.0:
            return ""
        usual = self._lately.usual
        if self._gate.is_idle:
            self._usual = max(usual or 0.0, 0.0)
        self._level = level
        if level <= -self.settings.opposite:
            return "opposite"
        if usual is None or usual < ALIKE or level > -self.settings.mirrored * usual:
            return ""
        return "inverted" if level <= quantiles(self._lately.past, n=10)[0] else ""

    def _dated(self, since: float, after: float) -> float:
        """Where the sound was out of phase as soon as it came back, it turned in the pause before."""
        for each in reversed(self._faint):
            if each.end < since - SLACK:
                break
            if each.pts < since and abs(each.value - after) < abs(each.value - self._usual):
                since = each.pts
        return since

    def _tell(self, reading: Reading, is_bad: bool, since: float | None = None, reason: str = "") -> Iterator[Finding]:
        yield from self._gate.update(
            reading,
            value=float(is_bad),
            since=since,
            say=self._say,
            reason=reason,
            confidence=0.95 if reason == "opposite" else 0.8,
            evidence=(reading._replace(value=self._level),),
        )

    def _say(self, lasted: float) -> str:
        return f"left and right have opposite polarity (correlation {self._level:.2f}) for {lasted:.1f} s"
