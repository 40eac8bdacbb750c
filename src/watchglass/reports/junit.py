"""JUnit XML, which continuous integration shows as tests: a suite for each input, a test for each detector.

The dialect is what GitLab and Jenkins read: at most one ``failure``, ``error`` or ``skipped`` in a test. The text is
ASCII, with references for everything else.
"""

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from watchglass.model.finding import Finding, Severity
from watchglass.model.phrases import utc_time
from watchglass.model.report import Duty, FileReport, RunReport, Unwatched
from watchglass.reports import wording

READABLE = "input.readable"
"""The test that an input could be read."""
WATCHED = "input.watched"
"""The test that nothing was left out; skipped where something was."""
FAILED = "monitor.detector_failed"
"""The finding that a detector gave up; its reason is the detector."""
MOST_LINES = 200
"""Findings that one test lists."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even as a reference (XML 1.0, 2.2)."""


def dumps(report: RunReport, fail_on: str) -> str:
    """The report of a run as JUnit XML.

    Args:
        report: What was found.
        fail_on: Severity from which a finding is a failure; ``never`` for none.
    """
    least = None if fail_on == "never" else Severity[fail_on.upper()]
    root = Element("testsuites", {"name": "watchglass"})
    for file in report.files:
        root.append(_suite(file, least, report.made_utc))
    _count(root, root.iter("testsuite"))
    indent(root)
    text: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


def _suite(file: FileReport, least: Severity | None, made_utc: float | None) -> Element:
    suite = Element("testsuite", {"name": _text(file.source)})
    if made_utc is not None:
        suite.set("timestamp", utc_time(made_utc)[:19])
    suite.set("time", f"{max(0.0, (file.coverage.end or 0.0) - file.coverage.start):.3f}")
    _say(_case(suite, file, READABLE), "error", "unreadable", [file.error] if file.error is not None else [])
    if file.error is None or file.coverage.end:
        _say(_case(suite, file, WATCHED), "skipped", "", wording.uncovered(file.coverage))
        for name in _detectors(file):
            _detector(_case(suite, file, name), file, name, least)
    cases = list(suite)
    for outcome, attribute in _OUTCOMES:
        suite.set(attribute, str(sum(case.find(outcome) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    return suite


_OUTCOMES = (("failure", "failures"), ("error", "errors"), ("skipped", "skipped"))


def _count(root: Element, suites: Iterable[Element]) -> None:
    """The sums of all suites."""
    every = list(suites)
    for attribute in ("tests", *(attribute for _, attribute in _OUTCOMES)):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in every)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in every):.3f}")


def _case(suite: Element, file: FileReport, name: str) -> Element:
    return SubElement(suite, "testcase", {"classname": _text(file.source), "name": _text(name), "time": "0.000"})


def _detectors(file: FileReport) -> list[str]:
    """Those that were chosen, and others that told something, such as that one failed."""
    return list(dict.fromkeys([duty.detector for duty in file.duties] + [f.detector for f in file.findings]))


def _detector(case: Element, file: FileReport, name: str, least: Severity | None) -> None:
    findings = [finding for finding in file.findings if finding.detector == name]
    bad = [finding for finding in findings if least is not None and finding.severity >= least]
    gave_up = [finding for finding in file.findings if finding.detector == FAILED and finding.reason == name]
    if bad:
        worst = max(finding.severity for finding in bad)
        _say(case, "failure", str(worst), _lines(bad))
    elif gave_up:
        _say(case, "error", "detector failed", _lines(gave_up))
    elif not findings:
        _say(case, "skipped", "", _unwatched(file, name))
    if rest := [finding for finding in findings if finding not in bad]:
        SubElement(case, "system-out").text = _text("\n".join(_lines(rest)), keeps_lines=True)


def _unwatched(file: FileReport, name: str) -> list[str]:
    """Why a detector that found nothing has not looked, or not everywhere."""
    mine: Sequence[Unwatched] = [part for part in file.coverage.not_watched if part.detector == name]
    duty = next((duty for duty in file.duties if duty.detector == name), Duty(name, (None,)))
    absent = [] if duty.tracks else ["there is no track for it"]
    if duty.tracks and not duty.is_judged:
        absent = ["it measures only: no delivery profile is named to judge against"]
    return absent + [wording.not_watched(part) for part in mine]


def _lines(findings: Sequence[Finding]) -> list[str]:
    lines = [_line(finding) for finding in findings[:MOST_LINES]]
    if len(findings) > MOST_LINES:
        lines.append(f"and {len(findings) - MOST_LINES:,} more")
    return lines


def _line(finding: Finding) -> str:
    track = f" on {wording.clean(finding.track)}" if finding.track else ""
    because = f" ({wording.explanation(finding)})" if finding.explained_by else ""
    return f"{wording.span(finding)}{track}: {finding.severity}: {wording.clean(finding.message)}{because}"


def _say(case: Element, outcome: str, kind: str, lines: Sequence[str]) -> None:
    """Give a test its outcome, unless there is nothing to say; its message is the first line."""
    if not lines:
        return
    more = f" (and {len(lines) - 1:,} more)" if len(lines) > 1 else ""
    element = SubElement(case, outcome, {"message": _text(lines[0]) + more})
    if kind:
        element.set("type", kind)
    element.text = _text("\n".join(lines), keeps_lines=True)


def _text(text: str, *, keeps_lines: bool = False) -> str:
    """Text of unknown origin without what would deceive a reader or break the document."""
    shown = "\n".join(wording.clean(line) for line in text.split("\n")) if keeps_lines else wording.clean(text)
    return _FORBIDDEN.sub("\ufffd", shown)
