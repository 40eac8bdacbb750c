"""One self-contained HTML file: no script, nothing fetched, readable on paper.

The template gets plain, finished text and numbers; it escapes everything.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from watchglass.model.finding import Finding, Severity
from watchglass.model.phrases import plural, utc_time
from watchglass.model.report import Curve, FileReport, RunReport
from watchglass.reports import charts, wording
from watchglass.reports.allowance import Allowance
from watchglass.reports.exhibits import thresholds

MOST_DIFFERENCES = 200
"""Lines about what was judged differently before; the rest is counted."""
MOST_SHADES = 300
"""Findings that are shaded in one plot."""


def render(report: RunReport) -> str:
    """The report of a run as the text of an HTML file (UTF-8)."""
    allowance = Allowance(report)
    files = [_file(file, number, allowance) for number, file in enumerate(report.files, 1)]
    made = utc_time(report.made_utc) if report.made_utc is not None else None
    heading = files[0]["name"] if len(files) == 1 else plural(len(files), "file")
    template = _environment().get_template("report.html.j2")
    return template.render(files=files, heading=heading, made=made, version=report.version, severities=_SEVERITIES)


_SEVERITIES = tuple(str(severity) for severity in reversed(Severity))


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=PackageLoader("watchglass.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(file: FileReport, number: int, allowance: Allowance) -> dict[str, Any]:
    axis = _axis(file)
    cards = [
        _card(file, finding, number, axis, allowance) for finding in file.findings if id(finding) in allowance.cards
    ]
    start = file.start_utc
    watched = max(0.0, (file.coverage.end or 0.0) - file.coverage.start)
    return {
        "anchor": f"file-{number}",
        "name": wording.short_name(file.source),
        "source": wording.clean(file.source),
        "verdict": wording.verdict(file),
        "state": _state(file),
        "counts": [(str(severity), file.count(severity)) for severity in reversed(Severity)],
        "watched": wording.length(watched) if watched else "nothing",
        "duration": wording.clock_time(file.duration) if file.duration else "unknown",
        "start_utc": utc_time(start.seconds) if start else None,
        "utc_source": start.source.replace("-", " ") if start else None,
        "tracks": [_track(track.id, wording.format_of(track), track.language) for track in file.tracks],
        "ticks": axis.ticks(),
        "lanes": _lanes(file, number, axis, allowance),
        "waves": _waves(file, axis),
        "groups": _plots(file, axis, _decided_on(file), among=True),
        "further": _plots(file, axis, _decided_on(file), among=False),
        "cards": cards,
        "cards_left_out": len(file.findings) - len(cards),
        "compared": _compared(file),
        "uncovered": wording.uncovered(file.coverage),
        "aside": wording.aside(file.coverage),
    }


def _compared(file: FileReport) -> list[str]:
    """What differs from what was found before, a line each; nothing where nobody compared."""
    if file.differences is None:
        return []
    lines = wording.differing(file.differences, several=len(file.tracks) > 2)
    left_out = len(lines) - MOST_DIFFERENCES
    rest = [f"{plural(left_out, 'further difference')}: see --json"] if left_out > 0 else []
    return [wording.compared(file.differences), *lines[:MOST_DIFFERENCES], *rest]


def _axis(file: FileReport) -> charts.TimeAxis:
    ends = [file.coverage.end or file.duration or 0.0]
    ends += [finding.closed_at or finding.told_at for finding in file.findings]
    return charts.TimeAxis(file.coverage.start, max(ends))


def _state(file: FileReport) -> str:
    """A word for the colour and the sign of the verdict."""
    if file.error is not None:
        return "critical"
    if file.worst is not None and file.worst > Severity.INFO:
        return str(file.worst)
    return "good" if file.coverage.is_complete else "warning"


def _track(identity: str, form: str, language: str | None) -> dict[str, str]:
    return {"id": wording.clean(identity), "format": form, "language": wording.clean(language or "")}


@dataclass(frozen=True, slots=True)
class _Mark:
    """A finding on the timeline; its height says the severity to those who do not see the colour."""

    span: charts.Span
    severity: str
    label: str
    anchor: str | None

    @property
    def y(self) -> int:
        """The upper edge, on the raster."""
        return 90 - self.height if self.severity != "unwatched" else 40

    @property
    def height(self) -> int:
        """On the raster."""
        return {"critical": 80, "warning": 54, "info": 28, "unwatched": 20}[self.severity]


def _lanes(file: FileReport, number: int, axis: charts.TimeAxis, allowance: Allowance) -> list[dict[str, Any]]:
    lanes: dict[str, list[_Mark]] = defaultdict(list)
    for finding in sorted(file.findings, key=lambda finding: finding.severity):  # the gravest is drawn on top
        label = f"{finding.severity}: {wording.title(finding.detector)}, {wording.span(finding)}"
        anchor = _anchor(file, finding, number) if id(finding) in allowance.cards else None
        lanes[finding.detector].append(_Mark(axis.span_of(finding), str(finding.severity), label, anchor))
    shown = [{"title": wording.title(name), "marks": lanes[name]} for name in _gravest_first(file, lanes)]
    holes = [
        _Mark(axis.span(part.start, part.end), "unwatched", wording.not_watched(part), None)
        for part in file.coverage.not_watched
        if part.is_loss
        and part.detector is None
        and part.end is not None
        and part.end > axis.begin
        and part.start < axis.end
    ]
    return [*shown, {"title": "Not watched", "marks": holes}] if holes else shown


def _gravest_first(file: FileReport, detectors: Iterable[str]) -> list[str]:
    worst = {finding.detector: finding.severity for finding in sorted(file.findings, key=lambda f: f.severity)}
    return sorted(detectors, key=lambda name: (-worst.get(name, -1), name))


def _waves(file: FileReport, axis: charts.TimeAxis) -> list[dict[str, Any]]:
    waves = []
    for track in dict.fromkeys(wave.track for wave in file.waveforms):
        channels = [
            {"name": wording.clean(wave.channel), "lines": charts.draw_wave(wave, axis)}
            for wave in file.waveforms
            if wave.track == track
        ]
        waves.append({"track": wording.clean(track), "channels": channels})
    return waves


def _decided_on(file: FileReport) -> set[tuple[str, str]]:
    """Detector and name of the readings that findings rest on."""
    return {(finding.detector, reading.name) for finding in file.findings for reading in finding.readings}


def _plots(
    file: FileReport, axis: charts.TimeAxis, names: set[tuple[str, str]], *, among: bool
) -> list[dict[str, Any]]:
    """Plots by detector, the gravest first, of the readings that are (not) ``among`` the given names."""
    by_detector: dict[str, list[Curve]] = defaultdict(list)
    for curve in file.curves:
        if ((curve.detector, curve.name) in names) is among:
            by_detector[curve.detector].append(curve)
    return [
        {
            "id": wording.clean(name),
            "title": wording.title(name),
            "plots": [_plot(curve, file, axis) for curve in by_detector[name]],
        }
        for name in _gravest_first(file, by_detector)
    ]


def _plot(curve: Curve, file: FileReport, axis: charts.TimeAxis) -> dict[str, Any]:
    limits = file.limits_of(curve.detector, curve.name)
    scale = charts.scale_of([curve], limits)
    theirs = [f for f in file.findings if f.detector == curve.detector and f.track in (curve.track, None)]
    several = sum(track.kind == (curve.track or "").partition(":")[0] for track in file.tracks) > 1
    return {
        "title": wording.words(curve.name),
        "unit": wording.clean(
            "share" if curve.unit == "1" and scale.high <= 1.0 else "" if curve.unit == "1" else curve.unit
        ),
        "track": wording.clean(curve.track) if curve.track and several else "",
        "top": scale.labels[0],
        "bottom": scale.labels[1],
        "lines": charts.draw(curve, axis, scale),
        "limits": thresholds(limits, scale),
        "spans": [(axis.span_of(finding), str(finding.severity)) for finding in theirs[:MOST_SHADES]],
    }


def _anchor(file: FileReport, finding: Finding, number: int) -> str:
    return f"finding-{number}-{file.id_of(finding)}"


def _card(
    file: FileReport, finding: Finding, number: int, axis: charts.TimeAxis, allowance: Allowance
) -> dict[str, Any]:
    start = file.clock.at(finding.opened_at)
    cause = _cause(file, finding)
    return {
        "anchor": _anchor(file, finding, number),
        "id": file.id_of(finding),
        "severity": str(finding.severity),
        "detector": wording.clean(finding.detector),
        "title": wording.title(finding.detector),
        "track": wording.clean(finding.track or ""),
        "span": wording.span(finding),
        "lasted": wording.lasted(finding),
        "utc": utc_time(start.seconds) if start else None,
        "message": wording.clean(finding.message),
        "confidence": wording.confidence(finding),
        "explained_by": wording.clean(finding.explained_by or ""),
        "cause": _anchor(file, cause, number) if cause else None,
        "readings": _readings(finding),
        "where": axis.span_of(finding),
        "pictures": allowance.pictures(finding),
        "panels": allowance.panels(finding),
    }


def _readings(finding: Finding) -> list[tuple[str, str]]:
    """The values that it was decided on, each name once, the last value of it."""
    last = {reading.name: reading for reading in finding.readings}
    return [(wording.words(name), wording.quantity(r.value, r.unit)) for name, r in last.items()]


def _cause(file: FileReport, finding: Finding) -> Finding | None:
    """The finding that explains this one: of that detector, and going on when this one began."""
    if finding.explained_by is None:
        return None
    return _nearest((f for f in file.findings if f.detector == finding.explained_by), finding.opened_at)


def _nearest(candidates: Iterable[Finding], pts: float) -> Finding | None:
    def away(finding: Finding) -> float:
        end = finding.told_at if finding.closed_at is None else finding.closed_at
        return max(finding.opened_at - pts, pts - end, 0.0)

    return min(candidates, key=away, default=None)
