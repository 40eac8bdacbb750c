"""The readings around a finding, each value of them where it is short, in constant memory where it is long."""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

import numpy as np

from watchglass.model.exhibit import Trace
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK
from watchglass.model.limits import Limit
from watchglass.monitor.plots import Binner

KEPT = 512
"""Values of each reading that are kept of the past: 20 s at 25 a second."""
MOST_VALUES = 400
"""Values that a trace holds one by one; beyond that they are joined in bins."""
MOST_TRACES = 2
"""Readings that are shown with a finding."""
MOST_NAMES = 64
"""Readings of one detector on one track that are followed."""
BEFORE = AFTER = 3.0
"""Seconds that are shown before a finding and after it."""

Who = tuple[str, str | None]
"""Detector and track."""


class RecentReadings:
    """A ring of values for each reading of each detector on each track."""

    def __init__(self) -> None:
        self._rings: dict[Who, dict[str, deque[Reading]]] = {}

    def keep(self, reading: Reading) -> None:
        """Remember a reading."""
        rings = self._rings.setdefault((reading.detector, reading.track), {})
        ring = rings.get(reading.name)
        if ring is None:
            if len(rings) >= MOST_NAMES:
                return
            ring = rings[reading.name] = deque(maxlen=KEPT)
        ring.append(reading)

    def since(self, who: Who, pts: float) -> list[Reading]:
        """What is known from a time on, in seconds."""
        return [reading for ring in self._rings.get(who, {}).values() for reading in ring if reading.end >= pts]


class Follower:
    """Follows one reading from before a finding to after it."""

    def __init__(self, first: Reading) -> None:
        self._name = first.name
        self._unit = first.unit
        self._values: list[Reading] = []
        self._binner: Binner | None = None

    def add(self, reading: Reading) -> None:
        """Take a value into account."""
        self._values.append(reading)
        if len(self._values) > MOST_VALUES:
            self._fold()

    def _fold(self) -> None:
        if self._binner is None:
            self._binner = Binner(MOST_VALUES, self._step() * 2.0)
        pts, duration, value = zip(*((each.pts, each.duration, each.value) for each in self._values), strict=True)
        self._binner.add(pts, duration, value)
        self._values.clear()

    def _step(self) -> float:
        """How much time a value stands for."""
        lengths = [reading.duration for reading in self._values if reading.duration > 0.0]
        starts = [reading.pts for reading in self._values]
        ways = [b - a for a, b in pairwise(starts) if b > a]
        return max(0.001, median(lengths or ways or [0.04]))

    def trace(self) -> Trace:
        """What was followed so far."""
        if self._binner is None:
            values = [reading for reading in self._values if np.isfinite(reading.value)]
            pts = np.array([reading.pts + reading.duration / 2 for reading in values])
            value = np.array([reading.value for reading in values], np.float32)
            return Trace(self._name, self._unit, pts, self._step(), value, value, value)
        if self._values:
            self._fold()
        bins = self._binner.bins()
        there = np.flatnonzero(np.isfinite(bins.mean))
        middles = bins.begin + (there.astype(np.float64) + 0.5) * bins.step
        return Trace(self._name, self._unit, middles, bins.step, bins.low[there], bins.high[there], bins.mean[there])


def telling(traces: Sequence[Trace], finding: Finding, limits: Mapping[str, tuple[Limit, ...]]) -> tuple[Trace, ...]:
    """The readings that tell most about a finding.

    Those that were beyond their threshold while it lasted; else those that it was decided on; else those that
    changed most when it began.
    """
    decided = [reading.name for reading in finding.readings]
    end = np.inf if finding.closed_at is None else finding.closed_at
    inside = {t.name: (t.pts >= finding.opened_at - SLACK) & (t.pts <= end + SLACK) for t in traces}

    def is_beyond(trace: Trace) -> bool:
        values = trace.mean[inside[trace.name]]
        known = limits.get(trace.name, ())
        if not values.size or not known:
            return False
        return bool(np.any([limit.is_reached_by(values) for limit in known], axis=0).mean() > 0.5)

    def change(trace: Trace) -> float:
        within, before = trace.mean[inside[trace.name]], trace.mean[trace.pts < finding.opened_at]
        if not within.size or not before.size:
            return 0.0
        spread = float(np.abs(before - np.median(before)).mean()) + 1e-3 * float(np.abs(trace.mean).max()) + 1e-9
        return abs(float(np.median(within) - np.median(before))) / spread

    with_values = [trace for trace in traces if trace.pts.size]
    ranked = [trace for trace in with_values if is_beyond(trace)]
    ranked.sort(key=lambda trace: trace.name not in decided)
    if not ranked:
        ranked = [trace for trace in with_values if trace.name in decided]
    if not ranked:
        ranked = sorted(with_values, key=change, reverse=True)
    return tuple(ranked[:MOST_TRACES])
