"""Noise: hiss under the programme, or bursts of noise in it.

## What it measures
Five times a second, over 2 s of all channels together: `beneath` (dBFS RMS), how loud white noise can be, at most, that
lies under all of it: the quietest that there is in any of four bands from 1 to 10 kHz, in windows of 10 ms; `uneven`
(dB), by how much these floors differ between bands, and `grain` (dB), by how much windows differ that are quiet: white
noise has about 2 and 1.3. Of each burst of 40 ms to 2 s in which all bands rise and fall within 20 ms, and stay alike
and steady: `burst_level` (dBFS RMS), `falls` (dB), by how much all that is heard becomes softer as it begins, and
`burst` (dB), the smaller of how far the bands rise and fall.

## Why it matters
A bad preamplifier, a lost carrier, a decoder that plays garbage: hiss wears listeners out, bursts hurt.

## Opens and closes
Reason `hiss`: `beneath` is `step` higher than it was at any time in the 30 s before and at or above `audible`, as even
and as steady as noise is. Dated back to where it rose, told 2 to 4 s later; closes when half of the step is gone.
Reason `burst`: `burst` is at or above `burst_at` (4 dB more for less than 70 ms), at or above `audible`, and no
consonant after a vowel. Told 2.3 s after it, when it is known that it is not one of three in step, as a drum machine
has them; closes once `close_after` has passed without another.

## Blind spots
Noise that is there from the beginning, that fades in over seconds, or that has a colour (rumble, crackle, the hiss of
a narrow channel): rain, crowds and rooms have one, too. Noise under music or applause that is as loud at all
frequencies and never rests, which masks it. Below a sample rate of 4 kHz. A programme that goes over to white noise at
once (surf, steam, an analogue television that is shown) is taken for it.

## Sources
- EBU QC 0086B; Martin 2001, noise power by minimum statistics. Evenness, grain, bursts and thresholds: ours.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.beneath import HOP, LEAST_RATE, WINDOWS, floor, levels, loudness
from watchglass.kernels.bursts import Bursts
from watchglass.kernels.sound import Framer
from watchglass.kernels.steps import in_step
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Dbfs, Decibels, Judged, Seconds

HOPS, STEP = 4, 4 * HOP
"""Hops from one look to the next, and seconds: 0.2."""
LOOK = 40 * WINDOWS
"""Windows that a look takes in: 2 s."""
PAST = 30.0
"""Seconds of the past that count; what a look takes in itself is not its own past."""
ENOUGH = 4
"""Looks that make a past."""
FALLS = 6.0
"""dB by which all may become softer as a burst begins: beyond, it is a consonant after a vowel."""
RISEN = 0.05
"""Seconds: one hop of a look may be lower than the rest."""
SHORT, MORE = 0.07, 4.0
"""Seconds up to which a burst may be even by chance, as one clap of many, and dB by which it must stand out more."""
AROUND, SLACK = 2.3, 0.011
"""Seconds before and after a burst in which others may be in step with it, and how exactly."""


class NoiseSettings(Settings):
    """How much louder, how even, how steady."""

    step: Judged[Decibels] = 8.0
    """How far the floor must have risen above the highest of late."""
    audible: Judged[Dbfs] = -45.0
    """Level from which on noise is heard."""
    even: Judged[Decibels] = 6.0
    """By how much bands may differ."""
    steady: Judged[Decibels] = 1.7
    """By how much quiet windows may differ."""
    burst_at: Judged[Decibels] = 12.0
    """How far a burst must stand out on both sides."""
    close_after: Judged[Seconds] = 1.5
    """How long there must be no noise before it is over."""


class _Look(NamedTuple):
    pts: float
    end: float
    level: float


class Noise(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.noise"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = NoiseSettings
    limits: ClassVar = {"beneath": Bound("audible"), "burst": Bound("burst_at")}
    shows = ("spectrogram", "waveform")
    settings: NoiseSettings
    decided_by = ("beneath", "burst")
    memory = 400
    noted = frozenset(("uneven", "grain", "burst_level", "falls"))

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(STEP)
        self._windows = np.zeros((0, 0), np.float32)
        self._kernel: Bursts | None = None
        self._origin = 0.0
        self._noted: dict[str, float] = {}
        self._looks: deque[_Look] = deque(maxlen=300)
        self._bursts: deque[Reading] = deque(maxlen=64)
        self._waiting: deque[Reading] = deque()
        self._last, self._count = 0.0, 0
        self._level, self._before = -200.0, -200.0
        limits = self.settings
        self._hiss = Gate(self.name, self.track_id, close_after=limits.close_after)
        self._burst = Gate(self.name, self.track_id, close_after=limits.close_after)

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """What lies beneath the last two seconds, and each burst when its end is known."""
        if item.rate < LEAST_RATE:
            return
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            windows = levels(frame.samples, item.rate, HOPS)
            if frame.is_first or self._kernel is None:
                self._kernel, self._windows = Bursts(windows.shape[1]), windows[:0]
                self._origin = frame.pts
            self._windows = np.concatenate([self._windows[-LOOK:], windows])
            for burst in self._kernel.feed(windows, loudness(frame.samples, HOPS)):
                span = (self._origin + burst.start * HOP / WINDOWS, burst.length * HOP / WINDOWS)
                yield item.reading(self.name, "burst_level", burst.level, "dBFS", span)
                yield item.reading(self.name, "falls", burst.falls, "dB", span)
                yield item.reading(self.name, "burst", burst.edge, "dB", span)
            if len(self._windows) >= LOOK:
                found = floor(self._windows[-LOOK:], item.rate)
                lasts = LOOK // WINDOWS * HOP
                span = (frame.pts + STEP - lasts, lasts)
                yield item.reading(self.name, "uneven", found.uneven, "dB", span)
                yield item.reading(self.name, "grain", found.grain, "dB", span)
                yield item.reading(self.name, "beneath", found.level, "dBFS", span)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """A look decides on hiss at once, and on bursts that have waited."""
        if reading.name in self.noted:
            self.note({reading.name: reading.value})
        elif reading.name == "burst":
            self._bursts.append(reading)
            is_heard = self._noted["burst_level"] >= self.settings.audible and self._noted.get("falls", 0.0) <= FALLS
            least = self.settings.burst_at + (MORE if reading.duration < SHORT else 0.0)
            if reading.value >= least and is_heard:
                self._waiting.append(reading)
        else:
            yield from self._look(reading)
            told = False
            while self._waiting and reading.end - self._waiting[0].end >= AROUND:
                told |= yield from self._decide(self._waiting.popleft(), reading)
            if not told and not self._waiting:
                yield from self._quiet(reading)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and nothing waits."""
        return self._hiss.is_idle and self._burst.is_idle and not self._waiting

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """No burst, and a floor too low to be heard."""
        is_look = frames.deciding.is_word(frames.deciding.name, "beneath")
        return np.asarray(is_look & (frames.value < self.settings.audible))

    def note(self, values: Mapping[str, float]) -> None:
        """What the next look or burst is like."""
        self._noted.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Decide on what still waits, and close what is open."""
        for burst in self._waiting:
            yield from self._decide(burst, burst)
        self._waiting.clear()
        if self._burst.is_open:
            yield from self._quiet(Reading(self.name, self.track_id, "burst", pts, 0.0, 0.0, "dB"))
        yield from self._burst.finish(pts, self._say_bursts)
        yield from self._hiss.finish(pts, self._say_hiss)

    def _look(self, reading: Reading) -> Iterator[Finding]:
        """Compare the floor with the past, which learns while nothing hisses."""
        limits, level = self.settings, reading.value
        if not self._hiss.is_idle:
            goes_on = level >= self._before + limits.step / 2.0
            over = reading.end - STEP
            yield from self._hiss.update(reading, value=float(goes_on), since=over, say=self._say_hiss)
            if self._hiss.is_idle:
                self._looks.clear()  # what comes now is another programme, or none
            return
        while self._looks and self._looks[0].pts < reading.pts - PAST:
            self._looks.popleft()
        past = [each.level for each in self._looks if each.end <= reading.pts]
        before = max(past, default=0.0)
        looks_so = level >= limits.audible and self._noted["uneven"] <= limits.even
        looks_so = looks_so and self._noted["grain"] <= limits.steady
        if looks_so and len(past) >= ENOUGH and level >= before + limits.step:
            self._level, self._before = level, before
            yield from self._hiss.update(
                reading,
                value=1.0,
                since=self._rose(reading, before + limits.step),
                say=self._say_hiss,
                reason="hiss",
                confidence=0.8,
            )
            return
        self._looks.append(_Look(reading.pts, reading.end, level))

    def _rose(self, reading: Reading, least: float) -> float:
        """Where the floor rose: the beginning of the first look in a row that is high."""
        since = reading.pts
        for each in reversed(self._looks):
            if each.level < least:
                break
            since = each.pts
        return since + RISEN

    def _decide(self, burst: Reading, now: Reading) -> Generator[Finding, None, bool]:
        places = np.array([each.pts - burst.pts for each in self._bursts if abs(each.pts - burst.pts) <= AROUND])
        if in_step(places, SLACK):
            return False
        if self._burst.is_idle:
            self._count = 0
        self._count += 1
        self._last = burst.end
        yield from self._burst.update(
            now,
            value=1.0,
            since=burst.pts,
            say=self._say_bursts,
            reason="burst",
            confidence=0.8,
            evidence=(burst,),
        )
        return True

    def _quiet(self, reading: Reading) -> Iterator[Finding]:
        since = self._last if self._burst.is_open else reading.pts
        yield from self._burst.update(reading, value=0.0, since=since, say=self._say_bursts)

    def _say_hiss(self, lasted: float) -> str:
        rose = "out of silence" if self._before < -120.0 else f"by {self._level - self._before:.0f} dB"
        return f"hiss at {self._level:.0f} dBFS, risen {rose}"

    def _say_bursts(self, lasted: float) -> str:
        return "a burst of noise" if self._count == 1 else f"{self._count} bursts of noise"
