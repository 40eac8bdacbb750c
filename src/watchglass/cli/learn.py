"""``watchglass detectors`` and ``watchglass explain``: what the detectors say of themselves."""

import sys
from inspect import getdoc

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from watchglass.detectors import broken, known, load
from watchglass.reports.manual import page_of, title_of


def table() -> None:
    """Every detector with its status and what a viewer notices."""
    console = Console()
    rows = Table(box=None, pad_edge=False, header_style="dim")
    rows.add_column("id", no_wrap=True)
    for column in ("status", "what it is"):
        rows.add_column(column)
    unusable = broken()
    for name in known():
        if name in unusable:
            rows.add_row(name, "broken", unusable[name])
            continue
        found = load(name)
        rows.add_row(name, str(found.status), title_of(sys.modules[found.__module__].__doc__ or getdoc(found) or ""))
    console.print(rows)
    console.print("\n`watchglass explain ID` tells more.", style="dim", highlight=False)


def page(name: str) -> None:
    """All about one detector."""
    Console().print(Markdown(page_of(load(name))))
