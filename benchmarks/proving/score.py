"""What outcomes are worth: recall, precision, onset, false alarms, each with how sure it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Any

import numpy as np
from scipy.stats import chi2

from proving.cases import Outcome, Said

ALARM = 1
"""Severity from which a finding is an alarm: a warning."""
NEAR = 0.5
"""Seconds by which a finding may miss the defect and still be about it."""


def about(outcome: Outcome) -> list[Said]:
    """The findings of the right detector that meet the defect."""
    return [
        said
        for said in outcome.said
        if said.detector == outcome.detector and said.start <= outcome.end + NEAR and said.end >= outcome.start - NEAR
    ]


def is_alarm(said: Said) -> bool:
    """A warning, or what would be one were it not the effect of another finding, which is told instead."""
    return said.severity >= ALARM or said.explained_by is not None


def false_alarms(outcome: Outcome, detector: str | None = None) -> list[Said]:
    """Alarms (of one detector, or of any) about nothing that was put in or measured."""
    return [
        said
        for said in outcome.said
        if said.severity >= ALARM
        and detector in (None, said.detector)
        and not any(said.start < until and said.end > begin for begin, until in outcome.excused)
        and not (outcome.recipe and said.start <= outcome.end + NEAR and said.end >= outcome.start - NEAR)
    ]


def certainty(said: Iterable[Said]) -> float:
    """One number for how loudly something was said: severity first, then confidence; 0 for silence."""
    return max((each.severity + 1.0 + each.confidence for each in said), default=0.0)


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_upper(events: int, hours: float, confidence: float = 0.95) -> float:
    """Upper bound of a rate per hour (Garwood 1936, one-sided)."""
    return float(chi2.ppf(confidence, 2 * (events + 1)) / 2 / hours) if hours > 0 else float("inf")


def auc(good: Sequence[float], bad: Sequence[float]) -> float | None:
    """Chance that a defect scores higher than clean content, ties counting half (Mann and Whitney 1947)."""
    if not good or not bad:
        return None
    clean, defect = np.sort(np.asarray(good)), np.asarray(bad)
    below = np.searchsorted(clean, defect, "left")
    ties = np.searchsorted(clean, defect, "right") - below
    return float((below + ties / 2).sum() / (clean.size * defect.size))


@dataclass(frozen=True, slots=True)
class Row:
    """One recipe at one level."""

    recipe: str
    level: str
    n: int
    """Cases that count."""
    alarms: int
    told: int
    """Alarms, and what was told as information."""
    precision: float | None
    f1: float | None
    auc: float | None
    onset_median: float | None
    """Seconds, absolute."""
    onset_p95: float | None

    @property
    def recall(self) -> float:
        """Share of the cases that were alarms."""
        return self.alarms / self.n if self.n else 0.0

    def as_data(self) -> dict[str, Any]:
        """Plain data, rounded, with the interval of the recall."""
        low, high = wilson(self.alarms, self.n)
        numbers = {name: getattr(self, name) for name in ("precision", "f1", "auc", "onset_median", "onset_p95")}
        return {
            "recipe": self.recipe,
            "level": self.level,
            "n": self.n,
            "found": self.alarms,
            "told": self.told,
            "recall": round(self.recall, 3),
            "interval": [round(low, 3), round(high, 3)],
            **{name: None if value is None else round(value, 3) for name, value in numbers.items()},
        }


def row(recipe: str, level: str, cases: Sequence[Outcome], clean: Sequence[Outcome]) -> Row:
    """The figures of the cases of one recipe at one level, beside the clean clips of the same content."""
    detector = recipe.partition(":")[0]
    counted = [each for each in cases if each.counts and each.error is None]
    found = [(each, [said for said in about(each) if is_alarm(said)]) for each in counted]
    hits = [(each, said) for each, said in found if said]
    false = sum(bool(false_alarms(each, detector)) for each in (*counted, *clean))
    precision = len(hits) / (len(hits) + false) if hits or false else None
    recall = len(hits) / len(counted) if counted else 0.0
    onsets = [min(abs(one.start - each.start) for one in said) for each, said in hits]
    return Row(
        recipe,
        level,
        len(counted),
        len(hits),
        sum(bool(about(each)) for each in counted),
        precision,
        2 * precision * recall / (precision + recall) if precision and recall else None,
        auc(
            [certainty(s for s in each.said if s.detector == detector) for each in clean],
            [certainty(about(each)) for each in counted],
        ),
        median(onsets) if onsets else None,
        float(np.quantile(onsets, 0.95)) if onsets else None,
    )
