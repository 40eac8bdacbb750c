"""The geometry of the plots: from curves to SVG paths on a raster of 1000 x 100, stretched by the page.

All text stands outside of the SVG, so that a narrow page squeezes lines, never letters.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchglass.model.finding import Finding
from watchglass.model.limits import Limit
from watchglass.model.report import Curve, Waveform
from watchglass.reports.wording import number, quantity

WIDTH, HEIGHT = 1000.0, 100.0
POINTS = 500
"""The most points of a line; more than a screen shows and a printer needs."""
_STEPS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200),
)
"""Seconds between two ticks that people read easily."""
_FLOORS = {"dBFS": -80.0, "dBTP": -60.0, "LUFS": -60.0}
"""Below this a level is drawn at the bottom."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the time axis; ``at`` in per cent of the width."""

    at: float
    label: str
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch on the time axis, on the raster."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From a lowest to a highest value; ``unit`` as readings have it."""

    low: float
    high: float
    unit: str

    @property
    def labels(self) -> tuple[str, str]:
        """Highest and lowest value; the unit stands beside the plot, except for per cent."""
        is_share = self.unit == "1" and self.low == 0.0 and self.high <= 1.0
        top, bottom = (quantity(value, "1") if is_share else number(value) for value in (self.high, self.low))
        return top, bottom

    def level(self, value: float) -> float:
        """A value on the raster, kept within it."""
        return round((1.0 - min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))) * HEIGHT, 1)

    def y(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Values to the raster, 0 at the top."""
        part = (values.astype(np.float64) - self.low) / (self.high - self.low)
        return (1.0 - np.clip(part, 0.0, 1.0)) * HEIGHT


class TimeAxis:
    """Media time to the raster.

    Args:
        begin: Left edge, in seconds.
        end: Right edge, in seconds.
        least: Seconds that it is long at the least.
    """

    def __init__(self, begin: float, end: float, least: float = 0.01) -> None:
        self.begin = begin
        self.end = max(end, begin + least)

    def x(self, pts: float) -> float:
        """A media time on the raster, kept within it."""
        return WIDTH * min(1.0, max(0.0, (pts - self.begin) / (self.end - self.begin)))

    def span(self, begin: float, end: float | None, least: float = 2.0) -> Span:
        """A stretch on the raster, wide enough to be seen; without an end it reaches to the edge."""
        left, right = self.x(begin), WIDTH if end is None else self.x(end)
        width = max(least, right - left)
        return Span(round(min(left, WIDTH - width), 1), round(width, 1))

    def span_of(self, finding: Finding) -> Span:
        """The stretch of a finding."""
        return self.span(finding.opened_at, finding.closed_at)

    def ticks(self, most: int = 9) -> list[Tick]:
        """Marks at round times; every second one is minor, for narrow pages to leave out."""
        length = self.end - self.begin
        step = next((step for step in _STEPS if length / step <= most), 86_400.0)
        first, last = math.ceil(self.begin / step - 1e-9), math.floor(self.end / step + 1e-9)
        return [
            Tick(round(self.x(n * step) / 10, 2), _tick_label(n * step, step), n % 2 == 1)
            for n in range(first, last + 1)
        ]


@dataclass(frozen=True, slots=True)
class Lines:
    """SVG path data: the band from the smallest to the largest value, and the line of the mean."""

    band: str
    line: str


def scale_of(curves: Sequence[Curve], limits: Sequence[Limit] = ()) -> Scale:
    """The scale on which curves of one unit are drawn, with their thresholds."""
    sides = [side for curve in curves for side in (curve.low, curve.high)]
    return scale_for(np.concatenate(sides) if sides else np.zeros(1), curves[0].unit, limits)


def scale_for(values: NDArray[np.floating[Any]], unit: str, limits: Sequence[Limit] = ()) -> Scale:
    """The scale on which values are drawn, with their thresholds."""
    values = values[np.isfinite(values)]
    known = [
        *([float(values.min()), float(values.max())] if values.size else [0.0]),
        *(limit.value for limit in limits),
    ]
    low, high = round(min(known), 4), round(max(known), 4)  # sums that should be 0 leave what is not worth a scale
    if unit == "1" and low >= 0.0 and high <= 1.0:  # small shares are told apart only beside a small threshold
        return Scale(0.0, round_up(high) if limits and 0.0 < high <= 0.5 else 1.0, unit)
    if unit in _FLOORS:
        floor = _FLOORS[unit]
        return Scale(max(floor, min(math.floor(low / 10) * 10.0, floor / 2)), max(0.0, math.ceil(high / 3) * 3.0), unit)
    return Scale(-round_up(-low) if low < 0 else 0.0, round_up(high) if high > 0 else 0.0 if low < 0 else 1.0, unit)


def draw(curve: Curve, axis: TimeAxis, scale: Scale) -> Lines:
    """A curve as paths; gaps stay gaps."""
    low, high, mean, step = _reduced(curve.low, curve.high, curve.mean, curve.step)
    band, line = [], []
    for run in runs(mean):
        x = _centres(run, curve.begin, step, axis)
        top, bottom = (edges(scale.y(side[run])) for side in (high, low))
        band.append(polygon(x, top, bottom))
        line.append("M" + points(x, edges(scale.y(mean[run]))))
    return Lines("".join(band), "".join(line))


def draw_wave(wave: Waveform, axis: TimeAxis) -> Lines:
    """A waveform, mirrored at its middle: the peaks as ``band``, the root mean square as ``line`` (both areas).

    Half the height is full scale; quiet programme is lifted (amplitude to the power of 0.6) so that it is seen.
    """
    _, peak, _, step = _reduced(wave.peak, wave.peak, wave.peak, wave.step)
    _, _, power, _ = _reduced(wave.rms, wave.rms, wave.rms**2, wave.step)
    areas = []
    for side in (peak, np.sqrt(power)):
        half = (
            np.clip(side**0.6, 0.015, 1.0) * HEIGHT / 2
        )  # silence keeps a hairline: there is sound, and it is nothing
        paths = []
        for run in runs(half):
            reach = edges(half[run].astype(np.float64))
            paths.append(polygon(_centres(run, wave.begin, step, axis), HEIGHT / 2 - reach, HEIGHT / 2 + reach))
        areas.append("".join(paths))
    return Lines(*areas)


def _reduced(
    low: NDArray[np.float32], high: NDArray[np.float32], mean: NDArray[np.float32], step: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], float]:
    """Join neighbouring bins until there are at most ``POINTS``; also returns the new width of a bin."""
    times = -(-len(mean) // POINTS)
    if times <= 1:
        return low, high, mean, step
    rest = -len(mean) % times
    rows = [np.pad(side, (0, rest), constant_values=np.nan).reshape(-1, times) for side in (low, high, mean)]
    is_gap = np.isnan(rows[2])
    count = np.maximum(1, (~is_gap).sum(axis=1))
    joined = [
        np.where(is_gap, np.inf, rows[0]).min(axis=1),
        np.where(is_gap, -np.inf, rows[1]).max(axis=1),
        np.where(is_gap, 0.0, rows[2]).sum(axis=1) / count,
    ]
    empty = is_gap.all(axis=1)
    out = [np.where(empty, np.nan, side).astype(np.float32) for side in joined]
    return out[0], out[1], out[2], step * times


def runs(values: NDArray[np.floating[Any]]) -> Iterator[slice]:
    """The stretches without a gap."""
    is_there = np.concatenate([[False], ~np.isnan(values), [False]])
    edges = np.flatnonzero(is_there[1:] != is_there[:-1])
    for first, behind in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(first), int(behind))


def _centres(run: slice, begin: float, step: float, axis: TimeAxis) -> list[float]:
    """The x of a run's left edge, of the middle of each bin, and of its right edge."""
    middles = [begin + (n + 0.5) * step for n in range(run.start, run.stop)]
    left, right = axis.x(begin + run.start * step), axis.x(begin + run.stop * step)
    return [left, *(axis.x(pts) for pts in middles), max(right, left + 0.8)]


def edges(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values with the first and the last twice: a bin's value holds up to its outer edge."""
    return np.concatenate([y[:1], y, y[-1:]])


def polygon(x: list[float], top: NDArray[np.float64], bottom: NDArray[np.float64]) -> str:
    """Path data of the area between two lines."""
    return f"M{points(x, top)}L{points(x[::-1], bottom[::-1])}Z"


def points(x: Sequence[float], y: NDArray[np.float64]) -> str:
    """Path data of a line; on its level stretches nothing but their ends."""
    levels = [round(float(b), 1) for b in y]
    last = len(levels) - 1
    return " ".join(
        f"{round(a, 1):g},{b:g}"
        for n, (a, b) in enumerate(zip(x, levels, strict=True))
        if n in (0, last) or levels[n - 1] != b or levels[n + 1] != b
    )


def round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * (1 - 1e-9))


def _tick_label(seconds: float, step: float) -> str:
    digits = next((digits for digits in (0, 1, 2) if step >= 10.0**-digits), 3)
    ticks = round(seconds * 10**digits)
    whole, part = divmod(ticks, 10**digits)
    minutes = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{minutes}:{whole % 60:02}" + (f".{part:0{digits}}" if digits else "")
