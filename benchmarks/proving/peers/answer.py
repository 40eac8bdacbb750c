"""What a peer says of a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

Span = tuple[float, float]
"""Seconds from the first picture or sample of the file, as the truth of a recipe has it."""
STEP = 0.5
"""Seconds over which a score is averaged: short enough for the shortest defect, long enough to forgive one picture."""
APART = 1.0
"""Seconds between two findings of a peer that tells single moments; nearer ones are one, as the gates of ours have it,
or it would cry wolf by the hundred."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one peer says of one file."""

    version: str
    """Of the library that was asked."""
    spans: tuple[Span, ...] = ()
    """Where it finds the defect."""
    scores: tuple[float | None, ...] = ()
    """Of a peer that only scores: the mean of each `STEP` from the beginning; None where there was nothing."""
    error: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Answer":
        """Plain data made an answer again."""
        spans = tuple((float(start), float(end)) for start, end in data["spans"])
        return cls(data["version"], spans, tuple(data["scores"]), data["error"])


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In order, with those made one that are less than `APART` from each other."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start - whole[-1][1] < APART:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return tuple((round(start, 4), round(end, 4)) for start, end in whole)


def averaged(scores: Iterable[tuple[float, float]]) -> tuple[float | None, ...]:
    """The size of the mean of each `STEP`, from times (seconds) and scores; what is no number is left out."""
    steps: dict[int, list[float]] = {}
    for time, score in scores:
        if time >= 0.0 and isfinite(score):
            steps.setdefault(int(time / STEP), []).append(score)
    means = {step: abs(sum(each)) / len(each) for step, each in steps.items()}
    return tuple(round(means[step], 5) if step in means else None for step in range(max(means, default=-1) + 1))
