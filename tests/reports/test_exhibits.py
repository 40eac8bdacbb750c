import re

import numpy as np
import pytest

from sample_reports import DEFAULT, exhibit, file_report, finding, sound_exhibit
from watchglass.model.exhibit import Exhibit, Strip, Trace
from watchglass.model.finding import Severity
from watchglass.model.limits import Limit
from watchglass.model.report import Duty
from watchglass.reports import exhibits
from watchglass.reports.charts import HEIGHT, Scale


def trace(values, name="change", unit="code values", step=0.04):
    values = np.array(values, np.float32)
    return Trace(name, unit, 1.0 + step * np.arange(len(values)) + step / 2, step, values, values, values)


def rows(*traces, limits=None, severity=Severity.WARNING, detector="video.freeze"):
    found = finding(detector, 1.4, 1.8, severity=severity)
    duties = (Duty(detector, ("video:0",), limits or {}),)
    [panel] = exhibits.panels(file_report(findings=[found], duties=duties), found, Exhibit(traces=traces))
    return panel["rows"]


def numbers(path):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", path)]


def test_the_curve_its_span_and_its_threshold_share_one_axis():
    report = file_report()
    [panel] = exhibits.panels(report, DEFAULT[0], exhibit())
    [row] = panel["rows"]
    assert (panel["span"].x, panel["span"].x + panel["span"].width) == pytest.approx((333.3, 750.0), abs=0.2)
    assert (row["top"], row["bottom"], row["unit"]) == ("100 %", "0 %", "share")
    assert row["limits"][0]["y"] == pytest.approx(2.0)
    assert row["limits"][0]["label"] == "threshold 98 %"
    assert row["meanings"] == [("open_at 98 %", "Share of black pixels.")]
    rises = next(n for n, y in enumerate(numbers(row["line"])[1::2]) if y == 0.0)
    assert numbers(row["line"])[::2][rises] == pytest.approx(336.7, abs=0.2)


def test_the_bad_side_of_a_threshold_is_the_one_that_is_told():
    scale = Scale(-80.0, 0.0, "dBFS")
    [below, above] = exhibits.thresholds([Limit(-60.0, "below", "a"), Limit(-20.0, "above", "b")], scale)
    assert (below["y"], below["bad_y"], below["bad_height"]) == (75.0, 75.0, 25.0)
    assert (above["y"], above["bad_y"], above["bad_height"]) == (25.0, 0.0, 25.0)


def test_labels_of_two_thresholds_stand_apart():
    scale = Scale(-50.0, 0.0, "LUFS")
    loud, soft = exhibits.thresholds([Limit(-22.0, "above", "r128"), Limit(-24.0, "below", "r128")], scale)
    assert (loud["hangs"], soft["hangs"]) == (False, True)


def test_a_threshold_far_below_the_usual_is_looked_at_closely():
    """Motion is 10 to 200 code values of change, a picture that stands has less than 0.6."""
    limits = {"change": (Limit(0.6, "below", "still_at"),)}
    [row] = rows(trace([80.0] * 10 + [0.1] * 10 + [60.0] * 5), limits=limits)
    assert row["top"] == "≥ 10"
    assert row["limits"][0]["y"] == pytest.approx(94.0)
    assert {0.0, 99.0} <= set(numbers(row["line"])[1::2])


def test_a_small_share_is_drawn_as_large_as_its_threshold_asks():
    limits = {"flat_share": (Limit(0.005, "above", "open_at"),)}
    [row] = rows(trace([0.0, 0.0, 0.015, 0.0], "flat_share", "1"), limits=limits)
    assert (row["top"], row["bottom"]) == ("2 %", "0 %")


def test_a_gap_breaks_the_line():
    whole = trace(np.arange(20.0))
    holed = Trace("x", "s", np.delete(whole.pts, slice(8, 13)), 0.04, *[np.arange(15, dtype=np.float32)] * 3)
    assert rows(whole)[0]["line"].count("M") == 1
    assert rows(holed)[0]["line"].count("M") == 2


def test_joined_values_have_a_band_and_single_ones_a_line():
    values = trace(np.arange(20.0))
    joined = Trace("x", "s", values.pts, 0.04, values.mean - 1, values.mean + 1, values.mean)
    assert rows(values)[0]["band"] == ""
    assert rows(joined)[0]["band"].startswith("M")


def test_a_note_shows_its_first_reading_only():
    assert len(rows(trace([1.0, 2.0]), trace([3.0], "rest"))) == 2
    assert len(rows(trace([1.0, 2.0]), trace([3.0], "rest"), severity=Severity.INFO)) == 1


def test_every_view_of_sound_is_a_panel():
    made = exhibits.panels(file_report(), DEFAULT[2], sound_exhibit())
    titles = [panel["title"] for panel in made]
    assert titles[:3] == ["Level by channel", "Waveform", "Spectrogram"]
    assert re.fullmatch(r"4.2 ms where it is worst, at 0:00:08.100", titles[3])
    zoom = made[3]["rows"][0]
    assert (zoom["top"], zoom["bottom"]) == ("125", "−125")
    assert [limit["y"] for limit in zoom["limits"]] == pytest.approx([10.0, 90.0])
    assert [label for _, label in made[2]["rows"][0]["marks"]] == ["100 Hz", "1 kHz", "10 kHz"]


@pytest.mark.parametrize("hole", [slice(0, 0), slice(50, 90), slice(0, 100)])
def test_paths_are_finite_and_within_the_raster_whatever_is_missing(hole):
    low = -np.abs(np.sin(np.arange(100, dtype=np.float32)))
    low[hole] = np.nan
    shown = Exhibit(
        waveforms=(Strip("FL", 0.0, 0.01, low, -low),), levels=(Strip("FL", 0.0, 0.01, 90 * low, 90 * low),)
    )
    for panel in exhibits.panels(file_report(), DEFAULT[2], shown):
        for row in panel["rows"]:
            for path in (row["line"], row["band"]):
                assert "nan" not in path
                assert all(-0.1 <= n <= 1000 for n in numbers(path))
                assert all(-0.8 <= y <= HEIGHT + 0.8 for y in numbers(path)[1::2])


def test_a_single_value_is_a_short_line():
    [row] = rows(trace([5.0]))
    assert len(numbers(row["line"])) == 4
