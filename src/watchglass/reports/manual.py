"""The page of a detector: its docstring, its settings, its status. The same text serves terminal and documents."""

import sys
from collections.abc import Mapping
from typing import Any, get_args

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.rules import Rule
from watchglass.model.units import Shapes, Unit
from watchglass.model.unseen import key_frames_unseen

SECTIONS = ("What it measures", "Why it matters", "Opens and closes", "Blind spots", "Sources")
"""What the docstring of a detector's module tells, in this order."""

STANDING = {
    Status.PREVIEW: "Runs only when asked for.",
    Status.PROVISIONAL: "Runs by default, though it misses more than a stable one may.",
    Status.STABLE: "Runs by default.",
}
WATCHES = {
    "video": "each picture track",
    "audio": "each audio track",
    "captions": "each track of captions or subtitles",
    "any": "each picture and audio track",
    None: "the stream as a whole",
}


def title_of(doc: str) -> str:
    """The first sentence of a docstring."""
    return doc.strip().split("\n", 1)[0]


def doc_of(detector: type[Detector[Any]]) -> str:
    """What a detector says of itself: the docstring of its module, else its own."""
    return (sys.modules[detector.__module__].__doc__ or detector.__doc__ or "").strip()


def page_of(detector: type[Detector[Any]]) -> str:
    """Markdown: title, status, the sections of the docstring, a table of the settings."""
    title, _, rest = doc_of(detector).partition("\n")
    tables = settings_of(detector) + rules_of(detector)
    facts = f"Status: {detector.status}. {STANDING[detector.status]} Watches {WATCHES[detector.kind]}."
    return f"# {detector.name}\n\n{title}\n\n{facts} {_in_light(detector)}\n\n{rest.strip()}\n\n{tables}"


def _in_light(detector: type[Detector[Any]]) -> str:
    """What the light tier sees of it."""
    unseen = key_frames_unseen(detector)
    if unseen is None:
        return "Does not watch in the light tier."
    if not unseen:
        return "Sees as much in the light tier."
    intervals = "one key-frame interval" if unseen == 1 else "two key-frame intervals"
    return f"In the light tier a defect may go unseen for {intervals}, and a shorter one altogether."


def rules_of(detector: type[Detector[Any]]) -> str:
    """Markdown: the rules that a detector holds something to, with how grave a break is; nothing where it has none."""
    rules: Mapping[str, Rule] = getattr(detector.settings_type, "rules", {})
    if not rules:
        return ""
    lines = ["", "## Rules", "", "| name | severity | what is said |", "|---|---|---|"]
    lines += [f"| `{name}` | {rule.severity} | {rule.broken} |" for name, rule in rules.items()]
    return "\n".join(lines) + "\n"


def settings_of(detector: type[Detector[Any]]) -> str:
    """Markdown: the settings with default, unit, range and meaning."""
    fields = detector.settings_type.model_fields
    if not fields:
        return "## Settings\n\nNone.\n"
    lines = [
        "## Settings",
        "",
        f"In `watchglass.toml` under `[detectors.{detector.name}]`.",
        "",
        "| name | default | unit | range | shapes | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for name, field in fields.items():
        facts = facts_of(detector.settings_type, name)
        default, meaning = _written(field.default), " ".join((field.description or "").split())
        lines.append(f"| `{name}` | {default} | {facts['unit']} | {facts['range']} | {facts['shapes']} | {meaning} |")
    return "\n".join(lines) + "\n"


def _written(default: Any) -> str:
    return f"{default:g}" if isinstance(default, int | float) else "none"


def facts_of(settings: type[Settings], name: str) -> dict[str, str]:
    """Unit, range and what a setting shapes, from its annotation."""
    facts = {"unit": "", "range": "", "shapes": ""}
    low = high = ""
    pending = list(settings.model_fields[name].metadata)
    while pending:
        mark = pending.pop(0)
        if isinstance(mark, Unit):
            facts["unit"] = mark.symbol
        elif isinstance(mark, Shapes):
            facts["shapes"] = mark.what
        elif hasattr(mark, "ge"):
            low = f"{mark.ge:g}"
        elif hasattr(mark, "le"):
            high = f"{mark.le:g}"
        else:
            pending += [part for part in get_args(mark) if not isinstance(part, type)]
    facts["range"] = f"{low} to {high}" if low or high else ""
    return facts
