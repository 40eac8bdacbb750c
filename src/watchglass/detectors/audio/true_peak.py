"""True peak: the sound between the samples is too high.

## What it measures
`true_peak` (dBTP), every 100 ms: the largest value of the loudest channel after oversampling to 192 kHz or more
(24 samples for each interpolated one; within 0.05 dB up to 20 kHz at 48 kHz, and at most 0.17 dB low because
a peak can lie between the oversampled values too). The reading is exact for every stretch: channels are left
out only where their samples prove that they cannot hold the peak.

## Why it matters
Converters and lossy encoders rebuild the curve between the samples; where it passes full scale they distort,
although no sample does.

## Opens and closes
Only against a delivery profile. Opens with the first 100 ms above the profile's maximum, closes after
`close_after` below it. Without a profile it measures and judges nothing.

## Blind spots
The last 12 samples of the media are not interpolated. Peaks that an encoder adds later are not foreseen.

## Sources
- ITU-R BS.1770-5, annex 2 (four times oversampling). EBU R 128 (maximum -1 dBTP), EBU Tech 3341 cases 15 to 23.
"""

from collections.abc import Iterator

import numpy as np

from watchglass.kernels.sound import TOGETHER, Framer, dbfs
from watchglass.kernels.true_peak import TAPS, true_peak
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.limits import Limit
from watchglass.model.media import AudioBlock
from watchglass.model.units import Decibels, Judged, Seconds


class TruePeakSettings(Settings):
    """When a peak is over the profile's maximum."""

    tolerance: Judged[Decibels] = 0.1
    """By how much a peak may pass the maximum of the delivery profile, so that rounding alarms nobody."""
    close_after: Judged[Seconds] = 1.0
    """Seconds below the maximum after which it is over: one loud passage is one finding."""


class TruePeak(Detector[AudioBlock]):
    """See the module's text."""

    name = "audio.true_peak"
    status = Status.STABLE
    kind = "audio"
    consumes = (AudioBlock,)
    settings_type = TruePeakSettings
    shows = ("samples", "waveform")
    settings: TruePeakSettings

    def prepare(self) -> None:
        """Nothing has been heard."""
        self._framer = Framer(together=TOGETHER)
        self._before = np.zeros((0, TAPS - 1), np.float32)
        self._gate: Gate | None = None
        if self.delivery:
            limit = self.delivery.true_peak + self.settings.tolerance
            self._gate = Gate(self.name, self.track_id, open_at=limit, close_after=self.settings.close_after)

    @property
    def judges(self) -> bool:
        """Only against a delivery profile."""
        return self.delivery is not None

    def thresholds(self) -> dict[str, tuple[Limit, ...]]:
        """The delivery profile's maximum and the tolerance of the settings."""
        if self.delivery is None:
            return {}
        limit = self.delivery.true_peak + self.settings.tolerance
        meaning = f"The delivery profile asks for at most {self.delivery.true_peak:.1f} dBTP."
        return {"true_peak": (Limit(limit, "above", self.delivery.name, meaning),)}

    def measure(self, item: AudioBlock) -> Iterator[Reading]:
        """True peak of each 100 ms."""
        for frame in self._framer.cut(item.pts, item.samples, item.rate):
            if frame.is_first:
                self._before = np.zeros((len(frame.samples), TAPS - 1), np.float32)
            peaks = true_peak(frame.samples, self._before, item.rate, frame.frames)
            self._before = np.concatenate([self._before, frame.samples[:, -TAPS + 1 :]], axis=1)[:, -TAPS + 1 :]
            for hop, peak in zip(frame.spans(item.rate), peaks, strict=True):
                yield item.reading(self.name, "true_peak", dbfs(peak), "dBTP", hop)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Compare with the maximum of the delivery profile."""
        if self._gate is not None:
            yield from self._gate.update(reading, say=self._say, reason="delivery")

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close what is open."""
        if self._gate is not None:
            yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        assert self._gate is not None
        assert self.delivery is not None
        limit, profile = self.delivery.true_peak, self.delivery.name
        return f"true peak {self._gate.worst:.1f} dBTP, above the {limit:.1f} dBTP of {profile}"
