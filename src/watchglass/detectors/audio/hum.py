"""Hum: mains can be heard in the sound.

## What it measures
Five times a second, over 1.6 s of all channels together, for mains of 50 and of 60 Hz and their multiples up to the
eighth: `steady_50` and `steady_60` (1), how steady these lines are, and `level_50` and `level_60` (dBFS RMS), how
strong what is steady is. Hum keeps amplitude and phase; programme that passes a line has a new phase every time. Where
a share s of a line's power is steady it gives -log10(1 - s), at most 1, and all lines above -62 dBFS are added: noise
has about 0.6, a held note 1 more.

## Why it matters
A broken shield, a ground loop, a bad power supply: a drone that is under everything from then on, worst in the pauses.

## Opens and closes
Opens when `steady_50` or `steady_60` has been at or above `open_at`, with its level at or above `audible`, for
`open_after`; dated back to where the first such window is half full of it. Closes when it has been below `close_at` for
`close_after`. A recording that hummed in its first seconds hums: information, reason `always`, until it hums 10 dB
louder than it ever did; otherwise reason `began`.

## Blind spots
Hum that begins within the first 2 s is taken for part of the recording, and hum on top of such ends with it. Under loud
bass only strong hum shows. Hum of opposite polarity on two channels cancels out in their sum, and mains off by more
than 0.15 Hz (small generators) is not steady enough. Buzz without any of the first eight lines is not seen.

## Sources
- Brandt and Bitzer, Automatic Detection of Hum in Audio Signals (JAES 2014): stable lines over long windows; EBU QC
  0088B. The measure (phase from hop to hop) and all thresholds: ours.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.hum import HOP, MAINS, lines, steadiness
from watchglass.kernels.sound import Framer
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Dbfs, Factor, Judged, Seconds

WINDOW = 8
"""Hops behind one reading: 1.6 s."""
TOGETHER = 5
"""Hops that are measured at once: a second."""
LOUDER = 10.0
"""dB above the loudest that always was from which on another hum has begun."""
ENOUGH = 3
"""Readings without hum that make a past."""


class HumSettings(Settings):
    """How steady, and how loud."""

    open_at: Judged[Factor] = 1.4
    """Evidence of all lines together that it is hum."""
    close_at: Judged[Factor] = 1.2
    """Evidence below which it is over."""
    audible: Judged[Dbfs] = -50.0
    """Level of what is steady from which on it is heard under a programme."""
    open_after: Judged[Seconds] = 2.2
    """How long it must last before it is told."""
    close_after: Judged[Seconds] = 1.0
    """How long it must be gone before it is over."""


class Hum(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.hum"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = HumSettings
    limits: ClassVar = {f"steady_{mains}": Bound("open_at") for mains in MAINS}
    shows = ("spectrogram", "waveform")
    settings: HumSettings
    decided_by = tuple(f"steady_{mains}" for mains in MAINS)
    memory = ENOUGH
    noted = frozenset(f"level_{mains}" for mains in MAINS)

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(HOP, together=TOGETHER)
        self._recent: deque[NDArray[np.complex64]] = deque(maxlen=WINDOW)
        self._levels: dict[str, float] = {}
        self._judges = {f"steady_{mains}": _MainsJudge(self, mains) for mains in MAINS}

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """How steady the lines of either mains have been, by hop."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            if frame.is_first:
                self._recent.clear()
            rows = lines(frame.samples, item.rate, frame.frames)
            for (pts, lasts), row in zip(frame.spans(item.rate), rows, strict=True):
                self._recent.append(row)
                if len(self._recent) < WINDOW:
                    continue
                window = (pts + lasts - WINDOW * lasts, WINDOW * lasts)
                for mains, hum in zip(MAINS, steadiness(np.array(self._recent)), strict=True):
                    yield item.reading(self.name, f"level_{mains}", hum.level, "dBFS", window)
                    yield item.reading(self.name, f"steady_{mains}", hum.evidence, "1", window)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Either mains has a judge of its own."""
        if reading.name in self._judges:
            yield from self._judges[reading.name].judge(reading, self._levels.get(reading.name[-2:], -200.0))
        else:
            self.note({reading.name: reading.value})

    @property
    def is_settled(self) -> bool:
        """Neither hums."""
        return all(judge.is_settled for judge in self._judges.values())

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Not steady enough to begin or to go on."""
        return frames.value < min(self.settings.open_at, self.settings.close_at)

    def lanes(self, frames: Frames) -> NDArray[np.intp]:
        """Each mains has a past of its own."""
        return frames.columns.name[frames.ends].astype(np.intp)

    def note(self, values: Mapping[str, float]) -> None:
        """Levels come before what decides."""
        self._levels.update({name[-2:]: value for name, value in values.items()})

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        for judge in self._judges.values():
            yield from judge.finish(pts)


class _MainsJudge:
    """Decides for mains of one frequency."""

    def __init__(self, detector: Hum, mains: int) -> None:
        limits = detector.settings
        self._settings = limits
        self._mains = mains
        self._quiet = 0
        self._loudest = self._always = -200.0
        self._told: dict[str, Any] = {}
        self._gate = Gate(
            detector.name,
            detector.track_id,
            open_at=limits.open_at,
            close_at=limits.close_at,
            open_after=limits.open_after,
            close_after=limits.close_after,
        )

    @property
    def is_settled(self) -> bool:
        """Nothing is open or pending."""
        return self._gate.is_idle

    def judge(self, reading: Reading, level: float) -> Iterator[Finding]:
        """Take one window into account."""
        steady = reading.value if level >= self._settings.audible else 0.0
        if self._gate.is_idle:
            if steady < self._settings.open_at:
                self._quiet = min(self._quiet + 1, ENOUGH)
                return
            self._begin(level, is_new=self._quiet >= ENOUGH and not self._has_always_hummed)
        since = reading.pts + (reading.duration / 2.0 if self._quiet else 0.0)
        if self._has_always_hummed and steady >= self._settings.open_at:
            if self._always > -200.0 and level >= self._always + LOUDER:
                since = reading.end - 2.0 * HOP  # a little of what is louder is enough to raise the whole window
                yield from self._gate.finish(since, self._say)
                self._begin(level, is_new=True)
            self._always = max(self._always, level)
        self._loudest = max(self._loudest, level)
        over = reading.pts + reading.duration / 2.0
        yield from self._gate.update(
            reading, value=steady, since=since if self._gate.is_idle else over, say=self._say, **self._told
        )

    @property
    def _has_always_hummed(self) -> bool:
        return self._told.get("reason") == "always"

    def _begin(self, level: float, *, is_new: bool) -> None:
        self._loudest = level
        self._told = {
            "severity": Severity.WARNING if is_new else Severity.INFO,
            "reason": "began" if is_new else "always",
            "confidence": 0.85 if is_new else 0.5,
        }

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"mains of {self._mains} Hz hum at {self._loudest:.0f} dBFS for {lasted:.1f} s"
