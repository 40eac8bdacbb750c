"""What is shown with one finding, so that people can judge for themselves: pure data, small on purpose.

Times are seconds of media time; 1.0 of an amplitude is full scale.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

View = Literal["samples", "waveform", "levels", "spectrogram"]
"""A way to show a stretch of sound: some milliseconds of samples where it is worst, the outline, the level by channel,
the level by frequency."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A small JPEG of the programme at one moment."""

    pts: float
    jpeg: bytes
    width: int
    height: int
    quarter_turns: int = 0
    """By how many turns of 90 degrees, counter-clockwise, the coded picture was put upright."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A reading around a finding: each value, or, where there were too many, bins of equal width."""

    name: str
    unit: str
    pts: NDArray[np.float64]
    """(n,): the middle of what each value stands for."""
    step: float
    """How much time a value stands for; a longer way between two of them is a gap."""
    low: NDArray[np.float32]
    """(n,): the smallest value; the same as ``high`` where each value was kept."""
    high: NDArray[np.float32]
    mean: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One channel over time, in bins of equal width from ``begin`` on."""

    channel: str
    begin: float
    step: float
    low: NDArray[np.float32]
    """(n,): the smallest sample of each bin; or the level, in dBFS."""
    high: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Level by time and frequency, as a picture; the scale of frequency is logarithmic."""

    begin: float
    end: float
    lowest: float
    """Frequency at the lower edge, in Hz."""
    highest: float
    floor: float
    """Level of the darkest colour, in dBFS."""
    top: float
    """Level of the brightest."""
    picture: Picture


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """Everything that is shown with one finding."""

    before: Picture | None = None
    """The picture before the defect."""
    during: Picture | None = None
    after: Picture | None = None
    traces: tuple[Trace, ...] = ()
    waveforms: tuple[Strip, ...] = ()
    levels: tuple[Strip, ...] = ()
    samples: Strip | None = None
    """Some milliseconds of single samples."""
    spectrogram: Spectrogram | None = None
