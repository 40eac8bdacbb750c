import re

import numpy as np
import pytest

from sample_reports import finding
from watchglass.model.limits import Limit
from watchglass.model.report import Curve, Waveform
from watchglass.reports import charts
from watchglass.reports.charts import TimeAxis


def curve(values, unit="dBFS", step=1.0, spread=0.0):
    mean = np.array(values, np.float32)
    return Curve("audio.silence", "audio:0", "level", unit, 0.0, step, mean - spread, mean + spread, mean)


def numbers(path):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", path)]


@pytest.mark.parametrize(
    ("begin", "end", "labels"),
    [
        (0, 10, ["0:00", "0:02", "0:04", "0:06", "0:08", "0:10"]),
        (0, 0.4, ["0:00.00", "0:00.05", "0:00.10"]),
        (0, 90, ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00", "1:10", "1:20", "1:30"]),
        (60, 65, ["1:00", "1:01", "1:02", "1:03", "1:04", "1:05"]),
        (0, 7200, ["0:00", "15:00", "30:00", "45:00", "1:00:00", "1:15:00", "1:30:00", "1:45:00", "2:00:00"]),
        (0, 400_000, ["0:00", "24:00:00", "48:00:00", "72:00:00", "96:00:00"]),
    ],
)
def test_ticks_stand_at_round_times(begin, end, labels):
    ticks = TimeAxis(begin, end).ticks()
    assert [tick.label for tick in ticks][: len(labels)] == labels
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert len(ticks) <= 10


def test_an_axis_without_length_still_draws():
    axis = TimeAxis(5.0, 5.0)
    assert axis.x(5.0) == 0.0
    assert axis.ticks()


def test_spans_stay_visible_and_inside():
    axis = TimeAxis(0.0, 7200.0)
    assert axis.span(10.0, 10.04).width == 2.0
    assert axis.span(7199.99, 7200.0).x == 998.0
    assert axis.span(3600.0, None) == charts.Span(500.0, 500.0)
    assert axis.span_of(finding(begin=720.0, end=1440.0)) == charts.Span(100.0, 100.0)


@pytest.mark.parametrize(
    ("values", "unit", "low", "high"),
    [
        ([0.0, 0.02], "1", 0.0, 1.0),
        ([0.0, 17.0], "1", 0.0, 20.0),
        ([-200.0, -3.0], "dBFS", -80.0, 0.0),
        ([-24.0, -22.0], "LUFS", -30.0, 0.0),
        ([-3.0, 2.1], "dBTP", -30.0, 3.0),
        ([0.0, 0.0], "s", 0.0, 1.0),
        ([-4.0, 40.0], "dB", -5.0, 50.0),
        ([np.nan, np.nan], "s", 0.0, 1.0),
        ([-7.0, -6.0], "dB", -10.0, 0.0),
    ],
)
def test_scales(values, unit, low, high):
    scale = charts.scale_of([curve(values, unit)])
    assert (scale.low, scale.high) == (low, high)


@pytest.mark.parametrize(
    ("values", "unit", "limits", "low", "high"),
    [
        ([0.0, 0.001], "1", [0.005], 0.0, 0.005),
        ([0.0, 0.03], "1", [0.98], 0.0, 1.0),
        ([0.0, 0.0], "1", [0.98], 0.0, 1.0),
        ([0.0, 3.0], "dB", [20.0, -20.0], -20.0, 20.0),
        ([-20.0, -18.0], "dBFS", [-60.0], -60.0, 0.0),
    ],
)
def test_a_scale_reaches_to_the_thresholds(values, unit, limits, low, high):
    known = [Limit(value, "above", "open_at") for value in limits]
    scale = charts.scale_of([curve(values, unit)], known)
    assert (scale.low, scale.high) == (low, high)


def test_level_stretches_need_two_points():
    assert charts.points([0, 1, 2, 3, 4, 5], np.array([7.0, 7.0, 7.0, 7.0, 9.0, 9.0])) == "0,7 3,7 4,9 5,9"


def test_ticks_of_some_milliseconds():
    labels = [tick.label for tick in TimeAxis(12.0, 12.008, least=0.0005).ticks(6)]
    assert labels == ["0:12.000", "0:12.002", "0:12.004", "0:12.006", "0:12.008"]


def test_a_gap_breaks_the_line():
    lines = charts.draw(curve([-10, -20, np.nan, -30]), TimeAxis(0, 4), charts.Scale(-60, 0, "dBFS"))
    assert lines.line.count("M") == lines.band.count("M") == 2
    assert numbers(lines.line)[:2] == [0.0, 16.7]


@pytest.mark.parametrize("bins", [1, 2, 499, 500, 501, 1999, 2000])
def test_paths_are_finite_within_the_raster_and_short(bins):
    values = np.sin(np.arange(bins)) * 300 - 40
    values[bins // 3 : bins // 2] = np.nan
    lines = charts.draw(curve(values, spread=5.0), TimeAxis(0, bins), charts.Scale(-60, 0, "dBFS"))
    for path in (lines.band, lines.line):
        assert "nan" not in path
        assert "inf" not in path
        assert all(0 <= n <= 1001 for n in numbers(path))
        assert len(path) < 2 * 14 * (charts.POINTS + 10)


def test_extremes_survive_the_reduction():
    values = np.full(2000, -50.0)
    values[1234] = -1.0
    scale = charts.Scale(-60, 0, "dBFS")
    assert min(numbers(charts.draw(curve(values), TimeAxis(0, 2000), scale).band)[1::2]) == pytest.approx(1.7, abs=0.1)


def test_a_waveform_is_mirrored_and_silence_keeps_a_hairline():
    peak = np.array([0.5, 0.0, np.nan, 1.0], np.float32)
    lines = charts.draw_wave(Waveform("audio:0", "FL", 0.0, 1.0, peak, peak / 2), TimeAxis(0, 4))
    ys = numbers(lines.band)[1::2]
    assert (min(ys), max(ys)) == (0.0, 100.0)
    assert 49.2 in ys
    assert lines.band.count("M") == 2
