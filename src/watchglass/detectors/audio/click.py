"""Click: clicks, pops and crackle in the sound.

## What it measures
Of each moment that linear prediction (order 12, on all channels together) does not foretell and that is over within
2 ms: `prominence` (dB), how far half a millisecond of the residual stands above the median of 60 ms around it and above
the 20 ms before and after. What was struck is louder after than before (a codec smears a click both ways), a note that
begins is louder than what it interrupts, and where a sound ends or begins the sides differ: each costs some of it.
Once a second 0, to say that time has passed.

## Why it matters
A lost sample, a clock that slipped, a bad splice, a scratch, a loose plug: small in every measure of level, and
impossible not to hear.

## Opens and closes
Opens at a moment whose `prominence` is at or above `open_at`, or at the first of several within 2.3 s of which the
three clearest together stand out by `together` beyond 12 dB each. Not told is what repeats in step, such as a metronome
or the clicks of electronic music: three at equal distances, some of them may be fainter. Told 2.3 s after it, when it
is known what follows. Closes once `close_after` has passed without another; from the first to the last.

## Blind spots
Clicks within applause, cymbals and loud consonants, which mask them; clicks on one channel in opposite polarity to the
other; those that a lossy codec made a puff of (AAC without its short blocks, over 5 ms and longer) and those in loud
music, less than 12 dB above it. Pops that ring like a strike need to stand out more, splices that meet without a jump
are not seen. A defect that clicks in step, less than 1.1 s apart, is taken for music. Where a decoder begins anew, as
at a discontinuity of a playlist, there is always a step.

## Sources
- Essentia, ClickDetector (LPC residual, order 12, 30 dB); Vaseghi and Rayner 1990; EBU QC 0057B. What is asked of the
  time before and after, and thresholds: ours.
"""

from collections import deque
from collections.abc import Generator, Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.clicks import FIFTH, TOLD, Clicks
from watchglass.kernels.sound import Framer
from watchglass.kernels.steps import SLACK, in_step
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock, Seam
from watchglass.model.skimming import Skims
from watchglass.model.units import Decibels, Judged, Seconds

FIFTHS = 5
"""Frames from one reading of nothing to the next: a second."""
LASTS = 0.001
"""Seconds that a click is said to last."""
AROUND = 2.3
"""Seconds before and after a click in which others may be in step with it."""
CLEAREST = 3
"""Clicks nearby that speak for one another."""
FAINTEST = 16.0
"""dB from which on a click is told where others speak for it."""
CRACKLE = 12
"""Clicks nearby from which on some are in step by chance."""


class ClickSettings(Settings):
    """How far a click stands out."""

    open_at: Judged[Decibels] = 28.0
    """How far a click must stand out of what is around it."""
    together: Judged[Decibels] = 25.0
    """How far the three clearest nearby must, beyond 12 dB each, all added."""
    close_after: Judged[Seconds] = 1.5
    """How long there must be no click before it is over."""


class Click(Skims, Detector[AudioBlock | Seam]):
    """See the module's text."""

    name = "audio.click"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock, Seam)
    settings_type = ClickSettings
    limits: ClassVar = {"prominence": Bound("open_at")}
    shows = ("samples", "waveform")
    settings: ClickSettings
    decided_by = ("prominence",)
    memory = 1

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(FIFTH)
        self._kernel: Clicks | None = None
        self._fifths = 0
        self._origin = 0.0
        self._clicks: deque[Reading] = deque(maxlen=64)
        self._waiting: deque[Reading] = deque()
        self._last, self._count, self._most = 0.0, 0, 0.0
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock | Seam) -> Iterator[Reading]:
        """Each click, and nothing once a second."""
        if isinstance(item, Seam):
            self._framer.restart()  # a decoder that begins anew fades in
            return
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            if frame.is_first or self._kernel is None:
                self._kernel, self._fifths, self._origin = Clicks(), 0, frame.pts
            for click in self._kernel.feed(frame.samples):
                yield item.reading(self.name, "prominence", click.prominence, "dB", (self._origin + click.at, LASTS))
            self._fifths += 1
            if self._fifths % FIFTHS == 0:
                second = (frame.pts + FIFTH - FIFTHS * FIFTH, FIFTHS * FIFTH)
                yield item.reading(self.name, "prominence", 0.0, "dB", second)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Clicks wait until it is known what follows them."""
        if reading.value:
            self._clicks.append(reading)
        if reading.value >= min(self.settings.open_at, FAINTEST):
            self._waiting.append(reading)
        told = False
        while self._waiting and reading.end - self._waiting[0].pts >= AROUND:
            told |= yield from self._decide(self._waiting.popleft(), reading)
        if not told and not self._waiting:
            yield from self._quiet(reading)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and nothing waits."""
        return self._gate.is_idle and not self._waiting

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """No click, however faint."""
        return np.asarray(frames.value == 0.0)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Decide on what still waits, and close what is open."""
        for click in self._waiting:
            yield from self._decide(click, click)
        self._waiting.clear()
        if self._gate.is_open:
            yield from self._quiet(Reading(self.name, self.track_id, "prominence", pts, 0.0, 0.0, "dB"))
        yield from self._gate.finish(pts, self._say)

    def _decide(self, click: Reading, now: Reading) -> Generator[Finding, None, bool]:
        near = [each for each in self._clicks if abs(each.pts - click.pts) <= AROUND + SLACK]
        if not self._is_clear(click, near) or _is_in_step(click, near):
            return False
        if self._gate.is_idle:
            self._count, self._most = 0, 0.0
        self._count += 1
        self._most = max(self._most, click.value)
        self._last = click.end
        yield from self._gate.update(
            now, value=1.0, since=click.pts, say=self._say, reason="click", confidence=0.85, evidence=(click,)
        )
        return True

    def _is_clear(self, click: Reading, near: list[Reading]) -> bool:
        """It stands out alone, or others that are no music speak for it."""
        if click.value >= self.settings.open_at:
            return True
        stands_out = sorted((each.value - TOLD for each in near if each.value > TOLD), reverse=True)
        if sum(stands_out[:CLEAREST]) < self.settings.together:
            return False
        others = (each for each in near if each is not click and not self._is_music(each))
        clearest = sorted((each.value - TOLD for each in others), reverse=True)[: CLEAREST - 1]
        return click.value - TOLD + sum(clearest) >= self.settings.together

    def _is_music(self, click: Reading) -> bool:
        return _is_in_step(click, [each for each in self._clicks if abs(each.pts - click.pts) <= AROUND + SLACK])

    def _quiet(self, reading: Reading) -> Iterator[Finding]:
        since = self._last if self._gate.is_open else reading.pts
        yield from self._gate.update(reading, value=0.0, since=since, say=self._say)

    def _say(self, lasted: float) -> str:
        clicks = "a click" if self._count == 1 else f"{self._count} clicks"
        return f"{clicks}, up to {self._most:.0f} dB above the sound around"


def _is_in_step(click: Reading, near: list[Reading]) -> bool:
    """One of three at equal distances, as music has them."""
    if len(near) > CRACKLE:
        return False
    return in_step(np.array([each.pts - click.pts for each in near]))
