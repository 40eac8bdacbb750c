"""The shape of a check of playlists and manifests: rules by name, a finding for each that does not hold."""

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, NamedTuple

from pydantic import field_validator

from watchglass.model.detector import Detector, Settings
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import Gate
from watchglass.model.transport import ManifestCheck
from watchglass.model.units import Judged, Names, Seconds

CHECKED = "checked"
"""Name of the reading that ends a check: how many rules are broken, and (its note) by which rendition."""
APART = 1e-6
"""Seconds: what begins at the same time is told apart by it, as findings of one detector are by when they begin."""


class Rule(NamedTuple):
    """A rule that may be broken."""

    broken: str
    """What is said then; where and how is said behind it."""
    severity: Severity = Severity.WARNING


class RulesSettings(Settings):
    """What all of them have."""

    rules: ClassVar[Mapping[str, Rule]] = {}
    waived: Judged[Names] = ()
    """Names of rules that need not be kept."""
    close_after: Judged[Seconds] = 10.0
    """How long a rule must be kept again for it to be over."""

    @field_validator("waived")
    @classmethod
    def _are_known(cls, waived: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in waived if name not in cls.rules]
        if unknown:
            raise ValueError(f"there is no rule {unknown[0]!r}; known here: {', '.join(cls.rules)}")
        return waived


class Rules(Detector[ManifestCheck]):
    """Opens with the first copy that breaks a rule, and closes when copies have kept it again for long enough."""

    consumes: ClassVar = (ManifestCheck,)
    settings_type = RulesSettings
    settings: RulesSettings
    of: ClassVar[str]
    """Which checks it judges."""

    def prepare(self) -> None:
        """Nobody has broken any."""
        self._gates: dict[str, Gate] = {}
        self._breaking: dict[str, dict[str, str]] = {}
        """By rule and rendition, what is wrong in the latest copy."""
        self._said: dict[str, str] = {}
        self._now: dict[str, Reading] = {}

    def measure(self, item: ManifestCheck) -> Iterator[Reading]:
        """How often each rule is broken in this copy; nothing of those that are kept."""
        if item.of != self.of:
            return
        for rule in self.settings.rules:
            details = [one.detail for one in item.breaks if one.rule == rule]
            if details:
                more = f" and {len(details) - 1} more" if len(details) > 1 else ""
                yield Reading(self.name, None, rule, item.pts, 0.0, float(len(details)), "1", details[0] + more)
        yield Reading(self.name, None, CHECKED, item.pts, 0.0, float(len(item.breaks)), "1", item.rendition)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """A check is complete with its last reading."""
        if reading.name != CHECKED:
            if reading.name not in self.settings.waived:
                self._now[reading.name] = reading
            return
        now, self._now = self._now, {}
        for number, (name, rule) in enumerate(self.settings.rules.items()):
            breaking = self._breaking.setdefault(name, {})
            if name in now:
                breaking[reading.note] = now[name].note
                where = f"{reading.note}: {now[name].note}" if reading.note else now[name].note
                self._said.setdefault(name, f"{rule.broken} ({where})")
                self._gates.setdefault(
                    name, Gate(self.name, None, close_after=self.settings.close_after, severity=rule.severity)
                )
            else:
                breaking.pop(reading.note, None)
            gate = self._gates.get(name)
            if gate is None:
                continue
            yield from gate.update(
                reading._replace(pts=reading.pts + number * APART),
                value=float(bool(breaking)),
                say=self._says(name),
                reason=name,
                evidence=(now.get(name, reading),),
            )
            if gate.is_idle:
                del self._gates[name], self._said[name]

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        for name, gate in self._gates.items():
            yield from gate.finish(pts, self._says(name))

    def _says(self, name: str) -> Callable[[float], str]:
        said = self._said[name]
        return lambda lasted: said
