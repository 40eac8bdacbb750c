"""Loudness: how loud it feels, as broadcasters count it.

## What it measures
By EBU R 128 and ITU-R BS.1770-5, K-weighted at any sampling rate, side channels +1.5 dB, the bass channel left out:
`momentary` (LUFS, 20 times a second: the largest of the values that move on by 10 ms, each over 400 ms),
`short_term` (LUFS, once a second: the largest, each over 3 s), `integrated` (LUFS, once a second: the programme so
far, gated at -70 LUFS and 10 LU below its mean) and `range` (LU, once a second, EBU Tech 3342). The programme is kept
as a histogram of 0.01 LU, so memory does not grow with its length.

## Why it matters
Programmes and advertisements of different loudness send people to the remote control; most delivery contracts
and several laws name a loudness.

## Opens and closes
Only against a delivery profile: opens when `integrated` is further from the profile's loudness than its tolerance,
from `judge_after` on (before, the programme is too short to know), closes when it is within again. A shorter
programme is judged at its end. Without a profile it measures and judges nothing.

## Blind spots
A single channel counts as one loudspeaker: mono is 3 LU below the same sound on two. The last 100 ms of the media do
not count. A long stream's integrated value hardly moves any more; restart to measure a programme in it.

## Sources
- ITU-R BS.1770-5; EBU R 128, Tech 3341 (momentary, short-term, integrated) and Tech 3342 (range).
"""

from collections.abc import Iterator

import numpy as np

from watchglass.kernels.loudness import FLOOR, HOPS_PER_SECOND, Meter, channel_weights
from watchglass.kernels.sound import Framer
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.limits import Limit
from watchglass.model.media import AudioBlock
from watchglass.model.units import Judged, Lu, Seconds

FRAME_HOPS = 10
FRAMES_PER_SECOND = HOPS_PER_SECOND // FRAME_HOPS
TOLD_HOPS = 5
"""Hops of 10 ms behind one `momentary` reading."""


class LoudnessSettings(Settings):
    """When a programme is off its target."""

    rounding: Judged[Lu] = 0.1
    """LU beyond the profile's tolerance that are still right, as EBU Tech 3341 allows every meter."""
    judge_after: Judged[Seconds] = 60.0
    """Seconds of programme before its loudness is judged; a shorter one is judged at its end."""


class Loudness(Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.loudness"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = LoudnessSettings
    shows = ("levels",)
    settings: LoudnessSettings

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(FRAME_HOPS / HOPS_PER_SECOND, together=FRAMES_PER_SECOND)
        self._meter: Meter | None = None
        self._format: tuple[int, tuple[str, ...]] | None = None
        self._frames = 0
        self._short_term = float("nan")
        self._began: float | None = None
        self._last: Reading | None = None
        self._was_off = False
        self._gate: Gate | None = None
        if self.delivery:
            allowed = self.delivery.loudness_tolerance + self.settings.rounding
            self._gate = Gate(self.name, self.track_id, open_at=allowed)

    @property
    def judges(self) -> bool:
        """Only against a delivery profile."""
        return self.delivery is not None

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """The delivery profile's loudness, give or take what it and the settings allow."""
        if self.delivery is None:
            return {}
        allowed = self.delivery.loudness_tolerance + self.settings.rounding
        loud, soft = self.delivery.loudness + allowed, self.delivery.loudness - allowed
        meaning = f"The delivery profile asks for {self.delivery.loudness:.1f} LUFS."
        return {
            "integrated": (
                Limit(loud, "above", self.delivery.name, meaning),
                Limit(soft, "below", self.delivery.name, meaning),
            )
        }

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Momentary loudness of each 50 ms; the slower values once a second."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            if self._meter is None or (item.rate, item.layout) != self._format:
                self._format = (item.rate, item.layout)
                self._meter = Meter(item.rate, channel_weights(item.layout, len(item.samples)), self._meter)
            elif frame.is_first:
                self._meter.restart()
            if frame.is_first:
                self._frames = 0
            heard = self._meter.add(frame.samples, FRAME_HOPS * frame.frames)
            hop = TOLD_HOPS / HOPS_PER_SECOND
            for i, value in enumerate(np.fmax.reduce(heard.momentary.reshape(-1, TOLD_HOPS), axis=1).tolist()):
                if value == value:  # not a number until 400 ms were heard
                    yield item.reading(self.name, "momentary", value, "LUFS", (frame.pts + i * hop, hop))
            self._short_term = float(np.fmax(self._short_term, np.fmax.reduce(heard.short_term)))
            self._frames += frame.frames
            if self._frames % FRAMES_PER_SECOND == 0:
                yield from self._each_second(item, frame.pts + frame.frames * FRAME_HOPS / HOPS_PER_SECOND - 1.0)

    def _each_second(self, item: AudioBlock, pts: float) -> Iterator[Reading]:
        assert self._meter is not None
        second = (pts, 1.0)
        if self._short_term == self._short_term:
            yield item.reading(self.name, "short_term", max(self._short_term, FLOOR), "LUFS", second)
        self._short_term = float("nan")
        if (integrated := self._meter.blocks.integrated()) is not None:
            yield item.reading(self.name, "integrated", integrated, "LUFS", second)
        if (loudness_range := self._meter.short_terms.loudness_range()) is not None:
            yield item.reading(self.name, "range", loudness_range, "LU", second)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare the programme so far with the delivery profile."""
        if self._gate is None or reading.name != "integrated":
            return
        if self._began is None:
            self._began = reading.pts
        self._last = reading
        if reading.end - self._began >= self.settings.judge_after:
            yield from self._compare(reading)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Judge a programme that was too short to be judged before, then close what is open."""
        if self._gate is None or self._last is None:
            return
        if self._began is not None and self._last.end - self._began < self.settings.judge_after:
            yield from self._compare(self._last)
        yield from self._gate.finish(pts, self._say)

    def _compare(self, reading: Reading) -> Iterator[Finding]:
        assert self._gate is not None
        assert self.delivery is not None
        off = abs(reading.value - self.delivery.loudness)
        reason = "loud" if reading.value > self.delivery.loudness else "soft"
        since = None if self._was_off else self._began  # the first is about the whole programme so far
        yield from self._gate.update(reading, value=off, since=since, say=self._say, reason=reason)
        self._was_off |= self._gate.is_open

    def _say(self, lasted: float) -> str:
        assert self._last is not None
        assert self.delivery is not None
        target, tolerance = self.delivery.loudness, self.delivery.loudness_tolerance
        return (
            f"programme loudness {self._last.value:.1f} LUFS, {self.delivery.name} asks for"
            f" {target:.1f} (+-{tolerance:.1f}) LUFS"
        )
