"""Clipping: harsh distortion, because the waveform was cut off at a ceiling.

## What it measures
Ten times a second, on the channel that shows most of it: `flat_share` (share of samples in flat tops: at least 3 of
equal height at the local ceiling, which need not be full scale, that end in a corner, on both polarities),
`crest` (dB, peak over RMS), `level` (dBFS, RMS) and `roughness` (dB, what no single tone explains).

## Why it matters
A gain set too high somewhere before us: speech rasps and music breaks up, and no later gain repairs it.

## Opens and closes
Reason `flat_tops`: `flat_share` over one second reaches `open_at`, or `faint_at` where it is also five times what it
used to be. Sure. Reason `squashed`: a lossy codec ripples the flat tops away, so the wave must have become much
squarer than the stream's own past: in 1.5 s most frames reach one ceiling, and their `crest` is below `crest_at`
and `crest_drop` below that of the loud frames of the past, louder, not smoother (a tone), for `squash_time`.
Less sure. Both date back to the first cut wave, and close when `close_after` has passed without one. The past
(30 s) does not learn while a finding is open.

## Blind spots
Lossy sound that is clipped from its first second on has no past to be compared with; an overload of less than about
10 dB before a lossy encoder is mostly missed. Square waves and sound of few bits (flat everywhere) are left out
on purpose, soft saturation too. Clipping that was resampled or filtered afterwards is judged as lossy.

## Sources
- Essentia `SaturationDetector`; EBU QC 0005B. Crest against the own past, and all thresholds: ours, set on one
  half of the test clips and reported on the other.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from watchglass.kernels.clipping import overload
from watchglass.kernels.sound import Framer
from watchglass.model.detector import Delivery, Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK, Gate
from watchglass.model.media import AudioBlock, Track
from watchglass.model.units import Dbfs, Decibels, Judged, Seconds, Share

WINDOW = 10
"""Frames of 100 ms behind one decision."""
SQUASH_WINDOW = 15
"""Frames behind the comparison with the past: speech pauses between its loud syllables."""
LOUD = 8.0
"""dB below its loudest peaks: the frames of the past that are comparable with squashed ones."""
PAST = 300
"""Frames of the past that are kept: 30 s of sound."""
ENOUGH = 20
"""Frames of the past (2 s of sound) that make it one."""
CUT = 0.002
"""Share of flat tops from which one frame is cut: below, chance makes them."""


class ClippingSettings(Settings):
    """How much of the waveform may be cut."""

    open_at: Judged[Share] = 0.005
    """Share of samples in flat tops, over one second, that is harsh whatever was before."""
    faint_at: Judged[Share] = 0.0004
    """Share that is a defect where the past had less than a fifth of it."""
    crest_at: Judged[Decibels] = 7.0
    """Crest of a wave that may have been squashed."""
    crest_drop: Judged[Decibels] = 2.6
    """By how much the crest must be below that of the loud frames of the past."""
    rise: Judged[Decibels] = 1.5
    """By how much it must have become louder: an overload comes with a gain."""
    smoother: Judged[Decibels] = 6.0
    """By how much it may have become smoother: a cut wave is not, a tone is."""
    alike: Judged[Decibels] = 3.0
    """How far below the ceiling the peak of a frame may stay that reaches it."""
    reaching: Judged[Share] = 0.5
    """Share of the last 1.5 s that must reach the ceiling."""
    squash_time: Judged[Seconds] = 0.6
    """How long the last 1.5 s must look squashed before it is told."""
    audible: Judged[Dbfs] = -40.0
    """RMS below which frames are not compared with the past."""
    close_after: Judged[Seconds] = 2.0
    """Seconds without a cut wave after which it is over."""


class _Frame(NamedTuple):
    pts: float
    flat_share: float
    crest: float
    level: float
    roughness: float

    @property
    def peak(self) -> float:
        return self.level + self.crest


class Clipping(Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.clipping"
    status = Status.PROVISIONAL
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = ClippingSettings
    settings: ClippingSettings

    def __init__(self, settings: Any = None, track: Track | None = None, delivery: Delivery | None = None) -> None:
        super().__init__(settings, track, delivery)
        self._framer = Framer()
        self._values: dict[str, float] = {}
        self._recent: deque[_Frame] = deque(maxlen=SQUASH_WINDOW)
        self._past: deque[_Frame] = deque(maxlen=PAST)
        self._squashed_since: float | None = None
        self._suspected = 0.0
        self._learnt = 0
        self._usual: _Frame | None = None
        self._why = ""
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Signs of overload in each 100 ms."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            found = overload(frame.samples)
            hop = (frame.pts, frame.samples.shape[1] / item.rate)
            yield item.reading(self.name, "flat_share", found.flat_share, "1", hop)
            yield item.reading(self.name, "crest", found.crest, "dB", hop)
            yield item.reading(self.name, "level", found.level, "dBFS", hop)
            yield item.reading(self.name, "roughness", found.roughness, "dB", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Decide when the last of the four readings of a frame is there."""
        self._values[reading.name] = reading.value
        if reading.name != "roughness":
            return
        frame = _Frame(reading.pts, **self._values)
        self._recent.append(frame)
        if self._gate.is_open:
            yield from self._gate.update(reading, value=float(self._goes_on(frame)), say=self._say)
            return
        last = list(self._recent)[-WINDOW:]
        flat = sum(f.flat_share for f in last) / len(last)
        if flat >= self.settings.faint_at and self._is_harsh(flat):
            since = next((f.pts for f in last if f.flat_share >= CUT), reading.pts)
            self._why = f"{100.0 * flat:.1f} % of the samples lie on flat tops"
            yield from self._open(reading, since, "flat_tops", 0.95, flat)
        elif self._is_squashed(reading) and self._squashed_since is not None:
            assert self._usual is not None
            drop = self._usual.crest - _median(_reaching(self._recent, self.settings)).crest
            self._why = f"the waveform is {drop:.0f} dB squarer than before"
            yield from self._open(reading, self._squashed_since, "squashed", 0.6, drop)
        elif frame.level > self.settings.audible and self._squashed_since is None:
            self._past.append(frame)
            self._learnt += 1

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _open(self, reading: Reading, since: float, reason: str, confidence: float, value: float) -> Iterator[Finding]:
        evidence = (reading._replace(name="flat_share" if reason == "flat_tops" else "crest_drop", value=value),)
        self._squashed_since = None
        if reason == "flat_tops":
            self._usual = None
        yield from self._gate.update(
            reading, value=1.0, since=since, say=self._say, reason=reason, confidence=confidence, evidence=evidence
        )

    def _is_harsh(self, flat: float) -> bool:
        """Enough of it in any case, or much more than this stream always has."""
        if flat >= self.settings.open_at:
            return True
        return len(self._past) >= ENOUGH and float(np.mean([f.flat_share for f in self._past])) < flat / 5.0

    def _is_squashed(self, reading: Reading) -> bool:
        """Squarer than it used to be, for long enough, and nothing but an overload explains it."""
        looks_squashed = len(self._recent) == SQUASH_WINDOW and self._compare(_reaching(self._recent, self.settings))
        if not looks_squashed:
            self._squashed_since = None
            return False
        if self._squashed_since is None:
            assert self._usual is not None
            usual = self._usual
            self._squashed_since = next((f.pts for f in self._recent if self._is_square(f, usual)), reading.pts)
            self._suspected = reading.pts
        return reading.end - self._suspected >= self.settings.squash_time - SLACK

    def _compare(self, reaching: list[_Frame]) -> bool:
        """Do most frames reach one ceiling, and are those squarer and louder than the loud ones of the past?"""
        margin = self.settings
        if len(reaching) < margin.reaching * SQUASH_WINDOW or len(self._past) < ENOUGH:
            return False
        now = _median(reaching)
        if now.crest >= margin.crest_at:
            return False
        if self._usual is None or self._learnt >= WINDOW:
            loudest = float(np.quantile([f.peak for f in self._past], 0.9))
            self._usual = _median([f for f in self._past if f.peak > loudest - LOUD])
            self._learnt = 0
        return (
            self._usual.crest - now.crest >= margin.crest_drop
            and now.level - self._usual.level >= margin.rise
            and self._usual.roughness - now.roughness <= margin.smoother
        )

    def _goes_on(self, frame: _Frame) -> bool:
        """Flat tops in this frame, or squarer than usual in most of the last ones."""
        if frame.flat_share >= CUT:
            return True
        last = list(self._recent)[-5:]
        return self._usual is not None and 2 * sum(self._is_square(f, self._usual) for f in last) > len(last)

    def _is_square(self, frame: _Frame, usual: _Frame) -> bool:
        margin = self.settings
        return frame.crest <= usual.crest - margin.crest_drop / 2.0 and frame.level >= usual.level + margin.rise / 2.0

    def _say(self, lasted: float) -> str:
        return f"clipped for {lasted:.1f} s: {self._why}"


def _reaching(frames: Iterable[_Frame], settings: ClippingSettings) -> list[_Frame]:
    """The frames whose peak is near the second highest: one that overshoots is no ceiling."""
    heard = [f for f in frames if f.level > settings.audible]
    if len(heard) < 2:
        return []
    ceiling = sorted(f.peak for f in heard)[-2]
    return [f for f in heard if f.peak >= ceiling - settings.alike]


def _median(frames: list[_Frame]) -> _Frame:
    return _Frame(*np.median(np.array(frames), axis=0).tolist())
