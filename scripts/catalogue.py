"""Write the generated pages: one for each detector, and their index.

A page is what the detector's docstring says, its status and a table made from its settings: the same text that
``watchglass explain`` prints. With ``--check`` nothing is written, and the exit code is 1 if a page is not as it
should be.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from watchglass.detectors import CATALOGUE, load
from watchglass.reports.manual import doc_of, page_of, title_of

PAGES = Path(__file__).resolve().parent.parent / "docs" / "detectors"
INDEX = """\
<!-- Written by `make docs` from the detectors' own docstrings. -->
# Detectors

An id is a path: `video.freeze` is the module `src/watchglass/detectors/video/freeze.py`, its test, its page, its table
in `watchglass.toml` and the name in every report. A *provisional* detector runs by default although its accuracy has
not been published yet; a *preview* runs only when it is asked for (`--detectors all`).

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
        yield PAGES / family / f"{defect}.md", made_from + page_of(detector)
        rows.append(f"| [`{name}`]({family}/{defect}.md) | {title_of(doc_of(detector))} | {detector.status} |\n")
    yield PAGES / "README.md", INDEX + "".join(rows)


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
