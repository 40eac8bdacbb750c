"""What is counted on samples."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HOP = 0.05
"""Seconds: the grid on which levels are told (20 readings a second)."""


HIGHEST = 64.0
"""Times full scale (+36 dBFS): what a decoder makes beyond that is garbage, not sound."""


def tame(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples themselves, or, where broken data made NaN, infinity or absurd values, a copy without them."""
    if samples.size and not (samples.max() <= HIGHEST and samples.min() >= -HIGHEST):  # false for NaN, too
        return np.clip(np.nan_to_num(samples, nan=0.0), -HIGHEST, HIGHEST)
    return samples


class Hops(NamedTuple):
    """Levels on a grid of equal hops within a block."""

    seconds: float
    """Length of a hop."""
    peak: NDArray[np.float32]
    """(channels, hops): largest absolute sample."""
    power: NDArray[np.float32]
    """(channels, hops): mean square."""
    mean: NDArray[np.float32]
    """(channels, hops): where the wave has its middle; 0 unless an offset was added to it."""


def hops(samples: NDArray[np.float32], rate: int, hop: float = HOP) -> Hops:
    """Cut a block into equal hops of about ``hop`` seconds and take peak, power and mean of each.

    The rest that does not fill the equal hops (fewer samples than there are hops) counts for the peak of the last.

    Args:
        samples: (channels, n) float32.
        rate: Samples a second.
        hop: Seconds.
    """
    channels, n = samples.shape
    if n == 0:
        nothing = np.zeros((channels, 0), np.float32)
        return Hops(0.0, nothing, nothing, nothing)
    count = min(max(1, round(n / (rate * hop))), n)
    length = n // count
    whole = samples[:, : length * count].reshape(channels, count, length)
    power = np.einsum("chn,chn->ch", whole, whole) / length
    mean = np.einsum("chn->ch", whole) / length  # several times faster than whole.mean(axis=2)
    peak = np.maximum(whole.max(axis=2), -whole.min(axis=2))
    rest = samples[:, length * count :]
    if rest.size:
        peak[:, -1] = np.maximum(peak[:, -1], np.abs(rest).max(axis=1))
    return Hops(n / count / rate, peak, power, mean)


def dbfs(amplitude: float) -> float:
    """Level of an amplitude (1.0 is full scale) in dBFS; -200 for nothing."""
    return 20.0 * float(np.log10(amplitude)) if amplitude > 1e-10 else -200.0


class Foreground:
    """Tells sound from its pauses, where a channel holds nothing but its noise.

    Args:
        audible: dBFS below which nothing is heard at all.
        pause: dB below the loudest of late from which on there is a pause.
    """

    FADING = 2.0
    """dB by which the memory of the loudest fades, per second."""

    def __init__(self, audible: float = -60.0, pause: float = 25.0) -> None:
        self._audible = audible
        self._pause = pause
        self._loudest = audible

    def hears(self, level: float, seconds: float) -> bool:
        """True if a level (dBFS), heard for so long, is not that of a pause."""
        self._loudest = max(level, self._loudest - self.FADING * seconds)
        return level >= max(self._audible, self._loudest - self._pause)


TOGETHER = 10
"""Frames that may be measured at once, where they are there: a second of them."""


class Frame(NamedTuple):
    """A run of samples on a grid that does not depend on how they arrived."""

    pts: float
    """Seconds."""
    samples: NDArray[np.float32]
    """(channels, n)."""
    is_first: bool
    """True where it does not follow the frame before: at the start, after a gap, and where the format changed."""
    frames: int = 1
    """How many frames of the grid it holds."""

    def spans(self, rate: int) -> list[tuple[float, float]]:
        """When each of them begins, and how long it lasts, in seconds."""
        lasts = self.samples.shape[1] / self.frames / rate
        return [(self.pts + number * lasts, lasts) for number in range(self.frames)]


class Framer:
    """Cuts a track into equal frames, whatever the blocks it arrives in.

    Frame ``k`` holds the samples from ``round(k * rate * seconds)`` on, counted from the start or the last gap, so
    that frames differ by one sample at most where the rate does not divide. What is left at a gap is dropped.

    Args:
        seconds: Length of a frame.
        together: How many frames may be handed on as one, where that many are there and all are equally long; the
            ``together``-th frame from the start or the last gap ends one.
    """

    SLOWEST = 1000
    """Samples a second below which there is no sound to be framed."""
    GAP = 0.01
    """Seconds by which a block may miss the end of the one before and still belong to it."""

    def __init__(self, seconds: float = 0.1, together: int = 1) -> None:
        self._seconds = seconds
        self._together = together
        self._format: tuple[int, int] = (0, 0)
        self._end = float("-inf")
        self._rest = np.zeros((0, 0), np.float32)
        self._count = 0

    def restart(self) -> None:
        """Begin anew with the next block, as after a gap."""
        self._end = float("-inf")

    def cut(self, pts: float, samples: NDArray[np.float32], rate: int) -> Iterator[Frame]:
        """Add a block and take the frames that it completes."""
        if (samples.shape[0], rate) != self._format or abs(pts - self._end) > self.GAP:
            self._format = (samples.shape[0], rate)
            self._rest, self._count = samples[:, :0], 0
        self._end = pts + samples.shape[1] / rate
        if rate < self.SLOWEST:
            return
        if self._rest.shape[1]:
            pts -= self._rest.shape[1] / rate
            samples = np.concatenate([self._rest, samples], axis=1)
        together = self._together if (rate * self._seconds).is_integer() else 1
        taken = begun = 0
        first = self._count
        while (end := taken + self._length(rate)) <= samples.shape[1]:
            taken = end
            self._count += 1
            if self._count % together == 0:
                yield Frame(pts + begun / rate, samples[:, begun:taken], first == 0, self._count - first)
                begun, first = taken, self._count
        if self._count > first:
            yield Frame(pts + begun / rate, samples[:, begun:taken], first == 0, self._count - first)
        self._rest = samples[:, taken:].copy()

    def _length(self, rate: int) -> int:
        return round((self._count + 1) * rate * self._seconds) - round(self._count * rate * self._seconds)
