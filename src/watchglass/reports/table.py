"""The report that a person reads in a terminal."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchglass.model.difference import Differences
from watchglass.model.finding import Finding, Severity
from watchglass.model.phrases import plural
from watchglass.model.report import FileReport, RunReport
from watchglass.reports import wording

STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_MARKS = {"+": "not bold yellow", "-": "not bold green", "~": "not bold cyan"}
WIDE = 110
"""Columns from which on the whole span fits on one line."""
NARROW = 20
"""Columns that an id takes at most on a narrow terminal: a longer one is two lines."""
MOST_ROWS = 500


def show(report: RunReport, console: Console) -> None:
    """Print a run: every file with its findings, then one line about all of them."""
    for file in report.files:
        show_file(file, console)
    if len(report.files) > 1:
        console.print(_all_files(report))


def show_file(file: FileReport, console: Console) -> None:
    """Print one file: what it is, its findings, what was not watched, the verdict."""
    console.print(Text(wording.clean(file.source), style="bold", overflow="fold"))
    for track in file.tracks:
        language = f" [{wording.clean(track.language)}]" if track.language else ""
        console.print(Text(f"{wording.clean(track.id)}  {wording.format_of(track)}{language}", style="dim"))
    if file.findings:
        console.print(_findings(file, is_wide=console.width >= WIDE))
    for line in wording.uncovered(file.coverage):
        console.print(Text(line, style="yellow"))
    for line in wording.aside(file.coverage):
        console.print(Text(line, style="dim"))
    if file.differences is not None:
        console.print(_differences(file.differences, several=len(file.tracks) > 2))
    watched = (file.coverage.end or 0.0) - file.coverage.start
    amount = f" ({wording.length(watched)} watched)" if watched > 0.0 else ""
    console.print(Text(f"{_mark(file)}{wording.verdict(file)}{amount}", style=_style(file)))
    console.print()


def _findings(file: FileReport, *, is_wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("time", no_wrap=True)
    if is_wide:
        table.add_column("length", no_wrap=True, justify="right")
    table.add_column("what", no_wrap=is_wide, max_width=None if is_wide else NARROW, overflow="fold")
    table.add_column("how bad", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for finding in file.findings[:MOST_ROWS]:
        style = STYLES[finding.severity]
        severity = Text(str(finding.severity), style=style)
        when = [Text(wording.span(finding)), Text(wording.lasted(finding))] if is_wide else [Text(_stacked(finding))]
        table.add_row(*when, _what(finding, several=len(file.tracks) > 2, is_wide=is_wide), severity, _why(finding))
    if len(file.findings) > MOST_ROWS:
        rest = plural(len(file.findings) - MOST_ROWS, "further finding")
        table.add_row(*[""] * (3 + is_wide), Text(f"{rest}: see --json or --html", style="dim"))
    return table


def _differences(differences: Differences, *, several: bool) -> Text:
    """A line for each finding that is not what it was."""
    text = Text(wording.compared(differences), style="bold")
    lines = wording.differing(differences, several=several)
    for line in lines[:MOST_ROWS]:
        text.append(f"\n{line}", style=_MARKS[line[0]])
    if len(lines) > MOST_ROWS:
        text.append(f"\n{plural(len(lines) - MOST_ROWS, 'further difference')}: see --json", style="dim")
    return text.append("\n")


def _stacked(finding: Finding) -> str:
    """Beginning, end and length under one another, for narrow terminals."""
    end = "open" if finding.closed_at is None else wording.clock_time(finding.closed_at)
    return f"{wording.clock_time(finding.opened_at)}\n–{end}\n{wording.lasted(finding)}"


def _what(finding: Finding, *, several: bool, is_wide: bool) -> Text:
    name = wording.clean(finding.detector)
    what = Text(name if is_wide or len(name) <= NARROW else name.replace(".", ".\n", 1))
    if several and finding.track:
        what.append(f"\n{wording.clean(finding.track)}", style="dim")
    return what


def _why(finding: Finding) -> Text:
    why = Text(wording.clean(finding.message))
    if explanation := wording.explanation(finding):
        why.append(f" ({explanation})" if finding.message else explanation, style="dim")
    if finding.confidence < 0.995:
        why.append(f" [confidence {wording.confidence(finding)}]", style="dim")
    return why


def _mark(file: FileReport) -> str:
    if file.error is not None or file.worst is Severity.CRITICAL:
        return "✗ "
    return "! " if file.worst is Severity.WARNING or not file.coverage.is_complete else "✓ "


def _style(file: FileReport) -> str:
    if file.error is not None:
        return "bold red"
    if file.worst is not None and file.worst > Severity.INFO:
        return STYLES[file.worst]
    return "green" if file.coverage.is_complete else "yellow"


def _all_files(report: RunReport) -> Text:
    counts = [(report.count(severity), str(severity)) for severity in reversed(Severity)]
    parts = [plural(len(report.files), "file")]
    parts += [f"{report.unreadable} could not be read"] if report.unreadable else []
    parts += [f"{count:,} {name}" for count, name in counts if count] or ["nothing found"]
    return Text(" · ".join(parts), style="bold")
