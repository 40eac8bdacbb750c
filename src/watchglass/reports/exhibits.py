"""The plots of one finding's evidence: what was measured around it, and its sound.

A panel is some rows over one axis of time. Like all plots they are drawn on the raster of ``charts``, and all of their
text stands outside of the SVG.
"""

import math
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np

from watchglass.model.exhibit import Exhibit, Picture, Spectrogram, Strip, Trace
from watchglass.model.finding import Finding, Region, Severity
from watchglass.model.limits import Limit
from watchglass.model.report import FileReport
from watchglass.reports import charts, wording

GAP = 2.5
"""Times the usual way between two values that is a gap."""
CAPPED = 10.0
"""Times a threshold for what is too small that a plot reaches up to: what goes on far above it says nothing."""
QUIETEST = -80.0
"""dBFS: lower edge of a plot of levels."""
_ROOM = 22.0
"""Height of a label, on the raster."""
_OF_FULL_SCALE = "% of full scale"
_FREQUENCIES = (100.0, 1_000.0, 10_000.0)
"""Hz that are marked on a spectrogram."""


def panels(file: FileReport, finding: Finding, exhibit: Exhibit) -> list[dict[str, Any]]:
    """The panels of a finding, as plain data for the template; of information only the first reading."""
    traces = exhibit.traces if finding.severity > Severity.INFO else exhibit.traces[:1]
    made = [_readings(file, finding, traces)] if traces else []
    if exhibit.levels:
        made.append(_sound(finding, exhibit.levels, "Level by channel", _level))
    if exhibit.waveforms:
        made.append(_sound(finding, exhibit.waveforms, "Waveform", _wave))
    if exhibit.spectrogram:
        made.append(_spectrogram(finding, exhibit.spectrogram))
    if exhibit.samples:
        made.append(_samples(exhibit.samples))
    return made


def size(panel: dict[str, Any]) -> int:
    """Characters that a panel adds to a page, about."""
    return sum(len(text) for row in panel["rows"] for text in (row["band"], row["line"], row["image"])) + 600


def pictures(finding: Finding, exhibit: Exhibit) -> list[dict[str, Any]]:
    """The pictures before, in and after a defect, in that order, with the region marked."""
    of_picture = exhibit.before is not None or exhibit.after is not None
    taken = [
        (exhibit.before, "Before"),
        (exhibit.during, "During" if of_picture else "On screen"),
        (exhibit.after, "After"),
    ]
    return [
        {
            "data": encoded(picture),
            "width": picture.width,
            "height": picture.height,
            "pts": wording.clock_time(picture.pts),
            "when": when,
            "order": order,
            "is_defect": picture is exhibit.during,
            "region": _region(finding.region, picture.quarter_turns) if finding.region else None,
        }
        for order, (picture, when) in enumerate(taken)
        if picture is not None
    ]


def encoded(picture: Picture) -> str:
    """A picture's data for an address of the scheme ``data``."""
    return b64encode(picture.jpeg).decode("ascii")


def _region(region: Region, turns: int) -> list[float]:
    """Left, top, width and height in per cent of the picture as it is shown, upright."""
    x, y, w, h = region.x, region.y, region.w, region.h
    for _ in range(turns):  # each a quarter, counter-clockwise
        x, y, w, h = y, 1.0 - x - w, h, w
    return [round(100.0 * side, 1) for side in (x, y, w, h)]


def _readings(file: FileReport, finding: Finding, traces: Sequence[Trace]) -> dict[str, Any]:
    pts = np.concatenate([trace.pts for trace in traces])
    widest = max(trace.step for trace in traces)
    end = finding.told_at if finding.closed_at is None else finding.closed_at
    axis = charts.TimeAxis(
        min(float(pts.min()) - widest / 2, finding.opened_at), max(float(pts.max()) + widest / 2, end)
    )
    rows = [_reading(trace, file.limits_of(finding.detector, trace.name), axis) for trace in traces]
    return _panel(finding, "Measured", axis, rows)


