"""The figures as a page for people and as data: ``docs/accuracy.md`` and ``docs/accuracy.json``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proving import apart, beside_page, earned
from proving.beside import beside
from proving.cases import Outcome
from proving.score import false_alarms, poisson_upper, row
from proving.sounds import VOICE
from watchglass.detectors import CATALOGUE, load
from watchglass.faults.level import Level
from watchglass.model.detector import Status

CONTENT = {
    "reporting": "reporting half of the corpus",
    "tuning": "tuning half of the corpus",
    "generated": "generated programme",
}
RUNNING = [name for name in CATALOGUE if load(name).status is not Status.PREVIEW]
"""Detectors that run unless told: of the others there is no false alarm to tell."""
HEAD = Path(__file__).with_name("head.md").read_text("utf-8")


def figures(outcomes: Sequence[Outcome], recipes: Sequence[str], levels: Sequence[Level]) -> dict[str, Any]:
    """All figures, as data."""
    found: dict[str, Any] = {"clean": [], "defects": [], "apart": [], "beside": []}
    found["peers"] = beside_page.asked(outcomes, recipes)
    for half in CONTENT:
        mine = [each for each in outcomes if each.half == half]
        clean = [each for each in mine if each.recipe is None]
        if clean:
            found["clean"].append(_clean(half, clean))
        for name in recipes:
            for level in levels:
                cases = [each for each in mine if each.recipe == name and each.level == str(level)]
                if cases:
                    found["defects"].append({"content": half, **row(name, str(level), cases, clean).as_data()})
                    pairs = beside(name, str(level), cases, clean)
                    found["beside"] += [{"content": half, **beside_page.as_data(pair)} for pair in pairs]
        found["apart"] += [{"content": half, **each} for each in apart.rows(mine, recipes, [*map(str, levels)])]
    return found


def _clean(half: str, clean: Sequence[Outcome]) -> dict[str, Any]:
    hours = sum(each.duration for each in clean) / 3600.0
    by_detector = {name: sum(len(false_alarms(each, name)) for each in clean) for name in RUNNING}
    return {"content": half, "clips": len(clean), "hours": round(hours, 3), "false_alarms": by_detector}


def write(folder: Path, found: dict[str, Any], command: str) -> None:
    """Write page and data into a folder of documents."""
    (folder / "accuracy.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    (folder / "accuracy.md").write_text(page(found, command), "utf-8")


def page(found: dict[str, Any], command: str) -> str:
    """Markdown."""
    asked = beside_page.sentence(found["peers"])
    parts = [HEAD, f"\nMeasured by `{command}`.{asked} The voice in generated programme: {VOICE}.\n"]
    parts += ["\n## False alarms over clean content\n", *_false_alarm_table(found["clean"])]
    if any(each["content"] == "reporting" for each in found["clean"]):
        parts += ["\n## What each detector has earned\n", *earned.table(found)]
    for half, title in CONTENT.items():
        rows = [each for each in found["defects"] if each["content"] == half]
        if rows:
            parts += [
                f"\n## Defects in the {title}\n" if half != "generated" else "\n## Defects in generated programme\n"
            ]
            parts += _defect_table(rows)
        concealed = [each for each in found.get("apart", ()) if each["content"] == half]
        if concealed:
            parts += [f"\n### Block corruption that is concealed: {title}\n", *apart.table(concealed)]
        pairs = [each for each in found["beside"] if each["content"] == half]
        if pairs:
            parts += [f"\n### Beside others, on the same files: {title}\n", *beside_page.table(pairs)]
    return "".join(parts)


def _false_alarm_table(clean: Sequence[dict[str, Any]]) -> list[str]:
    head = " | ".join(f"{CONTENT[each['content']]}, {each['clips']} clips, {each['hours']:.2f} h" for each in clean)
    lines = [f"\n| detector | {head} |\n", f"|---|{'---|' * len(clean)}\n"]
    totals = [{"hours": each["hours"], "count": sum(each["false_alarms"].values())} for each in clean]
    lines.append("| **all together** | " + " | ".join(_rate(each["count"], each["hours"]) for each in totals) + " |\n")
    for name in RUNNING:
        cells = (_rate(each["false_alarms"][name], each["hours"]) for each in clean)
        lines.append(f"| `{name}` | {' | '.join(cells)} |\n")
    return lines


def _rate(count: int, hours: float) -> str:
    return f"{count} ({count / hours:.2f}/h, below {poisson_upper(count, hours):.2f}/h)"


def _defect_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "\n| defect | level | n | recall | 95 % | told | precision | F1 | AUC | onset, s |\n",
        "|---|---|---|---|---|---|---|---|---|---|\n",
    ]
    for each in rows:
        low, high = each["interval"]
        numbers = [_number(each[name]) for name in ("precision", "f1", "auc")]
        onset = "" if each["onset_median"] is None else f"{each['onset_median']:.2f} / {each['onset_p95']:.2f}"
        told = f"{each['told'] / each['n']:.2f}" if each["n"] else ""
        strength = f"`{each['recipe']}` | {each['level'].replace('-', ' ')}"
        lines.append(
            f"| {strength} | {each['n']} | {each['recall']:.2f} | {low:.2f} to {high:.2f} | {told} | "
            f"{' | '.join(numbers)} | {onset} |\n"
        )
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
