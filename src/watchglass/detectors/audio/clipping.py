"""Clipping: harsh distortion, because the waveform was cut off at a ceiling.

## What it measures
Ten times a second, on the channel that shows most of it: `flat_share` (share of samples in flat tops: at least 3 of
equal height at the local ceiling, which need not be full scale, that end in a corner, on both polarities),
`over_share` (share of samples beyond full scale), `top` (dBFS, what 0.5 % of the samples exceed), `tail` (dB, the top
over what 3 % exceed), `ledge` (dBFS, the height at which samples crowd most), `crowding` (1: how many times more lie
there than in a band as wide a third below), `spread` (dB: how much the heights of the tops differ) and `squareness`
(1): how fast the wave rises to its tops, times their width. 4 for any sine, less for peaks, 12 for a sine clipped by
6 dB, 28 by 12 dB.

## Why it matters
A gain set too high somewhere before us: speech rasps and music breaks up, and no later gain repairs it.

## Opens and closes
Reason `flat_tops`: `flat_share` over one second reaches `open_at`, or `faint_at` where it is also five times what it
used to be. Sure. Reason `squashed`: a lossy codec ripples the flat tops away, but the samples still crowd at the
ceiling, and the ceiling stays where it is while the sound goes up and down; a synthesiser's ledges follow its notes.
So the ledges of the frames of the last second vote: those within 0.7 dB of one height (2 frames at least) against the
others, steady tones left out. With tail and squareness of all frames that reach as high, and with samples beyond full
scale, this makes odds that the wave was cut. It opens when they have stayed above `odds` (ten times that where fewer
than four frames were cut) for `squash_time` in sound that used not to be square and had no such ceiling before: a drum
machine beats time and again equally loud. Less sure. Both date back to the first cut wave, and close when
`close_after` has passed without one. The past (30 s, up to a second ago) does not learn while a finding is open or
pending.

## Blind spots
Lossy sound that is clipped within its first 2 s has no past to be compared with. Clipping of less than a fiftieth of
the samples is mostly missed behind a lossy encoder, and so are steady tones and sound that was square before
(synthesisers), and what had been clipped at the same height before it was sure. Square waves and sound of few bits
(flat everywhere) are left out on purpose, soft saturation too. A lossy synthesiser of several square voices that begins
beside other sound and keeps its loudness looks clipped. Clipping that was resampled or filtered afterwards is judged as
lossy.

## Sources
- Essentia `SaturationDetector`; EBU QC 0005B. The signs of squashed sound and all thresholds: ours; the weights are a
  logistic regression on one half of the test clips and on generated programme (clean and limited against clipped; AAC,
  MP3, MP2, Opus, AC-3).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from math import exp, inf, log, log2, log10
from statistics import median
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.ceilings import ALIKE, agreed, votes
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
LOUD = 8.0
"""dB below its loudest peaks: the frames of the past that tell how square it used to be."""
PAST = 300
"""Frames of the past that are kept: 30 s of sound."""
ENOUGH = 10
"""Frames of the past (1 s of sound) that make it one."""
HEARD = -50.0
"""Top (dBFS) from which on up a frame becomes part of the past."""
CUT = 0.002
"""Share of flat tops from which one frame is cut: below, chance makes them."""
AGREED = 1.2
"""Votes for one ceiling, less those for others, below which there is none."""
FEW, SURELY = 4, 2.3
"""Frames of the window up to which fewer that were cut may be notes, and logarithm of how much higher the odds must be
for those."""
BURSTS = 3
"""Frames beyond full scale in the window that make it count: one burst of a codec is no clipping."""
OVER, OVER_MOST = 3e-4, 3e-2
"""Share of samples beyond full scale from which on it counts, and beyond which more says no more."""
SQUARE_MOST = 9.0
"""Squareness beyond which more says no more."""
SQUARE_BY_NATURE = 8.0
"""Squareness of a past, of synthesisers mostly, beside which that of a cut wave does not show."""


class ClippingSettings(Settings):
    """How much of the waveform may be cut."""

    open_at: Judged[Share] = 0.005
    """Share of samples in flat tops, over one second, that is harsh whatever was before."""
    faint_at: Judged[Share] = 0.0004
    """Share that is a defect where the past had less than a fifth of it."""
    odds: Judged[Factor] = 40.0
    """How many times more likely cut than whole the sound of the last second must look, where no top is flat."""
    squash_time: Judged[Seconds] = 0.6
    """How long it must look so before it is told."""
    audible: Judged[Dbfs] = -30.0
    """Top below which a frame has no vote."""
    close_after: Judged[Seconds] = 2.0
    """Seconds without a cut wave after which it is over."""


class _Frame(NamedTuple):
    pts: float
    votes: float
    """For its ledge to be the ceiling."""
    flat_share: float
    over_share: float
    top: float
    tail: float
    ledge: float
    crowding: float
    spread: float
    squareness: float


_SIGNS = _Frame._fields[2:]
_UNITS = ("1", "1", "dBFS", "dB", "dBFS", "1", "dB", "1")


class Clipping(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.clipping"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = ClippingSettings
    limits: ClassVar = {"flat_share": Bound("open_at")}
    shows = ("samples", "waveform")
    settings: ClippingSettings
    decided_by = _SIGNS[-1:]
    memory = 1  # `pass_over` knows the rest
    noted = frozenset(_SIGNS[:-1])

    def prepare(self) -> None:
        """No past yet."""
        self._framer = Framer(together=TOGETHER)
        self._values: dict[str, float] = {}
        self._recent: deque[_Frame] = deque(maxlen=WINDOW)
        self._past: deque[_Frame] = deque(maxlen=PAST)
        self._squashed_since: float | None = None
        self._suspected = 0.0
        self._ceiling: float | None = None
        self._learnt = 0
        self._basis: tuple[_Frame, ...] = ()
        self._known: float | None = None
        self._why = ""
        self._enough = log(max(self.settings.odds, 1e-6))
        """Logarithm of the odds from which a wave looks cut."""
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
        told = self._values
        counted = float(votes(told["crowding"], told["top"], told["spread"], self.settings.audible))
        frame = _Frame(reading.pts, counted, **told)
        self._take(frame)
        if self._gate.is_open:
            yield from self._gate.update(reading, value=float(self._is_cut(frame)), say=self._say)
            return
        flat = sum(f.flat_share for f in self._recent) / len(self._recent)
        if flat >= self.settings.faint_at and self._is_harsh(flat):
            since = next((f.pts for f in self._recent if f.flat_share >= CUT), reading.pts)
            self._why = f"{100.0 * flat:.1f} % of the samples lie on flat tops"
            self._ceiling = None
            yield from self._open(reading, since, "flat_tops", 0.95, flat)
        elif (odds := self._squashed(reading)) and self._squashed_since is not None:
            self._why = f"the samples crowd at {self._ceiling:.1f} dBFS, as those of a wave that was cut there"
            yield from self._open(reading, self._squashed_since, "squashed", 0.6, odds)

    @property
    def is_settled(self) -> bool:
        """Nothing is open or suspected, and no frame of late has flat tops."""
        least = min(self.settings.faint_at, self.settings.open_at)
        is_idle = self._gate.is_idle and self._squashed_since is None
        return is_idle and all(f.flat_share < least for f in self._recent)

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Frames without flat tops, at the end of a second without votes enough for any ceiling."""
        least = min(self.settings.faint_at, self.settings.open_at)
        is_dull = frames.of("flat_share") < least
        is_dull[: WINDOW - 1] = False  # it depends on what was before
        places = np.flatnonzero(is_dull)
        window = places[:, None] - np.arange(WINDOW)
        counted = self._votes(frames)[window]
        many = np.flatnonzero(counted.sum(axis=1) > AGREED - SLACK)
        agreement, _ = agreed(counted[many], frames.of("ledge")[window[many]])
        is_dull[places[many]] = agreement < AGREED - SLACK
        return is_dull

    def pass_over(self, frames: Frames) -> None:
        """What the window and the past would have become: quicker than to be shown each frame."""
        heard = np.flatnonzero(frames.of("top") > HEARD)
        if (more := len(heard) - PAST - 2 * WINDOW) > 0:  # all of that will have left the past
            self._learnt = (self._learnt + more + sum(f.top > HEARD for f in self._recent)) % WINDOW
            self._recent.clear()
            frames = frames[int(heard[more]) :]
        signs = (frames.of(name).tolist() for name in _SIGNS)
        for frame in map(_Frame, frames.deciding.pts.tolist(), self._votes(frames).tolist(), *signs):
            self._take(frame)

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
        yield from self._gate.update(
            reading, value=1.0, since=since, say=self._say, reason=reason, confidence=confidence, evidence=evidence
        )

    def _is_harsh(self, flat: float) -> bool:
        """Enough of it in any case, or much more than this stream always has."""
        if flat >= self.settings.open_at:
            return True
        return len(self._past) >= ENOUGH and float(np.mean([f.flat_share for f in self._past])) < flat / 5.0

    def _votes(self, frames: Frames) -> NDArray[np.float64]:
        crowding, top, spread = map(frames.of, ("crowding", "top", "spread"))
        return np.asarray(votes(crowding, top, spread, self.settings.audible))

    def _take(self, frame: _Frame) -> None:
        """Put a frame into the window; what leaves it becomes part of the past while nothing is wrong."""
        if len(self._recent) == WINDOW and self._gate.is_idle and self._squashed_since is None:
            self._learn(self._recent[0])
        self._recent.append(frame)

    def _learn(self, frame: _Frame) -> None:
        """Let a frame become part of the past, if there was something to hear."""
        if frame.top > HEARD:
            self._past.append(frame)
            self._learnt += 1
        if self._learnt >= WINDOW and len(self._past) >= ENOUGH:
            self._basis, self._known = tuple(self._past), None
            self._learnt = 0

    @property
    def _used_to_be_square(self) -> bool:
        """Whether the loud frames of the past were, as it was when it was last looked at; True without a past."""
        if self._known is None and self._basis:
            loud = max(np.quantile([f.top for f in self._basis], 0.9) - LOUD, self.settings.audible)
            self._known = median([f.squareness for f in self._basis if f.top > loud] or [0.0])
        return self._known is None or self._known >= SQUARE_BY_NATURE

    def _was_there(self, ceiling: float) -> bool:
        """Whether the past has as many votes for it as the last second."""
        before, now = (
            sum(f.votes for f in frames if abs(f.ledge - ceiling) <= ALIKE) for frames in (self._past, self._recent)
        )
        return before >= now

    def _squashed(self, reading: Reading) -> float:
        """The odds that the wave was cut, once they have been high for long enough; 0 before."""
        evidence, cut = self._evidence()
        if (
            evidence < self._enough + (SURELY if len(cut) < FEW else 0.0)
            or self._used_to_be_square
            or self._was_there(ceiling := median(f.ledge for f in cut))
        ):
            self._squashed_since = None
            return 0.0
        if self._squashed_since is None:
            self._squashed_since = cut[0].pts
            self._suspected = reading.pts
        self._ceiling = ceiling
        return exp(min(evidence, 6.9)) if reading.end - self._suspected >= self.settings.squash_time - SLACK else 0.0

    def _evidence(self) -> tuple[float, list[_Frame]]:
        """Logarithm of the odds that recent frames were cut at one ceiling, and those that were."""
        counted = [f.votes for f in self._recent]
        over = sorted(f.over_share for f in self._recent)[-BURSTS:][0]
        bursts = 5.5 * log10(min(max(over, OVER), OVER_MOST) / OVER)
        cast = sum(counted)
        if cast < AGREED:  # at once, because most are so
            return -inf, []
        at_most = 1.0 + log2(cast) - 3.0 * min(f.tail for f in self._recent) + bursts + 0.5 * SQUARE_MOST
        if at_most < self._enough:
            return -inf, []
        [agreement], [is_cut] = agreed(np.array([counted]), np.array([[f.ledge for f in self._recent]]))
        if agreement < AGREED:
            return -inf, []
        cut = [f for f, one in zip(self._recent, is_cut, strict=True) if one]
        height = median(f.top for f in cut) - ALIKE
        reaching = [f for f in self._recent if f.top >= height]  # those that were not cut speak against it
        evidence = (
            1.0
            + log2(float(agreement))
            - 3.0 * median(f.tail for f in reaching)
            + bursts
            + 0.5 * min(median(f.squareness for f in reaching), SQUARE_MOST)
        )
        return evidence, cut

    def _is_cut(self, frame: _Frame) -> bool:
        """Flat tops in this frame, or, where none opened it, a ledge at the ceiling."""
        is_at_ceiling = self._ceiling is not None and abs(frame.ledge - self._ceiling) <= ALIKE
        return frame.flat_share >= CUT or (is_at_ceiling and frame.votes > 0.0)

    def _say(self, lasted: float) -> str:
        return f"clipped for {lasted:.1f} s: {self._why}"
