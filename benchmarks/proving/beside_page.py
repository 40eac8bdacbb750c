"""Ours beside others, as data and as a table for people."""

from collections.abc import Iterator, Sequence
from typing import Any

from proving import peers
from proving.beside import Beside
from proving.cases import Outcome


def asked(outcomes: Sequence[Outcome], recipes: Sequence[str]) -> dict[str, list[str]]:
    """Which versions answered, and which peers of these recipes could not: they are not installed."""
    answers = {name: answer for each in outcomes for name, answer in each.peers.items()}
    wanted = peers.of({name.partition(":")[0] for name in recipes}) if answers else []
    return {
        "versions": sorted({answer.version for answer in answers.values()}),
        "absent": [name for name in wanted if name not in answers and not peers.PEERS[name].is_here],
    }


def as_data(pair: Beside) -> dict[str, Any]:
    """Plain data: what both have in common, then the figures of each."""
    ours, theirs = pair.ours.as_data(), pair.theirs.as_data()
    common = {name: (ours.pop(name), theirs.pop(name))[0] for name in ("recipe", "level")}
    if peers.PEERS[pair.peer].is_score and pair.theirs.auc is None:
        theirs |= {"recall": None, "interval": None}  # nothing clean, so no threshold
    return {
        **common,
        "peer": pair.peer,
        "is_score": peers.PEERS[pair.peer].is_score,
        "clean_hours": round(pair.hours, 3),
        "ours": {**ours, "false_alarms": pair.our_false_alarms},
        "theirs": {**theirs, "false_alarms": pair.their_false_alarms},
    }


def sentence(who: dict[str, list[str]]) -> str:
    """Who was asked, for people."""
    if not who["versions"]:
        return ""
    absent = f" Not installed, so not asked: {', '.join(who['absent'])}." if who["absent"] else ""
    return f" Asked about the same files: {', '.join(who['versions'])}.{absent}"


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Markdown: a line for each recipe, level and peer, ours before theirs in each cell."""
    yield "\n| defect | level | peer | n | recall | precision | AUC | onset, s | false alarms (of clean content) |\n"
    yield "|---|---|---|---|---|---|---|---|---|\n"
    for row in rows:
        cells = [_pair(row, name, ".2f") for name in ("recall", "precision", "auc", "onset_median")]
        false = f"{_pair(row, 'false_alarms', 'd')} ({row['clean_hours']:.2f} h)"
        peer = row["peer"] + (" †" if row["is_score"] else "")
        level = row["level"].replace("-", " ")
        yield f"| `{row['recipe']}` | {level} | {peer} | {row['ours']['n']} | {' | '.join(cells)} | {false} |\n"


def _pair(row: dict[str, Any], name: str, form: str) -> str:
    return " / ".join("–" if row[who][name] is None else format(row[who][name], form) for who in ("ours", "theirs"))
