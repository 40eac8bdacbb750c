"""An event of a live stream as people read it: on one line in a file, with its sentence below it on a terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from watchglass.model.finding import Event, Finding
from watchglass.model.phrases import utc_time
from watchglass.model.report import Utc
from watchglass.reports import wording
from watchglass.reports.table import STYLES

_INDENT = 4


def line(finding: Finding, utc: Utc | None) -> str:
    """On one line."""
    when = f"{utc_time(utc.seconds)}  " if utc else ""
    until = f" until {wording.clock_time(finding.closed_at)}" if finding.closed_at is not None else ""
    return (
        f"{when}{wording.clock_time(finding.opened_at)}{until}  {_name(finding):7}  {finding.severity!s:8}  "
        f"{finding.detector}  {_sentence(finding)}"
    )


def show(finding: Finding, utc: Utc | None, console: Console) -> None:
    """On a terminal, however narrow."""
    is_over = finding.event is Event.CLOSED
    style = "dim" if is_over or finding.explained_by else STYLES[finding.severity]
    when = utc_time(utc.seconds)[:-5].replace("T", " ") + "Z" if utc else wording.clock_time(finding.opened_at)
    after = f"  after {wording.lasted(finding)}" if is_over else ""
    head = Text(f"{when}  ")
    head.append(f"{_name(finding)}{after}  {finding.severity}  {finding.detector}", style=style)
    console.print(head, soft_wrap=True)
    console.print(Padding(Text(_sentence(finding), style="dim" if is_over else ""), (0, 0, 0, _INDENT)))


def _name(finding: Finding) -> str:
    return "still open" if finding.event is Event.UNWATCHED else str(finding.event)


def _sentence(finding: Finding) -> str:
    because = f" (explained by {finding.explained_by})" if finding.explained_by else ""
    return f"{wording.clean(finding.message)}{because}"
