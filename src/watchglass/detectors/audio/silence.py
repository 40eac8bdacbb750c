"""Silence: nothing to hear on any channel.

## What it measures
`level` (dBFS), 20 times a second: RMS of the loudest channel over about 50 ms. The bass channel (LFE) of a surround
layout does not count: nobody hears a programme there. -200 stands for samples that are all zero.

## Why it matters
The commonest complaint of listeners, and invisible to everything that only checks that packets arrive.

## Opens and closes
Opens when `level` has stayed below `open_below` for `open_after`, dated back to where it fell; closes when it has
been above `close_above` for `close_after`, dated back to where it rose. One loud stretch shorter than that, such
as a click, does not end it. Reason `digital` (no noise at all, below -100 dBFS: a source that is gone or muted, sure)
or `quiet` (a noise floor is left; less sure the higher it lies). Where the floor is as loud as a room (above
`room_tone`) somebody may just be thinking: information, and a warning once it has lasted `patience`, or once it
has been quieter than a room for `open_after`.

## Blind spots
A failure that leaves hum or hiss above `open_below` is not silence. Music that fades to nothing for longer than
`open_after` is. Sound that is only in the bass channel counts as silence.

## Sources
- FFmpeg `libavfilter/af_silencedetect.c`: -60 dB, 2 s. EBU QC 0062B (audio silence).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.sound import dbfs
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock
from watchglass.model.skimming import Skims
from watchglass.model.units import Dbfs, Judged, Seconds

DIGITAL = -100.0
"""dBFS: below the dither of 16-bit sound only made silence lies."""


class SilenceSettings(Settings):
    """What counts as silence, and for how long."""

    open_below: Judged[Dbfs] = -60.0
    """RMS of the loudest channel below which there is nothing to hear."""
    close_above: Judged[Dbfs] = -57.0
    """RMS of the loudest channel above which there is sound again."""
    open_after: Judged[Seconds] = 2.0
    """How long it must be silent before it is told; pauses in speech are shorter."""
    close_after: Judged[Seconds] = 0.1
    """How long there must be sound before the silence is over."""
    room_tone: Judged[Dbfs] = -66.0
    """RMS above which the noise that is left may be the room of a quiet scene."""
    patience: Judged[Seconds] = 6.0
    """How long such a quiet scene may last before it is a warning."""


class Silence(Skims, Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.silence"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = SilenceSettings
    limits: ClassVar = {"level": Bound("open_below", "below")}
    shows = ("levels",)
    settings: SilenceSettings
    decided_by = ("level",)
    memory = 1

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._layout: tuple[str, ...] | None = None
        self._heard: list[int] | None = None
        self._loudest = -200.0
        self._deep_since: float | None = None
        self._severity = Severity.WARNING
        self._opened: Finding | None = None
        self._gate = Gate(
            self.name,
            self.track_id,
            open_at=self.settings.open_below,
            close_at=self.settings.close_above,
            falls=True,
            open_after=self.settings.open_after,
            close_after=self.settings.close_after,
        )

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """Level of the loudest channel, by hop."""
        if item.layout != self._layout:
            self._layout = item.layout
            heard = [i for i, channel in enumerate(item.layout) if not channel.startswith("LFE")]
            self._heard = None if len(heard) in (0, len(item.layout)) else heard
        power = item.hops.power if self._heard is None else item.hops.power[self._heard]
        seconds = item.hops.seconds
        for i, mean_square in enumerate(power.max(axis=0).tolist()):
            level = dbfs(mean_square**0.5)
            yield item.reading(self.name, "level", level, "dBFS", (item.pts + i * seconds, seconds))

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Silent below the threshold, sound again above it."""
        is_deep = reading.value < self.settings.room_tone
        if self._gate.is_idle or (is_deep and self._deep_since is None):
            self._loudest = -200.0  # what is told is the deepest silence, not the decay into it
        if not is_deep:
            self._deep_since = None
        elif self._deep_since is None:
            self._deep_since = reading.pts
        if reading.value < self.settings.close_above:
            self._loudest = max(self._loudest, reading.value)
        is_digital = self._loudest < DIGITAL
        sureness = 1.0 if is_digital else float(np.clip((-40.0 - self._loudest) / 40.0, 0.5, 0.9))
        reason = "digital" if is_digital else "quiet"
        told = self._gate.update(reading, say=self._say, reason=reason, confidence=sureness)
        yield from self._weigh(told, reading)

    @property
    def is_settled(self) -> bool:
        """There is sound."""
        return self._gate.is_idle and self._deep_since is None

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Sound above every threshold."""
        limits = self.settings
        return frames.value > max(limits.open_below, limits.close_above, limits.room_tone)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        yield from (replace(finding, severity=self._severity) for finding in self._gate.finish(pts, self._say))

    def _weigh(self, told: Iterator[Finding], reading: Reading) -> Iterator[Finding]:
        """A room that is merely quiet is information until it has lasted too long."""
        for finding in told:
            if finding.event is Event.OPENED:
                self._opened = finding
                self._severity = finding.severity if self._is_grave(reading, finding) else Severity.INFO
            yield replace(finding, severity=self._severity)
        if self._opened and self._gate.is_open and self._severity is Severity.INFO:
            if not self._is_grave(reading, self._opened):
                return
            self._severity = self._opened.severity
            message = self._say(reading.end - self._opened.opened_at)
            yield replace(self._opened, event=Event.CHANGED, told_at=reading.end, message=message, readings=(reading,))

    def _is_grave(self, reading: Reading, opened: Finding) -> bool:
        """Quieter than a room for ``open_after``, or quiet for longer than a scene."""
        if reading.end - opened.opened_at >= self.settings.patience - SLACK:
            return True
        deep = self._deep_since
        return deep is not None and reading.end - deep >= self.settings.open_after - SLACK

    def _say(self, lasted: float) -> str:
        what = "digital silence" if self._loudest < DIGITAL else f"nothing above {self._loudest:.0f} dBFS"
        return f"no sound for {lasted:.1f} s: {what}"
