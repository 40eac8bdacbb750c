"""Clipping: harsh distortion, because the waveform was cut off at a ceiling.

## What it measures
Ten times a second, on the channel that shows most of it: `flat_share` (share of samples in flat tops: at least 3 of
equal height at the local ceiling, which need not be full scale, that end in a corner, on both polarities),
`top` (dBFS, what 0.5 % of the samples exceed), `tail` (dB, the top over what 3 % exceed) and `squareness` (1): slope
where the wave enters its tops, times their width, over their height. 4 for any sine, less for peaks, 12 for a sine
clipped by 6 dB, 28 by 12 dB.

## Why it matters
A gain set too high somewhere before us: speech rasps and music breaks up, and no later gain repairs it.

## Opens and closes
Reason `flat_tops`: `flat_share` over one second reaches `open_at`, or `faint_at` where it is also five times what it
used to be. Sure. Reason `squashed`: a lossy codec ripples the flat tops away, so the wave must have become much
squarer than the stream's own past: of the frames of the last second that reach one ceiling (4 at least) the median
`squareness` is `squarer` times that of the squarest tenth of the loud frames of the past, and the median `tail` is
`tail_drop` shorter than theirs, for `squash_time`. Less sure. Both date back to the first cut wave, and close when
`close_after` has passed without one. The past (30 s, up to a second ago) does not learn while a finding is open.

## Blind spots
Lossy sound that is clipped within its first 3 s has no past to be compared with. Clipping of less than a tenth of the
samples is mostly missed behind a lossy encoder, and so is any in sound that was square before (synthesisers). Square
waves and sound of few bits (flat everywhere) are left out on purpose, soft saturation too. Clipping that was
resampled or filtered afterwards is judged as lossy.

## Sources
- Essentia `SaturationDetector`; EBU QC 0005B. Squareness and tail against the own past, and all thresholds: ours,
  set on one half of the test clips and reported on the other.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from watchglass.kernels.clipping import overload
from watchglass.kernels.sound import Framer
from watchglass.model.detector import Delivery, Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK, Gate
from watchglass.model.media import AudioBlock, Track
from watchglass.model.units import Dbfs, Decibels, Factor, Judged, Seconds, Share

WINDOW = 10
"""Frames of 100 ms behind one decision."""
REACHING = 4
"""Frames of those that must reach one ceiling: speech pauses between its loud syllables."""
ALIKE = 3.0
"""dB below the ceiling from which on a frame reaches it."""
LOUD = 8.0
"""dB below its loudest peaks: the frames of the past that are comparable with squashed ones."""
PAST = 300
"""Frames of the past that are kept: 30 s of sound."""
ENOUGH = 20
"""Frames of the past (2 s of sound) that make it one."""
FAINT = 0.5
"""Squareness that is added to that of the past: where there is hardly any, no multiple of it says much."""
CUT = 0.002
"""Share of flat tops from which one frame is cut: below, chance makes them."""


class ClippingSettings(Settings):
    """How much of the waveform may be cut."""

    open_at: Judged[Share] = 0.005
    """Share of samples in flat tops, over one second, that is harsh whatever was before."""
    faint_at: Judged[Share] = 0.0004
    """Share that is a defect where the past had less than a fifth of it."""
    squarer: Judged[Factor] = 1.3
    """How many times squarer the wave must be than it ever was in the past."""
    tail_drop: Judged[Decibels] = 0.6
    """By how much the tail must be shorter than that of the loud frames of the past."""
    squash_time: Judged[Seconds] = 0.4
    """How long the last second must look squashed before it is told."""
    audible: Judged[Dbfs] = -30.0
    """Top below which frames are not compared with the past."""
    close_after: Judged[Seconds] = 2.0
    """Seconds without a cut wave after which it is over."""


class _Frame(NamedTuple):
    pts: float
    flat_share: float
    top: float
    tail: float
    squareness: float


_TOP, _TAIL, _SQUARENESS = (_Frame._fields.index(name) for name in ("top", "tail", "squareness"))


class _Usual(NamedTuple):
    """The loud frames of the past."""

    squarest: float
    tail: float


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
        self._recent: deque[_Frame] = deque(maxlen=WINDOW)
        self._past: deque[_Frame] = deque(maxlen=PAST)
        self._squashed_since: float | None = None
        self._suspected = 0.0
        self._has_flat_tops = False
        self._learnt = 0
        self._usual: _Usual | None = None
        self._why = ""
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Signs of overload in each 100 ms."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            found = overload(frame.samples)
            hop = (frame.pts, frame.samples.shape[1] / item.rate)
            yield item.reading(self.name, "flat_share", found.flat_share, "1", hop)
            yield item.reading(self.name, "top", found.top, "dBFS", hop)
            yield item.reading(self.name, "tail", found.tail, "dB", hop)
            yield item.reading(self.name, "squareness", found.squareness, "1", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Decide when the last of the four readings of a frame is there."""
        self._values[reading.name] = reading.value
        if reading.name != "squareness":
            return
        frame = _Frame(reading.pts, **self._values)
        if len(self._recent) == WINDOW and self._gate.is_idle and self._squashed_since is None:
            self._learn(self._recent[0])
        self._recent.append(frame)
        if self._gate.is_open:
            yield from self._gate.update(reading, value=float(self._goes_on(frame)), say=self._say)
            return
        flat = sum(f.flat_share for f in self._recent) / len(self._recent)
        if flat >= self.settings.faint_at and self._is_harsh(flat):
            since = next((f.pts for f in self._recent if f.flat_share >= CUT), reading.pts)
            self._why = f"{100.0 * flat:.1f} % of the samples lie on flat tops"
            yield from self._open(reading, since, "flat_tops", 0.95, flat)
        elif self._is_squashed(reading) and self._squashed_since is not None:
            assert self._usual is not None
            times = _median(_reaching(self._recent, self.settings)).squareness / (self._usual.squarest + FAINT)
            self._why = f"the waveform is {times:.1f} times squarer than it ever was before"
            yield from self._open(reading, self._squashed_since, "squashed", 0.6, times)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _open(self, reading: Reading, since: float, reason: str, confidence: float, value: float) -> Iterator[Finding]:
        name = "flat_share" if reason == "flat_tops" else "times_squarer"
        evidence = (reading._replace(name=name, value=value, unit="1"),)
        self._squashed_since = None
        self._has_flat_tops = reason == "flat_tops"
        yield from self._gate.update(
            reading, value=1.0, since=since, say=self._say, reason=reason, confidence=confidence, evidence=evidence
        )

    def _is_harsh(self, flat: float) -> bool:
        """Enough of it in any case, or much more than this stream always has."""
        if flat >= self.settings.open_at:
            return True
        return len(self._past) >= ENOUGH and float(np.mean([f.flat_share for f in self._past])) < flat / 5.0

    def _learn(self, frame: _Frame) -> None:
        """Let a frame that has left the window become part of the past, if there was something to hear."""
        if frame.top > self.settings.audible:
            self._past.append(frame)
            self._learnt += 1
        if self._learnt >= WINDOW and len(self._past) >= ENOUGH:
            past = np.array(self._past)
            tops = past[:, _TOP]
            loud = past[tops > np.quantile(tops, 0.9) - LOUD]
            self._usual = _Usual(float(np.quantile(loud[:, _SQUARENESS], 0.9)), float(np.median(loud[:, _TAIL])))
            self._learnt = 0

    def _is_squashed(self, reading: Reading) -> bool:
        """Squarer than it used to be, for long enough."""
        reaching = _reaching(self._recent, self.settings)
        if self._usual is None or len(reaching) < REACHING or not self._is_square(_median(reaching)):
            self._squashed_since = None
            return False
        if self._squashed_since is None:
            self._squashed_since = self._first_square(reaching)
            self._suspected = reading.pts
        return reading.end - self._suspected >= self.settings.squash_time - SLACK

    def _first_square(self, reaching: list[_Frame]) -> float:
        """Where the frames change best from those that are not square to those that are."""
        votes = np.where([self._is_square(f) for f in reaching], 1, -1)[::-1].cumsum()[::-1]
        return reaching[int(votes.argmax())].pts

    def _goes_on(self, frame: _Frame) -> bool:
        """Flat tops in this frame, or, where none opened it, squarer than usual in most of the last ones."""
        if frame.flat_share >= CUT or self._has_flat_tops:
            return frame.flat_share >= CUT
        last = _reaching(list(self._recent)[-5:], self.settings)
        return bool(last) and 2 * sum(self._is_square(f) for f in last) > len(last)

    def _is_square(self, frame: _Frame) -> bool:
        usual, margin = self._usual, self.settings
        return (
            usual is not None
            and frame.squareness >= margin.squarer * (usual.squarest + FAINT)
            and frame.tail <= usual.tail - margin.tail_drop
        )

    def _say(self, lasted: float) -> str:
        return f"clipped for {lasted:.1f} s: {self._why}"


def _reaching(frames: Iterable[_Frame], settings: ClippingSettings) -> list[_Frame]:
    """The frames whose top is near the second highest: one that overshoots is no ceiling."""
    heard = [f for f in frames if f.top > settings.audible]
    if len(heard) < 2:
        return []
    ceiling = sorted(f.top for f in heard)[-2]
    return [f for f in heard if f.top >= ceiling - ALIKE]


def _median(frames: list[_Frame]) -> _Frame:
    return _Frame(*map(median, zip(*frames, strict=True)))
