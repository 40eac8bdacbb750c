"""Clipping: harsh distortion, because the waveform was cut off at a ceiling.

## What it measures
Ten times a second, on the channel that shows most of it: `flat_share` (share of samples in flat tops: at least 3 of
equal height at the local ceiling, which need not be full scale, that end in a corner, on both polarities),
`over_share` (share of samples beyond full scale), `top` (dBFS, what 0.5 % of the samples exceed), `tail` (dB, the top
over what 3 % exceed), `crowding` (1: how many times more samples lie within a tenth of the crest than in the tenth
below) and `squareness` (1): how fast the wave rises to its tops, times their width. 4 for any sine, less for peaks,
12 for a sine clipped by 6 dB, 28 by 12 dB.

## Why it matters
A gain set too high somewhere before us: speech rasps and music breaks up, and no later gain repairs it.

## Opens and closes
Reason `flat_tops`: `flat_share` over one second reaches `open_at`, or `faint_at` where it is also five times what it
used to be. Sure. Reason `squashed`: a lossy codec ripples the flat tops away, and where they were at full scale throws
them beyond it. So the signs are weighed together over the frames of the last second that reach one ceiling (3 at
least): squareness and tail, both as they are and against the loud frames of the past, samples beyond full scale,
crowding. It opens when the odds that the wave was cut have stayed above `odds` for `squash_time`. Less sure. Both date
back to the first cut wave, and close when `close_after` has passed without one. The past (30 s, up to a second ago)
does not learn while a finding is open or pending.

## Blind spots
Lossy sound that is clipped within its first 2 s has no past to be compared with. Clipping of less than a fiftieth of
the samples is mostly missed behind a lossy encoder, and so is any below full scale in sound that was square before
(synthesisers). Square waves and sound of few bits (flat everywhere) are left out on purpose, soft saturation too;
synthesisers that become square all at once in lossy sound are not. Clipping that was
resampled or filtered afterwards is judged as lossy.

## Sources
- Essentia `SaturationDetector`; EBU QC 0005B. The signs of squashed sound and all thresholds: ours; the weights are a
  logistic regression on one half of the test clips and on generated programme (clean and limited against clipped; AAC,
  MP3, MP2, Opus, AC-3).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import exp, log, log2, log10
from statistics import median
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.clipping import overload
from watchglass.kernels.sound import TOGETHER, Framer
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Dbfs, Factor, Judged, Seconds, Share

WINDOW = 10
"""Frames of 100 ms behind one decision."""
REACHING = 3
"""Frames of those that must reach one ceiling: speech pauses between its loud syllables."""
ALIKE = 3.0
"""dB below the ceiling from which on a frame reaches it."""
LOUD = 8.0
"""dB below its loudest peaks: the frames of the past that are comparable with squashed ones."""
PAST = 300
"""Frames of the past that are kept: 30 s of sound."""
ENOUGH = 10
"""Frames of the past (1 s of sound) that make it one."""
FAINT = 0.375
"""Squareness that is added to all: where there is hardly any, no multiple of it says much."""
CUT = 0.002
"""Share of flat tops from which one frame is cut: below, chance makes them."""
OVER = 0.001
"""Share of samples beyond full scale in one frame that no limiter lets pass."""
SQUARE = 4.4
"""Squareness above that of any tone, also of one of full scale behind a codec, which throws it beyond that."""
SQUARE_BY_NATURE = 8.0
"""Squareness of a past, of synthesisers mostly, beside which that of a cut wave does not show."""
SQUARER, EVENER = (-1.0, 3.0), (-4.0, 1.0)
"""Powers of two by which it may be squarer, and dB by which its tail may be longer, than usual, for that to count: what
was usual may have been rain."""
LATELY = 5
"""Frames that decide whether it goes on."""
GOES_ON = 1.0
"""Evidence above which it goes on, where no top is flat."""
STRAY = 3e-5
"""Share of samples beyond full scale that chance makes."""


class ClippingSettings(Settings):
    """How much of the waveform may be cut."""

    open_at: Judged[Share] = 0.005
    """Share of samples in flat tops, over one second, that is harsh whatever was before."""
    faint_at: Judged[Share] = 0.0004
    """Share that is a defect where the past had less than a fifth of it."""
    odds: Judged[Factor] = 40.0
    """How many times more likely cut than whole the sound of the last second must look, where no top is flat."""
    squash_time: Judged[Seconds] = 0.4
    """How long it must look so before it is told."""
    audible: Judged[Dbfs] = -30.0
    """Top below which frames are not compared with the past."""
    close_after: Judged[Seconds] = 2.0
    """Seconds without a cut wave after which it is over."""


class _Frame(NamedTuple):
    pts: float
    flat_share: float
    over_share: float
    top: float
    tail: float
    crowding: float
    squareness: float


_SIGNS = _Frame._fields[1:]
_UNITS = ("1", "1", "dBFS", "dB", "1", "1")
_TOP, _TAIL, _SQUARENESS = (_Frame._fields.index(name) for name in ("top", "tail", "squareness"))


class _Usual(NamedTuple):
    """The loud frames of the past."""

    squareness: float
    tail: float


class Clipping(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.clipping"
    status = Status.PROVISIONAL
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = ClippingSettings
    limits: ClassVar = {"flat_share": Bound("open_at")}
    shows = ("samples", "waveform")
    settings: ClippingSettings
    decided_by = _SIGNS[-1:]
    memory = PAST + 2 * WINDOW
    noted = frozenset(_SIGNS[:-1])

    def prepare(self) -> None:
        """No past yet."""
        self._framer = Framer(together=TOGETHER)
        self._values: dict[str, float] = {}
        self._recent: deque[_Frame] = deque(maxlen=WINDOW)
        self._past: deque[_Frame] = deque(maxlen=PAST)
        self._squashed_since: float | None = None
        self._suspected = 0.0
        self._has_flat_tops = False
        self._learnt = 0
        self._basis: tuple[_Frame, ...] = ()
        self._known: _Usual | None = None
        self._why = ""
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Signs of overload in each 100 ms."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            for hop, signs in zip(frame.spans(item.rate), overload(frame.samples, frame.frames), strict=True):
                for name, unit, value in zip(_SIGNS, _UNITS, signs, strict=True):
                    yield item.reading(self.name, name, value, unit, hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Decide when the last of the readings of a frame is there."""
        self._values[reading.name] = reading.value
        if reading.name != _SIGNS[-1]:
            return
        frame = _Frame(reading.pts, **self._values)
        if len(self._recent) == WINDOW and self._gate.is_idle and self._squashed_since is None:
            self._learn(self._recent[0])
        self._recent.append(frame)
        if self._gate.is_open:
            goes_on, ended = self._goes_on(frame), self._last_cut_until(frame)
            yield from self._gate.update(reading, value=float(goes_on), since=ended, say=self._say)
            return
        flat = sum(f.flat_share for f in self._recent) / len(self._recent)
        if flat >= self.settings.faint_at and self._is_harsh(flat):
            since = next((f.pts for f in self._recent if f.flat_share >= CUT), reading.pts)
            self._why = f"{100.0 * flat:.1f} % of the samples lie on flat tops"
            yield from self._open(reading, since, "flat_tops", 0.95, flat)
        elif (odds := self._squashed(reading)) and self._squashed_since is not None:
            self._why = "the tops are as square, as even and as high as those of a wave that was cut"
            yield from self._open(reading, self._squashed_since, "squashed", 0.6, odds)

    @property
    def is_settled(self) -> bool:
        """Nothing is open or suspected, and no frame of late could be part of it."""
        is_idle = self._gate.is_idle and self._squashed_since is None
        least = min(self.settings.faint_at, self.settings.open_at)
        return is_idle and all(
            f.flat_share < least and f.over_share < OVER and f.squareness < SQUARE for f in self._recent
        )

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Frames without flat tops, no squarer than a tone, within full scale."""
        least = min(self.settings.faint_at, self.settings.open_at)
        return (frames.of("flat_share") < least) & (frames.of("over_share") < OVER) & (frames.value < SQUARE)

    def lanes(self, frames: Frames) -> NDArray[np.intp]:
        """Only what can be heard becomes part of the past."""
        return (frames.of("top") > self.settings.audible).astype(np.intp)

    def pass_over(self, frames: Frames) -> None:
        """The past is looked at again with every tenth frame that it learns."""
        self._learnt = (self._learnt + int(self.lanes(frames).sum())) % WINDOW

    def note(self, values: Mapping[str, float]) -> None:
        """All signs but the last, which decides."""
        self._values.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from self._gate.finish(pts, self._say)

    def _open(self, reading: Reading, since: float, reason: str, confidence: float, value: float) -> Iterator[Finding]:
        name = "flat_share" if reason == "flat_tops" else "odds"
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
            self._basis, self._known = tuple(self._past), None
            self._learnt = 0

    @property
    def _usual(self) -> _Usual | None:
        """The loud frames of the past, as it was when it was last looked at; None without one."""
        if self._known is None and self._basis:
            past = np.array(self._basis)
            tops = past[:, _TOP]
            loud = past[tops > np.quantile(tops, 0.9) - LOUD]
            self._known = _Usual(float(np.median(loud[:, _SQUARENESS])), float(np.median(loud[:, _TAIL])))
        return self._known

    def _squashed(self, reading: Reading) -> float:
        """The odds that the wave was cut, once they have been high for long enough; 0 before."""
        if not self._may_be_square():
            self._squashed_since = None
            return 0.0
        reaching = _reaching(self._recent, self.settings)
        evidence = self._evidence(_median(reaching), self._recent) if len(reaching) >= REACHING else 0.0
        if evidence < log(max(self.settings.odds, 1e-6)) or not self._is_square(_median(reaching)):
            self._squashed_since = None
            return 0.0
        if self._squashed_since is None:
            self._squashed_since = self._first_cut(reaching)
            self._suspected = reading.pts
        return exp(min(evidence, 6.9)) if reading.end - self._suspected >= self.settings.squash_time - SLACK else 0.0

    def _may_be_square(self) -> bool:
        """Whether a median of recent frames could be square: at once, because most cannot."""
        return sum(f.squareness > SQUARE for f in self._recent) >= 2

    def _is_square(self, frame: _Frame) -> bool:
        """Squarer than any tone, and beyond full scale or in sound that used not to be square."""
        assert self._usual is not None
        is_over = sorted(f.over_share for f in self._recent)[-REACHING] >= OVER
        return frame.squareness > SQUARE and (is_over or self._usual.squareness < SQUARE_BY_NATURE)

    def _first_cut(self, reaching: list[_Frame]) -> float:
        """Where the frames change best from those that were not cut to those that were."""
        votes = np.clip([self._evidence(f, (f,)) for f in reaching], -4.0, 4.0)[::-1].cumsum()[::-1]
        return reaching[int(votes.argmax())].pts

    def _goes_on(self, frame: _Frame) -> bool:
        """Flat tops in this frame, or, where none opened it, rather cut than not in the last ones."""
        if frame.flat_share >= CUT or self._has_flat_tops:
            return frame.flat_share >= CUT
        last = _reaching(list(self._recent)[-LATELY:], self.settings)
        if not last:
            return False
        middle = _median(last)
        return middle.squareness > SQUARE and self._evidence(middle, last) > GOES_ON

    def _last_cut_until(self, frame: _Frame) -> float:
        """Where the last of the recent frames that was cut itself ends."""
        if self._has_flat_tops:
            return frame.pts
        last = list(self._recent)[-LATELY:]
        return next(
            (after.pts for f, after in reversed(list(pairwise(last))) if self._evidence(f, (f,)) > GOES_ON), last[0].pts
        )

    def _evidence(self, frame: _Frame, around: Iterable[_Frame]) -> float:
        """Logarithm of the odds that the wave was cut, from the median frame and those around it."""
        usual = self._usual
        if usual is None or frame.top <= self.settings.audible:
            return -10.0
        square, usually = log2(frame.squareness + FAINT), log2(usual.squareness + FAINT)
        over = sorted(f.over_share for f in around)
        return (
            25.75
            + 0.76 * square
            + 0.84 * _within(square - usually, SQUARER)
            + 0.22 * usually
            - 0.94 * frame.tail
            - 1.06 * _within(frame.tail - usual.tail, EVENER)
            - 0.93 * min(usual.tail, 5.0)
            + 5.17 * log10(over[-REACHING:][0] + STRAY)  # one burst of a codec is no clipping
            + 0.93 * log2(frame.crowding)
            + 0.13 * _within(frame.top, (-12.0, 2.0))
        )

    def _say(self, lasted: float) -> str:
        return f"clipped for {lasted:.1f} s: {self._why}"


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _reaching(frames: Iterable[_Frame], settings: ClippingSettings) -> list[_Frame]:
    """The frames whose top is near the second highest: one that overshoots is no ceiling."""
    heard = [f for f in frames if f.top > settings.audible]
    if len(heard) < 2:
        return []
    ceiling = sorted(f.top for f in heard)[-2]
    return [f for f in heard if f.top >= ceiling - ALIKE]


def _median(frames: list[_Frame]) -> _Frame:
    return _Frame(*map(median, zip(*frames, strict=True)))
