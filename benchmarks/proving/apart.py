"""Concealed block corruption, reported apart: the curve of a detector that is seldom sure, and not one point of it."""

from collections.abc import Sequence
from typing import Any

from proving.cases import Outcome
from proving.score import about, auc, certainty

CONCEALED = tuple(f"video.block_corruption:{form}" for form in ("concealed", "concealed_mpeg2", "unconcealed"))


def rows(mine: Sequence[Outcome], recipes: Sequence[str], levels: Sequence[str]) -> list[dict[str, Any]]:
    """AUC, and recall where one clean clip is flagged, by recipe and level.

    Args:
        mine: Outcomes of one kind of content, clean ones among them.
        recipes: Those that were tried, others than these among them.
        levels: Those that were tried.
    """
    cases = [each for each in mine if each.recipe in CONCEALED and each.counts and each.error is None]
    clips = {each.clip for each in cases}
    clean = [_loudest(each) for each in mine if each.recipe is None and each.clip in clips]
    found = []
    for name in recipes:
        for level in levels:
            scores = [certainty(about(each)) for each in cases if each.recipe == name and each.level == level]
            if scores and clean:
                found.append(
                    {
                        "recipe": name,
                        "level": level,
                        "n": len(scores),
                        "clean": len(clean),
                        "auc": round(auc(clean, scores) or 0.0, 3),
                        "recall_at_one": round(recall_at_one(clean, scores), 3),
                    }
                )
    return found


def recall_at_one(clean: Sequence[float], scores: Sequence[float]) -> float:
    """Share of the cases that are told more loudly than all clean clips but one."""
    usual = sorted((0.0, 0.0, *clean))[-2]
    return sum(score > usual for score in scores) / len(scores)


def table(found: Sequence[dict[str, Any]]) -> list[str]:
    """Markdown."""
    lines = [
        "\nOnly the edges of blocks tell of it. What is told as information counts, by how sure it is; clean are the\n",
        "clips that the defects were put into, as they were before.\n",
        "\n| defect | level | n | clean clips | AUC | recall at one clean clip falsely flagged |\n",
        "|---|---|---|---|---|---|\n",
    ]
    for each in found:
        what = f"`{each['recipe']}` | {each['level'].replace('-', ' ')} | {each['n']} | {each['clean']}"
        lines.append(f"| {what} | {each['auc']:.2f} | {each['recall_at_one']:.2f} |\n")
    return lines


def _loudest(clean: Outcome) -> float:
    return certainty(said for said in clean.said if said.detector == "video.block_corruption")
