"""Test tone: a line-up tone where there should be a programme.

## What it measures
20 times a second, on the loudest channel, over about 50 ms: `purity` (1), the share of the power that one sine
explains, 0 where it is clearly none. Where it is one, also its `frequency` (Hz) and `level` (dBFS RMS, -3 for one of
full scale).

## Why it matters
Somebody left the generator on, or the stream fell back to a test signal: nothing is silent, frozen or lost, and every
level is perfect.

## Opens and closes
Opens when `purity` has been at or above `open_at` for `open_after`, of one tone: its frequency within 0.2 % and its
level within 1 dB of where it began. A tone that lines are adjusted with (400, 997, 1000 Hz) is a warning, reason
`line_up`. Any other is information, reason `tone`: it may be a note. Dated back to the first pure frame; closes when
`close_after` has passed without it, so that the interruptions that mark a channel (GLITS) do not end it.

## Blind spots
A tone above 2 kHz or under programme; two tones at once, such as alerts and dialling; a tone with noise less than 20 dB
below it. A synthesiser that holds a pure sine of just these pitches for so long is taken for one.

## Sources
- BBC GLITS (1 kHz, interrupted), AES17 (997 Hz); EBU QC 0014B. Frequency: reformed Pisarenko decomposition (So and Chan
  2004).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import HOP, Framer
from watchglass.kernels.tone import tones
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Judged, Seconds, Share

TOGETHER = 20
"""Frames that are measured at once: a second."""
TOLD = 0.5
"""Purity from which on a frame has a tone to tell of."""
LINE_UP = (400.0, 997.0, 1000.0)
"""Hz."""
SAME_TONE = 0.002
"""Part of the frequency by which it may differ and still be the same."""
SAME_LEVEL = 1.0
"""dB by which it may change."""


class TestToneSettings(Settings):
    """How pure, and for how long."""

    open_at: Judged[Share] = 0.99
    """Share of the power that one sine must explain."""
    open_after: Judged[Seconds] = 1.0
    """How long it must last before it is told; bleeps over words are shorter."""
    close_after: Judged[Seconds] = 0.3
    """How long it must be gone before it is over."""


class TestTone(Skims, Detector[AudioBlock]):
    """See the module's text."""

    __test__ = False  # it is no test, whatever pytest makes of its name

    name = "audio.test_tone"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = TestToneSettings
    limits: ClassVar = {"purity": Bound("open_at")}
    shows = ("spectrogram", "levels")
    settings: TestToneSettings
    decided_by = ("purity",)
    memory = 1
    noted = frozenset(("frequency", "level"))

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(HOP, together=TOGETHER)
        self._frequency = self._level = 0.0
        self._first = (0.0, 0.0)
        limits = self.settings
        self._gate = Gate(self.name, self.track_id, open_after=limits.open_after, close_after=limits.close_after)

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """The tone in each frame."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            found = tones(frame.samples, item.rate, frame.frames)
            for hop, tone in zip(frame.spans(item.rate), found, strict=True):
                if tone.purity > TOLD:
                    yield item.reading(self.name, "frequency", tone.frequency, "Hz", hop)
                    yield item.reading(self.name, "level", tone.level, "dBFS", hop)
                yield item.reading(self.name, "purity", tone.purity, "1", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """One tone for long enough."""
        if reading.name != "purity":
            self.note({reading.name: reading.value})
            return
        is_pure = reading.value >= self.settings.open_at
        if not is_pure and self._gate.is_idle:
            return
        if is_pure and not self._is_the_same():
            yield from self._gate.finish(reading.pts, self._say)
        if is_pure and self._gate.is_idle:
            self._first = self._frequency, self._level
        yield from self._tell(reading, is_pure and self._is_the_same())

    @property
    def is_settled(self) -> bool:
        """Nothing is open or pending."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """No tone."""
        return frames.value < self.settings.open_at

    def note(self, values: Mapping[str, float]) -> None:
        """What the tone of the next decision is."""
        self._frequency = values.get("frequency", self._frequency)
        self._level = values.get("level", self._level)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _is_the_same(self) -> bool:
        """The tone with which it began."""
        frequency, level = self._first
        return abs(self._frequency - frequency) <= SAME_TONE * frequency and abs(self._level - level) <= SAME_LEVEL

    def _tell(self, reading: Reading, is_bad: bool) -> Iterator[Finding]:
        frequency = self._first[0]
        is_line_up = any(abs(frequency - each) <= SAME_TONE * each for each in LINE_UP)
        yield from self._gate.update(
            reading,
            value=float(is_bad),
            say=self._say,
            severity=Severity.WARNING if is_line_up else Severity.INFO,
            reason="line_up" if is_line_up else "tone",
            confidence=0.95 if is_line_up else 0.4,
        )

    def _say(self, lasted: float) -> str:
        frequency, level = self._first
        return f"nothing but a tone of {frequency:.0f} Hz at {level:.1f} dBFS for {lasted:.1f} s"
