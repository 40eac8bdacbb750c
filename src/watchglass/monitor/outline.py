"""The outline of a whole audio track, in memory that does not grow with it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from watchglass.model.media import AudioBlock
from watchglass.model.report import Waveform
from watchglass.monitor.plots import Binner

MOST_CHANNELS = 8
"""With more than these, a waveform shows all channels together."""
_BATCH = 64
"""Blocks of sound that are gathered before they are drawn: numpy is cheap by the batch only."""


class Outline:
    """Peak and power of one track over time, by channel, on the hops that the detectors share."""

    def __init__(self, track: str, channels: int, layout: tuple[str, ...]) -> None:
        self.channels = channels
        self._track = track
        if channels > MOST_CHANNELS:
            self._names: tuple[str, ...] = ("all",)
        else:
            self._names = layout if len(layout) == channels else tuple(str(n + 1) for n in range(channels))
        self._peak = [Binner() for _ in self._names]
        self._power = [Binner() for _ in self._names]
        self._waiting: list[tuple[float, float, NDArray[np.float32], NDArray[np.float32]]] = []

    def add(self, block: AudioBlock) -> None:
        """Take a block into account."""
        hops = block.hops
        if len(self._names) < self.channels:
            peak, power = hops.peak.max(axis=0, keepdims=True), hops.power.max(axis=0, keepdims=True)
        else:
            peak, power = hops.peak, hops.power
        self._waiting.append((block.pts, hops.seconds, peak, power))
        if len(self._waiting) >= _BATCH:
            self._fold()

    def waveforms(self) -> Iterator[Waveform]:
        """The outline of each channel."""
        self._fold()
        for name, peak, power in zip(self._names, self._peak, self._power, strict=True):
            peaks, powers = peak.bins(), power.bins()
            yield Waveform(self._track, name, peaks.begin, peaks.step, peaks.high, np.sqrt(powers.mean))

    def _fold(self) -> None:
        if not self._waiting:
            return
        counts = [peak.shape[1] for _, _, peak, _ in self._waiting]
        pts = np.concatenate([b + s * np.arange(n) for (b, s, _, _), n in zip(self._waiting, counts, strict=True)])
        length = np.repeat([seconds for _, seconds, _, _ in self._waiting], counts)
        peaks = np.concatenate([peak for _, _, peak, _ in self._waiting], axis=1)
        powers = np.concatenate([power for _, _, _, power in self._waiting], axis=1)
        self._waiting.clear()
        for row, (peak, power) in enumerate(zip(self._peak, self._power, strict=True)):
            peak.add(pts, length, peaks[row])
            power.add(pts, length, powers[row])