def _reading(trace: Trace, limits: Sequence[Limit], axis: charts.TimeAxis) -> dict[str, Any]:
    scale = charts.scale_for(np.concatenate([trace.low, trace.high]), trace.unit, limits)
    top, bottom = scale.labels
    cap = max((CAPPED * limit.value for limit in limits if limit.bad == "below"), default=0.0)
    if 0.0 < cap < scale.high and scale.low == 0.0:
        scale = charts.Scale(0.0, charts.round_up(cap), trace.unit)
        top = f"≥ {scale.labels[0]}"
    line, band = [], []
    for run in _runs(trace.pts, trace.step):
        x = [axis.x(pts) for pts in _with_edges(trace.pts[run], trace.step)]
        mean, low, high = (charts.edges(scale.y(side[run])) for side in (trace.mean, trace.low, trace.high))
        line.append("M" + charts.points(x, mean))
        if not np.array_equal(low, high):
            band.append(charts.polygon(x, high, low))
    unit = "share" if trace.unit == "1" and scale.high <= 1.0 else "" if trace.unit == "1" else trace.unit
    return _row(
        wording.words(trace.name),
        wording.clean(unit),
        top=top,
        bottom=bottom,
        line="".join(line),
        band="".join(band),
        limits=thresholds(limits, scale),
        meanings=_meanings(limits, trace.unit),
    )


def thresholds(limits: Sequence[Limit], scale: charts.Scale) -> list[dict[str, Any]]:
    """Where the thresholds of a reading lie on its plot, and which side is bad."""
    drawn = []
    for limit in limits:
        y = scale.level(limit.value)
        is_above = limit.bad == "above"
        drawn.append(
            {
                "y": y,
                "label": f"threshold {_value(limit.value, scale.unit)}",
                "bad_y": 0.0 if is_above else y,
                "bad_height": y if is_above else round(charts.HEIGHT - y, 1),
                # The label stands where there is room for it, of two on the bad side of each.
                "hangs": y < _ROOM or (y < charts.HEIGHT - _ROOM and (not is_above if len(limits) > 1 else y < 50.0)),
            }
        )
    return drawn


def _value(value: float, unit: str) -> str:
    """A threshold, short: the unit stands beside the plot, except for per cent."""
    return wording.quantity(value, unit) if unit == "1" else wording.number(value)


def _meanings(limits: Sequence[Limit], unit: str) -> list[tuple[str, str]]:
    """What each threshold is, once."""
    known: dict[tuple[str, str], list[str]] = {}
    for limit in limits:
        known.setdefault((wording.clean(limit.name), wording.clean(limit.meaning)), []).append(
            wording.quantity(limit.value, unit)
        )
    return [(f"{name} {wording.join(values)}", meaning) for (name, meaning), values in known.items()]


def _sound(finding: Finding, strips: Sequence[Strip], title: str, draw: Any) -> dict[str, Any]:
    axis = charts.TimeAxis(strips[0].begin, max(strip.begin + len(strip.low) * strip.step for strip in strips))
    loudest = max((float(np.nanmax(np.abs(s.low))) for s in strips if not np.isnan(s.low).all()), default=1.0)
    return _panel(finding, title, axis, [draw(strip, axis, loudest) for strip in strips])


def _level(strip: Strip, axis: charts.TimeAxis, loudest: float) -> dict[str, Any]:
    scale = charts.Scale(QUIETEST, 0.0, "dBFS")
    top, bottom = scale.labels
    line = _line(strip, axis, scale)
    return _row(wording.clean(strip.channel), "dBFS", top=top, bottom=bottom, line=line, is_low=True)


def _wave(strip: Strip, axis: charts.TimeAxis, loudest: float) -> dict[str, Any]:
    scale = _amplitudes(loudest)
    band = []
    for run in _there(strip):
        x = [axis.x(pts) for pts in _with_edges(_middles(strip)[run], strip.step)]
        high, low = scale.y(strip.high[run]), scale.y(strip.low[run])
        least = np.maximum((low - high - 1.5) / 2, 0.0) - (low - high) / 2 + 0.75  # silence keeps a hairline
        band.append(charts.polygon(x, charts.edges(high - least), charts.edges(low + least)))
    return _row(wording.clean(strip.channel), _OF_FULL_SCALE, **_reach(scale), band="".join(band), is_low=True)


