"""JSON that other tools depend on: the report of a run, and the lines of a live watch.

Times are seconds of media time; a number that is not finite is ``null``.
"""

import json
import math
from typing import Any

from watchglass.model.attention import Tier
from watchglass.model.difference import Differences
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import Track
from watchglass.model.phrases import utc_time
from watchglass.model.report import FileReport, RunReport, Unwatched, Utc, WallClock

SCHEMA = "watchglass.report/1"
"""Changes only when a reader of the old form would misread the new."""


def dumps(report: RunReport, *, indent: int | None = 2) -> str:
    """The report of a run as JSON text; with one file its fields also stand at the top level."""
    return _text(run_object(report), indent)


def run_object(report: RunReport) -> dict[str, Any]:
    """The report of a run as plain data."""
    files = [file_object(file) for file in report.files]
    whole: dict[str, Any] = {"schema": SCHEMA}
    if len(files) == 1:
        whole |= files[0]
    return whole | {"files": files, "summary": _summary(report)}


def file_object(file: FileReport) -> dict[str, Any]:
    """The report of one input as plain data."""
    start = file.start_utc
    whole = {
        "source": file.source,
        "error": file.error,
        "duration": _finite(file.duration),
        "start_utc": utc_time(start.seconds) if start else None,
        "tracks": [_track(track) for track in file.tracks],
        "coverage": {
            "complete": file.coverage.is_complete,
            "start": _finite(file.coverage.start),
            "end": _finite(file.coverage.end),
            "not_watched": [_unwatched(part) for part in file.coverage.not_watched],
            "findings_left_out": file.coverage.findings_left_out,
        },
        "findings": [finding_object(each, file.id_of(each), file.clock) for each in file.findings],
    }
    if file.differences is not None:
        whole["differences"] = _differences(file, file.differences)
    return whole


def finding_object(finding: Finding, identity: str, clock: WallClock) -> dict[str, Any]:
    """A finding as plain data.

    Args:
        finding: The last that was told of it.
        identity: Its short stable id.
        clock: Translates its beginning to UTC, where that is known.
    """
    start = clock.at(finding.opened_at)
    region = finding.region
    return {
        "id": identity,
        "detector": finding.detector,
        "track": finding.track,
        "start": _finite(finding.opened_at),
        "end": _finite(finding.closed_at),
        "start_utc": utc_time(start.seconds) if start else None,
        "severity": str(finding.severity),
        "confidence": _finite(finding.confidence, 3),
        "message": finding.message,
        "explained_by": finding.explained_by,
        "region": region and {side: _finite(getattr(region, side)) for side in ("x", "y", "w", "h")},
        "readings": [{"name": r.name, "unit": r.unit, "value": _finite(r.value)} for r in finding.readings],
    }


def event_line(finding: Finding, *, source: str, run: str, clock: WallClock, began: Utc | None = None) -> str:
    """One event of a live watch: a line of JSON, without the line's end.

    Args:
        finding: What is told.
        source: The address, secrets removed.
        run: What tells this watching from another.
        clock: Translates media time to UTC.
        began: When it began, where that was told before.
    """
    told = clock.at(finding.told_at)
    end = None if finding.closed_at is None else clock.at(finding.closed_at)
    line = {
        "event": str(finding.event),
        "source": source,
        "utc": utc_time(told.seconds) if told else None,
        "utc_source": told.source if told else None,
        "told_at": _finite(finding.told_at),
        **finding_object(finding, finding.identity(source, run), clock),
        "end_utc": utc_time(end.seconds) if end else None,
    }
    if began is not None:
        line["start_utc"] = utc_time(began.seconds)
    return _text(line)


def watching_line(*, source: str, position: float, lag: float | None, frames: int, clock: WallClock) -> str:
    """The sign of life of a live watch: a line of JSON, without the line's end.

    Args:
        source: The address, secrets removed.
        position: Media time up to which was watched, in seconds.
        lag: Seconds behind live, where that is known.
        frames: Pictures measured so far.
        clock: Translates media time to UTC.
    """
    here = clock.at(position)
    line = {
        "event": "watching",
        "source": source,
        "utc": utc_time(here.seconds) if here else None,
        "utc_source": here.source if here else None,
        "position": _finite(position),
        "lag": _finite(lag, 3),
        "frames": frames,
    }
    return _text(line)


def tier_line(tier: Tier, *, source: str, clock: WallClock) -> str:
    """A turn between the tiers: a line of JSON, without the line's end.

    Args:
        tier: How closely is watched from there on.
        source: The address, secrets removed.
        clock: Translates media time to UTC.
    """
    here = clock.at(tier.pts)
    line = {
        "event": "tier",
        "source": source,
        "utc": utc_time(here.seconds) if here else None,
        "utc_source": here.source if here else None,
        "position": _finite(tier.pts),
        "tier": tier.name,
        "why": tier.why,
    }
    return _text(line)


def _differences(file: FileReport, differences: Differences) -> dict[str, Any]:
    """What differs from what was found before: ids of findings above, and the findings of then."""

    def then(finding: Finding) -> dict[str, Any]:
        return finding_object(finding, file.id_of(finding), file.clock)

    return {
        "new": [file.id_of(each) for each in differences.new],
        "gone": [then(each) for each in differences.gone],
        "changed": [{"id": file.id_of(each.now), "then": then(each.then)} for each in differences.changed],
    }


def _summary(report: RunReport) -> dict[str, Any]:
    worst = report.worst
    return {
        "files": len(report.files),
        "unreadable": report.unreadable,
        "findings": {str(severity): report.count(severity) for severity in reversed(Severity)},
        "worst": None if worst is None else str(worst),
        "seconds": _finite(sum(file.duration or 0.0 for file in report.files), 3),
        "complete": all(file.error is None and file.coverage.is_complete for file in report.files),
        "version": report.version,
        "made_utc": None if report.made_utc is None else utc_time(report.made_utc),
    }


def _track(track: Track) -> dict[str, Any]:
    facts = {name: _finite(v) if isinstance(v, float) else v for name, v in track.facts.items()}
    return {"id": track.id, "kind": track.kind, "codec": track.codec, "language": track.language, "facts": facts}


def _unwatched(part: Unwatched) -> dict[str, Any]:
    return {
        "reason": part.reason,
        "track": part.track,
        "detector": part.detector,
        "start": _finite(part.start),
        "end": _finite(part.end),
        "seconds": _finite(part.seconds),
        "count": part.count,
        "loss": part.is_loss,
    }


def _finite(value: float | None, digits: int = 6) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def _text(data: dict[str, Any], indent: int | None = None) -> str:
    # ASCII only: half surrogates of odd file names would not survive UTF-8, and no terminal can be steered.
    return json.dumps(data, indent=indent, allow_nan=False, ensure_ascii=True)
