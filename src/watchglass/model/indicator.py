"""The shape of a check of a transport stream: some values, a limit for each, one finding."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from watchglass.model.detector import Detector, Settings
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import SLACK, Gate
from watchglass.model.transport import TransportCheck
from watchglass.model.units import Judged, Seconds

LIVE = "live"
"""Name of the reading that says whether somebody may tune in."""
RHYTHM = 2.0
"""Seconds in which all came as often as it must, after which a file is held to it."""


class IndicatorSettings(Settings):
    """What all of them have."""

    close_after: Judged[Seconds] = 2.0
    """How long all must be well for it to be over."""


class Indicator(Detector[TransportCheck]):
    """Opens with the first check in which a count has reached its limit, or something took longer than its limit."""

    consumes: ClassVar = (TransportCheck,)
    settings_type = IndicatorSettings
    settings: IndicatorSettings
    watches: ClassVar[Mapping[str, str]]
    """Names of the values, and what each says of ``{value}``: the sum of what is counted, the longest of seconds."""
    severity: ClassVar[Severity] = Severity.WARNING
    repeats: ClassVar[bool] = False
    """Whether it is about what must come again and again: a file that never kept to that is no broadcast."""

    def prepare(self) -> None:
        """All is well."""
        self._until: float | None = None
        """End of the last check that was bad."""
        self._is_live = False
        self._well_for = 0.0
        self._worst: dict[str, float] = {}
        self._where: dict[str, str] = {}
        self._is_bad = False
        self._gate = Gate(self.name, None, close_after=self.settings.close_after, severity=self.severity)

    def measure(self, item: TransportCheck) -> Iterator[Reading]:
        """Its values."""
        if self.repeats:
            yield Reading(self.name, None, LIVE, item.pts, item.duration, float(item.is_live), "1")
        for name in self.watches:
            value, unit = item.values.get(name, 0.0), TransportCheck.UNITS.get(name, "1")
            yield Reading(self.name, None, name, item.pts, item.duration, value, unit, item.where.get(name, ""))

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """The last of them decides."""
        if reading.name == LIVE:
            self._is_live = bool(reading.value)
            return
        limit = getattr(self.settings, self.limits[reading.name].setting)
        if reading.value > limit + SLACK if reading.unit == "s" else reading.value >= limit:
            self._is_bad = True
            before = self._worst.get(reading.name, 0.0)
            self._worst[reading.name] = max(before, reading.value) if reading.unit == "s" else before + reading.value
            self._where.setdefault(reading.name, reading.note)
        if reading.name != [*self.watches][-1]:
            return
        is_bad, self._is_bad = self._is_bad, False
        if not is_bad and self._well_for < RHYTHM:
            self._well_for += reading.duration
        elif self._well_for < RHYTHM:
            self._well_for = 0.0
        must = self._is_live or not self.repeats or self._well_for >= RHYTHM
        severity = self.severity if must else Severity.INFO
        if is_bad:
            self._until = reading.end
        over = None if is_bad else self._until  # where nothing came in between it was over before that
        yield from self._gate.update(reading, value=float(is_bad), since=over, say=self._say, severity=severity)
        if self._gate.is_idle:
            self._worst.clear()
            self._where.clear()

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        told = []
        for name, worst in self._worst.items():
            value = f"{worst:.2f} s" if TransportCheck.UNITS.get(name) == "s" else f"{worst:.0f}"
            where = f" ({self._where[name]})" if self._where[name] else ""
            told.append(self.watches[name].format(value=value) + where)
        return "; ".join(told)