def _amplitudes(loudest: float) -> charts.Scale:
    """A scale around silence, in full scales; beyond one of them in quarters."""
    reach = charts.round_up(max(loudest, 0.001)) if loudest <= 1.0 else math.ceil(4.0 * loudest) / 4.0
    return charts.Scale(-reach, reach, "")


def _reach(scale: charts.Scale) -> dict[str, str]:
    percent = wording.number(100.0 * scale.high)
    return {"top": percent, "bottom": f"−{percent}"}


def _samples(strip: Strip) -> dict[str, Any]:
    begin, end = strip.begin, strip.begin + len(strip.low) * strip.step
    axis = charts.TimeAxis(begin, begin + max(end - begin, 0.0005), least=0.0005)
    scale = _amplitudes(float(np.abs(strip.low).max()))
    full = [Limit(1.0, "above", ""), Limit(-1.0, "below", "")] if scale.high >= 1.0 else []
    row = _row(
        wording.clean(strip.channel),
        _OF_FULL_SCALE,
        **_reach(scale),
        line=_line(strip, axis, scale),
        limits=[
            {**each, "label": "full scale" if each["y"] < charts.HEIGHT / 2 else ""} for each in thresholds(full, scale)
        ],
    )
    milliseconds = wording.number(1000.0 * (end - begin))
    return _panel(None, f"{milliseconds} ms where it is worst, at {wording.clock_time(begin)}", axis, [row], ticks=6)


def _spectrogram(finding: Finding, drawn: Spectrogram) -> dict[str, Any]:
    axis = charts.TimeAxis(drawn.begin, drawn.end)
    ratio = np.log(drawn.highest / drawn.lowest)
    marks = [
        (round(100.0 * (1.0 - float(np.log(hertz / drawn.lowest) / ratio)), 1), f"{hertz:g} Hz")
        for hertz in _FREQUENCIES
        if hertz < 0.9 * drawn.highest
    ]
    row = _row(
        "All channels",
        f"black {drawn.floor:g}, yellow {drawn.top:g} dBFS",
        image=encoded(drawn.picture),
        marks=[(at, label.replace("000 Hz", " kHz")) for at, label in marks],
    )
    return _panel(finding, "Spectrogram", axis, [row])


def _panel(
    finding: Finding | None, title: str, axis: charts.TimeAxis, rows: list[dict[str, Any]], *, ticks: int = 9
) -> dict[str, Any]:
    span = None
    if finding is not None and finding.opened_at < axis.end and (finding.closed_at or axis.end) > axis.begin:
        span = axis.span_of(finding)
    return {
        "title": title,
        "rows": rows,
        "ticks": axis.ticks(ticks),
        "span": span,
        "severity": str(finding.severity) if finding else "",
    }


def _row(title: str, unit: str, **more: Any) -> dict[str, Any]:
    empty = {"top": "", "bottom": "", "line": "", "band": "", "image": "", "is_low": False}
    return {"title": title, "unit": unit, **empty, "limits": [], "meanings": [], "marks": [], **more}


def _line(strip: Strip, axis: charts.TimeAxis, scale: charts.Scale) -> str:
    middles = _middles(strip)
    return "".join(
        "M" + charts.points([axis.x(pts) for pts in middles[run]], scale.y(strip.low[run])) for run in _there(strip)
    )


def _middles(strip: Strip) -> Any:
    return strip.begin + (np.arange(len(strip.low)) + 0.5) * strip.step


def _there(strip: Strip) -> list[slice]:
    """The stretches in which there was sound."""
    return list(charts.runs(strip.low))


def _with_edges(pts: Any, step: float) -> list[float]:
    return [float(pts[0]) - step / 2, *(float(each) for each in pts), float(pts[-1]) + step / 2]


def _runs(pts: Any, step: float) -> list[slice]:
    """The stretches without a gap."""
    breaks = np.flatnonzero(np.diff(pts) > GAP * step) + 1
    return [slice(int(a), int(b)) for a, b in zip([0, *breaks], [*breaks, len(pts)], strict=True) if b > a]
