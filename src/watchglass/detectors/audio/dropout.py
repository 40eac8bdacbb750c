"""Dropout: a short hole in running sound.

## What it measures
Of each hole of 4 ms to 2 s, on all channels together: `edge` (dB), the smallest of how far sound falls within 2 ms, how
far it rises, and how far all that is left lies below both sides; `beside` (dBFS RMS), the softer of 40 ms before and
after; `remains` (dBFS RMS), what is left in most of it; `unlike` (dB), by how much the spectra of the two sides differ.
Once a second `floor` (dBFS), the quietest 10 ms of it, holes left out; 0 where there is no pause.

## Why it matters
A lost packet, a buffer that ran dry, a bad splice: words lose their syllables, and music stumbles.

## Opens and closes
Opens at a hole of at least `shortest` whose `edge` is at or above `open_at`, between sound of at least `loud` that is
alike (within `alike`), and which is `below_floor` quieter than the pauses of the last 10 s and the next 2. Where
something is left in it, where it is so brief that a codec may have made it, or where its sides differ, its edges must
be steeper; what fades away before it falls is less steep. Not told is what the stream does all the time (gaps between
sounds that differ: drums, words put together by a machine) and what repeats in step (a gate on a synthesiser). Told 2 s
after it, when it is known what follows. Closes once `close_after` has passed without another; from the first hole to
the end of the last.

## Blind spots
Holes of one channel among several, holes that are faded, holes in sound below `loud` or in sound that itself falls to
digital silence between its notes or words. After a lossy codec, holes below 40 ms; Opus fills many of them. A programme
that is cut so on purpose is told. A hole across which a decoder begins anew, as at a discontinuity of a playlist.

## Sources
- Essentia, GapsDetector (levels before and after, and power in it); EBU QC 0008B. Edges, likeness, floor: ours.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.holes import TENTH, Holes
from watchglass.kernels.sound import Framer
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock, Seam
from watchglass.model.skimming import Skims
from watchglass.model.units import Dbfs, Decibels, Judged, Seconds

TENTHS = 10
"""Frames in a second, of which the floor is told."""
BEFORE, AFTER = 10.0, 2.0
"""Seconds around a hole that say what this stream is like."""
LOWEST = 2
"""Seconds with a lower floor that do not count: one may hold anything."""
DIGITAL = -88.0
"""dBFS: what a codec leaves of nothing is below it."""
CLEARER = 24.0
"""dB by which the edges must be steeper where something is left; the sides must be three times more alike, too."""
UNLIKE, STEEPER = 10.0, 2.5
"""dB that the sides may differ; dB of steeper edges for each dB beyond it, where one sound ended and another began."""
BRIEF, BRIEFLY = 0.04, 14.0
"""Seconds below which a codec may have made a hole of a weak passage, and dB by which such must be steeper."""
FLAWED = 3
"""Faint brief holes within 2 s from which on it is the codec."""
MOST_ODD = 0.4
"""Share of the holes nearby that may be between sounds that differ."""
STEPS, STEP_SLACK, BEAT, DUTY = 4, 0.012, 1.1, 0.2
"""So many holes in step within some seconds, the longest step, and the share of a step that is a hole, are a gate."""


class DropoutSettings(Settings):
    """How steep, how deep, between what."""

    open_at: Judged[Decibels] = 26.0
    """How far it must fall and rise within 2 ms."""
    loud: Judged[Dbfs] = -50.0
    """Level on both sides from which on a hole is heard."""
    alike: Judged[Decibels] = 22.0
    """By how much the sides may differ."""
    below_floor: Judged[Decibels] = 12.0
    """How far below the pauses of this stream what is left must be."""
    shortest: Judged[Seconds] = 0.010
    """Length from which on it is told."""
    close_after: Judged[Seconds] = 1.5
    """How long there must be no hole before it is over."""


class _Hole(NamedTuple):
    start: float
    end: float
    is_odd: bool
    """Between sounds that differ."""
    reading: Reading
    remains: float


class Dropout(Skims, Detector[AudioBlock | Seam]):
    """See the module's text."""

    name = "audio.dropout"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock, Seam)
    settings_type = DropoutSettings
    limits: ClassVar = {"edge": Bound("open_at"), "beside": Bound("loud")}
    shows = ("waveform", "spectrogram")
    settings: DropoutSettings
    decided_by = ("edge", "floor")
    memory = 60
    noted = frozenset(("beside", "remains", "unlike"))

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(TENTH)
        self._kernel: Holes | None = None
        self._tenths = 0
        self._origin = 0.0
        self._noted: dict[str, float] = {}
        self._floors: deque[tuple[float, float]] = deque(maxlen=16)
        self._holes: deque[_Hole] = deque(maxlen=64)
        self._flaws: deque[float] = deque(maxlen=16)
        self._waiting: deque[_Hole] = deque()
        self._last_end = 0.0
        self._lost: list[float] = []
        self._gate = Gate(self.name, self.track_id, close_after=self.settings.close_after)

    def measure(self, item: AudioBlock | Seam) -> Iterator[Reading]:
        """Each hole when its end is known, and the floor of each second."""
        if isinstance(item, Seam):
            self._framer.restart()  # a decoder that begins anew fades in
            return
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            if frame.is_first or self._kernel is None:
                self._kernel, self._tenths = Holes(item.rate), 0
                self._origin = frame.pts
            for hole in self._kernel.feed(frame.samples):
                span = (self._origin + hole.start / 1_000.0, hole.length / 1_000.0)
                yield item.reading(self.name, "beside", hole.beside, "dBFS", span)
                yield item.reading(self.name, "remains", hole.level, "dBFS", span)
                yield item.reading(self.name, "unlike", hole.unlike, "dB", span)
                yield item.reading(self.name, "edge", hole.edge, "dB", span)
            self._tenths += 1
            if self._tenths % TENTHS == 0:
                second = (frame.pts + TENTH - TENTHS * TENTH, TENTHS * TENTH)
                yield item.reading(self.name, "floor", self._kernel.floor(), "dBFS", second)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Holes wait until it is known what follows them."""
        if reading.name in self.noted:
            self.note({reading.name: reading.value})
        elif reading.name == "edge":
            self._take(reading)
        else:
            self._floors.append((reading.end, reading.value))
            told = False
            while self._waiting and reading.end - self._waiting[0].end >= AFTER:
                told |= yield from self._decide(self._waiting.popleft(), reading)
            if not told and not self._waiting:
                yield from self._gate.update(reading, value=0.0, since=self._over(reading), say=self._say)

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and nothing waits."""
        return self._gate.is_idle and not self._waiting

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """No hole."""
        return frames.deciding.is_word(frames.deciding.name, "floor")

    def note(self, values: Mapping[str, float]) -> None:
        """What the next hole is like."""
        self._noted.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Decide on what still waits, and close what is open."""
        for hole in self._waiting:
            yield from self._decide(hole, hole.reading)
        self._waiting.clear()
        if self._gate.is_open:
            yield from self._gate.update(self._end_at(pts), value=0.0, since=self._last_end, say=self._say)
        yield from self._gate.finish(pts, self._say)

    def _take(self, reading: Reading) -> None:
        limits, noted = self.settings, self._noted
        if reading.duration < BRIEF and (
            reading.value < limits.open_at + BRIEFLY or noted.get("remains", 0.0) > DIGITAL
        ):
            self._flaws.append(reading.pts)
        if reading.value < limits.open_at or noted.get("beside", -200.0) < limits.loud:
            return
        remains, unlike = noted.get("remains", 0.0), noted.get("unlike", 0.0)
        is_clear = reading.value >= limits.open_at + CLEARER and unlike <= limits.alike / 3.0
        if reading.duration < BRIEF:
            is_real = remains < DIGITAL and reading.value >= limits.open_at + BRIEFLY
        else:
            is_real = remains < DIGITAL or is_clear
        is_real = is_real and unlike <= limits.alike and reading.duration >= limits.shortest
        is_real = is_real and reading.value >= limits.open_at + STEEPER * max(0.0, unlike - UNLIKE)
        hole = _Hole(reading.pts, reading.end, unlike > limits.alike, reading, remains)
        self._holes.append(hole)
        if is_real:
            self._waiting.append(hole)

    def _decide(self, hole: _Hole, now: Reading) -> Generator[Finding, None, bool]:
        if not self._is_out_of_place(hole):
            return False
        if self._gate.is_idle:
            self._lost = []
        self._lost.append(hole.end - hole.start)
        self._last_end = hole.end
        yield from self._gate.update(
            now, value=1.0, since=hole.start, say=self._say, reason="hole", confidence=0.9, evidence=(hole.reading,)
        )
        return True

    def _is_out_of_place(self, hole: _Hole) -> bool:
        """Quieter than this stream ever is, and not what it does all the time."""
        floors = sorted(f for end, f in self._floors if end - hole.start >= -BEFORE and end - hole.end <= AFTER + 1.0)
        floor = floors[LOWEST] if len(floors) > LOWEST else 0.0
        if hole.remains > floor - self.settings.below_floor:
            return False
        near = [each for each in self._holes if -BEFORE <= each.start - hole.start <= AFTER + 1.0]
        if hole.end - hole.start < BRIEF and sum(abs(at - hole.start) <= AFTER for at in self._flaws) >= FLAWED:
            return False
        odd = sum(each.is_odd for each in near)
        return odd <= MOST_ODD * len(near) and not _in_step(hole, near)

    def _over(self, reading: Reading) -> float:
        return self._last_end if self._gate.is_open else reading.pts

    def _end_at(self, pts: float) -> Reading:
        return Reading(self.name, self.track_id, "floor", pts, 0.0, 0.0, "dBFS")

    def _say(self, lasted: float) -> str:
        longest = max(self._lost, default=0.0)
        holes = "a hole" if len(self._lost) == 1 else f"{len(self._lost)} holes"
        return f"sound has {holes} of up to {1_000.0 * longest:.0f} ms"


def _in_step(hole: _Hole, near: list[_Hole]) -> bool:
    """One of several holes at equal distances, each of them a good part of the step: a gate in time with music."""
    starts = np.array([each.start for each in near])
    lasts = hole.end - hole.start
    for other in near:
        step = abs(other.start - hole.start)
        if not 0.0 < step <= BEAT or lasts < DUTY * step:
            continue
        steps = np.arange(-STEPS, STEPS + 1) * step + hole.start
        if (np.abs(steps[:, None] - starts[None]).min(axis=1) <= STEP_SLACK).sum() >= STEPS:
            return True
    return False
