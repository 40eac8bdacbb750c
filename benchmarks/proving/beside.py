"""Ours beside a peer: both on exactly the files that both examined, scored by the same rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from proving.cases import Outcome, Said
from proving.peers import PEERS
from proving.peers.answer import STEP, Answer
from proving.score import ALARM, Row, auc, false_alarms, row


@dataclass(frozen=True, slots=True)
class Beside:
    """One recipe at one level, by ours and by one peer."""

    peer: str
    ours: Row
    theirs: Row
    our_false_alarms: int
    """Over the clean content of the same half."""
    their_false_alarms: int | None
    """None for a score: its threshold is chosen so that there is none."""
    hours: float
    """Of clean content."""


def beside(recipe: str, level: str, cases: Sequence[Outcome], clean: Sequence[Outcome]) -> Iterator[Beside]:
    """Ours and each peer that was asked."""
    detector = recipe.partition(":")[0]
    for name in sorted({name for each in cases for name in each.peers}):
        shared, calm = _both(cases, name), _both(clean, name)
        ours = row(recipe, level, shared, calm)
        false = sum(len(false_alarms(each, detector)) for each in calm)
        hours = sum(each.duration for each in calm) / 3600.0
        if PEERS[name].is_score:
            yield Beside(name, ours, ranked(name, recipe, level, shared, calm), false, None, hours)
            continue
        spoilt, quiet = ([heard(each, name, detector) for each in them] for them in (shared, calm))
        their_false = sum(len(false_alarms(each, detector)) for each in quiet)
        yield Beside(name, ours, row(recipe, level, spoilt, quiet), false, their_false, hours)


def _both(outcomes: Sequence[Outcome], name: str) -> list[Outcome]:
    return [each for each in outcomes if each.error is None and name in each.peers and each.peers[name].error is None]


def heard(outcome: Outcome, name: str, detector: str) -> Outcome:
    """The same file with a peer's findings in the place of ours, each a warning of the detector that it stands for."""
    spans = outcome.peers[name].spans
    return replace(outcome, said=tuple(Said(detector, *span, ALARM, 1.0, None, "", name) for span in spans))


def ranked(name: str, recipe: str, level: str, cases: Sequence[Outcome], clean: Sequence[Outcome]) -> Row:
    """The figures of a peer that only scores.

    A defect scores as its highest step does; what it is compared with are all stretches of the clean clips that are as
    long, since in a longer one chance alone reaches higher. Recall is told at the lowest threshold that none of them
    exceeds: hindsight that no detector has, in the peer's favour.
    """
    counted = [each for each in cases if each.counts]
    lasts = min((each.end - each.start for each in counted), default=0.0)
    found = [highest(each.peers[name], each.start, each.end) for each in counted]
    bad = [score for score in found if score is not None]
    good = [score for each in clean for score in stretches(each, name, lasts)]
    hits = sum(score > max(good, default=float("inf")) for score in bad)
    return Row(recipe, level, len(bad), hits, hits, None, None, auc(good, bad), None, None)


def highest(answer: Answer, start: float, end: float) -> float | None:
    """The highest score of the steps that lie wholly between two times (seconds); None if there is none."""
    first, last = -int(-start // STEP), int(end // STEP)
    return max((score for score in answer.scores[first:last] if score is not None), default=None)


def stretches(outcome: Outcome, name: str, seconds: float) -> Iterator[float]:
    """The highest score of each stretch of a clean clip; those that were measured to be black, still or silent not."""
    for number in range(int(outcome.duration // seconds) if seconds else 0):
        start, end = number * seconds, (number + 1) * seconds
        score = highest(outcome.peers[name], start, end)
        if score is not None and not any(start < until and end > begin for begin, until in outcome.excused):
            yield score
