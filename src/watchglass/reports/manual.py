"""The page of a detector: its docstring, its settings, its status. The same text serves terminal and documents."""

import sys
from typing import Any, get_args

from watchglass.model.detector import Detector, Settings
from watchglass.model.units import Shapes, Unit


def title_of(doc: str) -> str:
    """The first sentence of a docstring."""
    return doc.strip().split("\n", 1)[0]


def page_of(detector: type[Detector[Any]]) -> str:
    """Markdown: title, status, the sections of the docstring, a table of the settings."""
    doc = (sys.modules[detector.__module__].__doc__ or "").strip()
    title, _, rest = doc.partition("\n")
    return f"# {detector.name}\n\n{title}\n\nStatus: {detector.status}.\n\n{rest.strip()}\n\n{settings_of(detector)}"


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
        meaning = " ".join((field.description or "").split())
        lines.append(
            f"| `{name}` | {field.default:g} | {facts['unit']} | {facts['range']} | {facts['shapes']} | {meaning} |"
        )
    return "\n".join(lines) + "\n"


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
    facts["range"] = f"{low} to {high}"
    return facts
