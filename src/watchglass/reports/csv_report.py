"""A table for spreadsheets and scripts: a row for each finding (RFC 4180, UTF-8)."""

import csv
import io

from watchglass.model.finding import Finding, Reading
from watchglass.model.phrases import utc_time
from watchglass.model.report import FileReport, RunReport
from watchglass.reports import wording

COLUMNS = (
    "source",
    "id",
    "detector",
    "track",
    "severity",
    "confidence",
    "start",
    "end",
    "duration",
    "start_utc",
    "message",
    "explained_by",
    "readings",
)
"""The header. Times are seconds of media time; ``end`` and ``duration`` are empty while a finding is open."""

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian writing."""


def dumps(report: RunReport) -> str:
    """The findings of a run as CSV; the lines end as RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for file in report.files:
        writer.writerows(_row(file, finding) for finding in file.findings)
    return out.getvalue()


def _row(file: FileReport, finding: Finding) -> list[str]:
    start = file.clock.at(finding.opened_at)
    end = finding.closed_at
    return [
        cell(file.source),
        file.id_of(finding),
        cell(finding.detector),
        cell(finding.track or ""),
        str(finding.severity),
        f"{finding.confidence:.3f}",
        f"{finding.opened_at:.3f}",
        "" if end is None else f"{end:.3f}",
        "" if end is None else f"{end - finding.opened_at:.3f}",
        utc_time(start.seconds) if start else "",
        cell(finding.message),
        cell(finding.explained_by or ""),
        cell("; ".join(_reading(reading) for reading in finding.readings)),
    ]


def _reading(reading: Reading) -> str:
    unit = "" if reading.unit == "1" else f" {reading.unit}"
    return f"{reading.name}={reading.value:.6g}{unit}"


def cell(text: str) -> str:
    """Text of unknown origin that no spreadsheet takes for a formula: then it begins with an apostrophe."""
    shown = wording.clean(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
