"""DC offset: the wave no longer swings around zero.

## What it measures
`offset` (fraction of full scale), 20 times a second: mean of the samples over about 50 ms, signed, of the channel whose
mean has been furthest from zero over the last second. Where it is 0.01 or more, `median` likewise: claps and drums that
push more than they pull have a mean, and rest at zero all the same.

## Why it matters
An analogue input or a plug-in has gone wrong. Headroom is lost, so that loud passages clip on one side first, and every
switch, cut or pause begins and ends with a thump.

## Opens and closes
Opens when the mean of `offset` over one second is at least `open_at` from zero, by four times what chance (bass, wind,
thumps) lets it wander, with half of that in `median`, and has been for `open_after`; dated back to the step. Closes
when it is back nearer to what was usual than to the offset for `close_after`. Where the sound began with it, it belongs
to the recording: information, until it steps further. Reason `step`, or `always` for information.

## Blind spots
An offset that comes within the first second is taken for one of the recording. Opus and codecs for speech remove it:
what was offset before them is heard as two thumps. A wave below 1 Hz looks the same. Of two channels with equal and
opposite offsets one is told.

## Sources
- FFmpeg `libavfilter/af_astats.c` (DC offset: the mean of the samples). `open_at` (-34 dBFS) and the test against
  chance: ours. The step is dated by maximum likelihood (Hinkley 1970).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from math import sqrt
from statistics import fmean, pstdev
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.lately import Lately
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import FullScale, Judged, Seconds

WINDOW = 20
"""Readings behind one decision: 1 s."""
PAST, ENOUGH = 200, 10
"""Readings of the past that are kept, and that make it one."""
SURE = 4.0
"""Standard errors that the mean must be from zero."""
OFF, RESTS = 0.01, 0.5
"""Mean from which the median is taken, full scale, and share of it by which that must be off, too."""
NOW = 5
"""Readings that say where it is now: the window may still hold what was before."""
MEMORY = 0.95
"""Share of a channel's mean that is kept from hop to hop: about a second."""
CLEARLY = 1.25
"""How many times further off another channel must be to be told instead."""


class DcOffsetSettings(Settings):
    """How far from zero the middle of the wave may be."""

    open_at: Judged[FullScale] = 0.02
    """Mean of a second from which on it is an offset."""
    open_after: Judged[Seconds] = 1.0
    """How long it must last before it is told."""
    close_after: Judged[Seconds] = 0.5
    """How long it must be gone before it is over."""


class DcOffset(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.dc_offset"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = DcOffsetSettings
    limits: ClassVar = {"offset": Bound("open_at", "beyond")}
    shows = ("waveform", "samples")
    settings: DcOffsetSettings
    decided_by = ("offset",)
    memory = PAST + WINDOW
    noted = frozenset({"median"})

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._median: float | None = None
        self._medians: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        """Means that are far from zero, of late, and the medians with them."""
        self._means: list[float] = []
        self._channel = 0
        self._lately = Lately(WINDOW, PAST, ENOUGH)
        self._usual = self._level = 0.0
        self._severity = Severity.WARNING
        self._gate = Gate(
            self.name, self.track_id, open_after=self.settings.open_after, close_after=self.settings.close_after
        )

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Mean of the channel that is furthest off, by hop."""
        hops = item.hops
        if len(self._means) != len(hops.mean):
            self._means, self._channel = [0.0] * len(hops.mean), 0
        for i, means in enumerate(hops.mean.T.tolist()):
            self._means = [MEMORY * old + (1.0 - MEMORY) * new for old, new in zip(self._means, means, strict=True)]
            off = [abs(mean) for mean in self._means]
            if max(off) > CLEARLY * off[self._channel]:
                self._channel = off.index(max(off))
            hop = (item.pts + i * hops.seconds, hops.seconds)
            if abs(means[self._channel]) >= OFF:
                whole = np.array_split(item.samples[self._channel], len(hops.mean.T))[i]
                yield item.reading(self.name, "median", float(np.median(whole)), "fraction of full scale", hop)
            yield item.reading(self.name, "offset", means[self._channel], "fraction of full scale", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare the last second with zero, and date a step by what was before it."""
        if reading.name == "median":
            self.note({"median": reading.value})
            return
        is_idle = self._gate.is_idle
        self._lately.add(reading, learns=is_idle)
        self._medians.append((0.0, 0.0) if self._median is None else (reading.value, self._median))
        self._median = None
        if is_idle and abs(reading.value) < self.settings.open_at:
            return
        if self._gate.is_open and self._severity is Severity.INFO and self._is_off(self._level):
            yield from self._step_further(reading)
        elif self._gate.is_open:
            over = self._lately.turned(self._level, self._usual)
            yield from self._tell(reading, self._goes_on(), over)
        elif not (self._is_off() and self._rests_there()):
            yield from self._tell(reading, False)
        else:
            if is_idle:
                self._look_back()
            self._level = fmean(self._lately.last(NOW))
            yield from self._tell(reading, True, self._lately.turned(self._usual, self._level))

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and the last second is within bounds."""
        return self._gate.is_idle and all(abs(r.value) < self.settings.open_at for r in self._lately.recent)

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Within bounds: such readings have no mean beyond them."""
        return np.abs(frames.value) < self.settings.open_at

    def note(self, values: Mapping[str, float]) -> None:
        """Where the wave rests."""
        self._median = values.get("median")

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _look_back(self) -> None:
        """Something begins: what was usual until now, if there was anything?"""
        usual = self._lately.usual
        self._usual = usual or 0.0
        self._severity = Severity.INFO if usual is None else Severity.WARNING

    def _step_further(self, reading: Reading) -> Iterator[Finding]:
        """A recording that always had an offset gets another one."""
        now = fmean(self._lately.last(NOW))
        since = self._lately.turned(self._level, now)
        if not self._goes_on():
            yield from self._tell(reading, False, since)
            return
        yield from self._gate.finish(since, self._say)
        self._usual, self._level, self._severity = self._level, now, Severity.WARNING
        yield from self._tell(reading, True, since)

    def _is_off(self, middle: float = 0.0) -> bool:
        """The mean of the last second is far from where the wave swung, and no chance."""
        values = self._lately.last(WINDOW)
        mean = abs(fmean(values) - middle)
        if not self._lately.is_full or mean < self.settings.open_at:
            return False
        return mean >= SURE * pstdev(values) / sqrt(WINDOW)

    def _rests_there(self) -> bool:
        """Whether half of the wave's moments are off, too, and not only its blows."""
        mean, rests = (sum(values) for values in zip(*self._medians, strict=True))
        return rests / mean >= RESTS if mean else True

    def _goes_on(self) -> bool:
        """It is nearer to the offset than to what was usual."""
        now = fmean(self._lately.last(NOW))
        return abs(now - self._level) < abs(now - self._usual)

    def _tell(self, reading: Reading, is_bad: bool, since: float | None = None) -> Iterator[Finding]:
        yield from self._gate.update(
            reading,
            value=float(is_bad),
            since=since,
            say=self._say,
            severity=self._severity,
            reason="step" if self._severity is Severity.WARNING else "always",
            confidence=0.9,
            evidence=(reading._replace(value=self._level),),
        )

    def _say(self, lasted: float) -> str:
        return f"the wave swings around {self._level:+.3f} of full scale instead of zero, for {lasted:.1f} s"
