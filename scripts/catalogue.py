"""Write the generated pages: one for each detector, and their index.

A page is what the detector's docstring says, its status and a table made from its settings: the same text that
``watchglass explain`` prints. With ``--check`` nothing is written, and the exit code is 1 if a page is not as it
should be.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watchglass.detectors import CATALOGUE, load
from watchglass.reports.manual import doc_of, page_of, title_of

FIGURES = Path(__file__).resolve().parent.parent / "docs" / "accuracy.json"
PAGES = Path(__file__).resolve().parent.parent / "docs" / "detectors"
INDEX = """\
<!-- Written by `make docs` from the detectors' own docstrings. -->
# Detectors

An id is a path: `video.freeze` is the module `src/watchglass/detectors/video/freeze.py`, its test, its page, its table
in `watchglass.toml` and the name in every report. A *provisional* detector runs by default although its figures
([accuracy](../accuracy.md)) are not yet what is asked of it; a *preview* runs only when it is asked for (`--detectors
all`).

| id | what it is | status |
|---|---|---|
"""


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page and what it should say."""
    rows = []
    for name in CATALOGUE:
        family, _, defect = name.partition(".")
        detector = load(name)
        source = f"src/watchglass/detectors/{family}/{defect}.py"
        made_from = f"<!-- Written by `make docs` from {source}: change that, not this. -->\n"
        yield PAGES / family / f"{defect}.md", made_from + page_of(detector) + accuracy_of(name)
        rows.append(f"| [`{name}`]({family}/{defect}.md) | {title_of(doc_of(detector))} | {detector.status} |\n")
    yield PAGES / "README.md", INDEX + "".join(rows)


def _false_alarms(name: str, found: dict[str, Any]) -> str:
    """A sentence; none of a preview, which does not run over clean content."""
    told = [
        f"{each['false_alarms'][name]} in {each['hours']:.2f} h ({each['content']})"
        for each in found["clean"]
        if name in each["false_alarms"]
    ]
    return f" False alarms over clean content: {', '.join(told)}." if told else ""


def accuracy_of(name: str) -> str:
    """Markdown: what `make accuracy` measured of a detector; empty where it has not."""
    found = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {"clean": [], "defects": []}
    rows = [each for each in found["defects"] if each["recipe"].partition(":")[0] == name]
    if not rows:
        return ""
    lines = [
        "\n## Accuracy\n",
        f"As [`make accuracy`](../../accuracy.md) measured it, with default settings.{_false_alarms(name, found)}\n",
        "| defect | level | content | n | recall | 95 % | onset, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in rows:
        low, high = each["interval"]
        onset = "" if each["onset_median"] is None else f"{each['onset_median']:.2f}"
        lines.append(
            f"| `{each['recipe']}` | {each['level'].replace('-', ' ')} | {each['content']} | {each['n']} | "
            f"{each['recall']:.2f} | {low:.2f} to {high:.2f} | {onset} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them."""
    wanted = dict(pages())
    strays = [page for page in sorted(PAGES.rglob("*.md")) if page not in wanted]
    wrong = [page for page, text in wanted.items() if not page.exists() or page.read_text("utf-8") != text]
    if "--check" in arguments:
        for page in (*wrong, *strays):
            print(f"{page.relative_to(PAGES.parent.parent)} is not up to date: run `make docs`", file=sys.stderr)
        return 1 if wrong or strays else 0
    for page in wrong:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(wanted[page], "utf-8")
    for page in strays:
        page.unlink()
    print(f"{len(wanted)} pages, {len(wrong)} written, {len(strays)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
