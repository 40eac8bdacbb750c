"""What differs between what was found then and what would be found now."""

from collections.abc import Iterable
from dataclasses import dataclass

from watchglass.model.finding import Finding

COMPARED = ("opened_at", "closed_at", "severity", "confidence", "message", "reason", "explained_by", "region")
"""What makes a finding another one; the rest is how it came to be told."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The same defect, told otherwise."""

    then: Finding
    now: Finding

    @property
    def what(self) -> tuple[str, ...]:
        """The names of the fields that differ."""
        return tuple(name for name in COMPARED if getattr(self.then, name) != getattr(self.now, name))


@dataclass(frozen=True, slots=True)
class Differences:
    """Findings of one input, against those of before; all in the order of their beginning."""

    new: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def differences(then: Iterable[Finding], now: Iterable[Finding]) -> Differences:
    """Compare the last that was told of each finding.

    Findings that began at another moment are the same if one of the same detector and track was open meanwhile.
    """
    before = {finding.key: finding for finding in then}
    pairs: list[Changed] = []
    new: list[Finding] = []
    for finding in now:
        same = before.pop(finding.key, None)
        if same is None:
            new.append(finding)
        else:
            pairs.append(Changed(same, finding))
    by_place: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in before.values():
        by_place.setdefault(finding.key[:2], []).append(finding)
    for finding in list(new):
        candidates = by_place.get(finding.key[:2], [])
        met = next((each for each in candidates if _overlap(each, finding)), None)
        if met is not None:
            candidates.remove(met)
            new.remove(finding)
            pairs.append(Changed(met, finding))
    gone = [finding for place in by_place.values() for finding in place]
    return Differences(
        tuple(sorted(new, key=_begin)),
        tuple(sorted(gone, key=_begin)),
        tuple(sorted((pair for pair in pairs if pair.what), key=lambda pair: _begin(pair.now))),
    )


def _begin(finding: Finding) -> tuple[float, str]:
    return finding.opened_at, finding.detector


def _overlap(one: Finding, other: Finding) -> bool:
    ends = [float("inf") if each.closed_at is None else each.closed_at for each in (one, other)]
    return one.opened_at < ends[1] and other.opened_at < ends[0]
