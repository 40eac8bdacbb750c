"""Who is stable, by what was measured: `docs/decisions/0014-what-stable-means.md`."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from watchglass.detectors import CATALOGUE
from watchglass.model.detector import Status

DELIVERY = {"audio.loudness", "audio.true_peak", "audio.mono", "video.levels"}
"""Judged against a delivery profile only: of that there is no miss and no false alarm without one."""
LEVEL = "very-noticeable"
RECALL, CASES, ALARMS = 0.8, 5, 1
"""Recall that each recipe takes, cases that must say so, and false alarms in generated programme that may be."""


class Earned(NamedTuple):
    """What one detector has earned."""

    detector: str
    status: Status
    false_alarms: int
    """Over all clean content."""
    recipe: str
    """The one that it finds least often; empty where there is none."""
    found: int
    n: int
    content: str


def earned(found: dict[str, Any]) -> Iterator[Earned]:
    """Each detector of picture, sound and sync of which there are figures (of `page.figures`)."""
    alarms = {each["content"]: each["false_alarms"] for each in found["clean"]}
    for name in CATALOGUE:
        if not name.startswith(("video.", "audio.", "sync.")):
            continue
        rows = [*_rows(name, found["defects"])]
        worst = min(rows, key=lambda each: (each["found"] / max(each["n"], 1), each["n"]), default=None)
        told = {content: by_name.get(name, 0) for content, by_name in alarms.items()}
        is_quiet = told.get("generated", 0) <= ALARMS and not told.get("reporting", 0)
        finds = all(each["n"] >= CASES and each["found"] >= RECALL * each["n"] for each in rows)
        is_proved = bool(rows) or name in DELIVERY
        status = Status.STABLE if is_quiet and finds and is_proved else Status.PROVISIONAL
        least = ("", 0, 0, "") if worst is None else tuple(worst[key] for key in ("recipe", "found", "n", "content"))
        yield Earned(name, status, sum(told.values()), *least)


def _rows(name: str, defects: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The figures of each of its recipes: of real clips, where enough of them are long enough."""
    mine = [each for each in defects if each["recipe"].partition(":")[0] == name and each["level"] == LEVEL]
    for recipe in dict.fromkeys(each["recipe"] for each in mine):
        by_content = {each["content"]: each for each in mine if each["recipe"] == recipe}
        real = by_content.get("reporting")
        counted = real if real and real["n"] >= CASES else by_content.get("generated", real)
        if counted:
            yield counted


def table(found: dict[str, Any]) -> list[str]:
    """Lines of Markdown."""
    lines = [
        "\n| detector | earned | false alarms | least often found, of the very noticeable |\n",
        "|---|---|---|---|\n",
    ]
    for each in earned(found):
        least = f"`{each.recipe}`: {each.found} of {each.n} ({each.content})" if each.recipe else "tells facts"
        lines.append(f"| `{each.detector}` | {each.status} | {each.false_alarms} | {least} |\n")
    return lines
