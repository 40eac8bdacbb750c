import pytest

from proving.cases import Outcome, Said
from proving.score import auc, false_alarms, poisson_upper, row, wilson


def said(start, end, severity=1, detector="video.black", explained_by=None):
    return Said(detector, start, end, severity, 0.9, explained_by, "", "")


def case(*findings, counts=True, start=4.0, end=8.0, recipe="video.black"):
    return Outcome("clip", "reporting", 12.0, recipe, "noticeable", 1, counts, start, end, said=tuple(findings))


def clean(*findings, excused=()):
    return Outcome("clean", "reporting", 12.0, excused=excused, said=tuple(findings))


def test_an_interval_by_the_book():
    assert wilson(9, 10) == pytest.approx((0.596, 0.982), abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)


def test_no_event_still_leaves_three_in_the_time_watched():
    assert poisson_upper(0, 10.0) == pytest.approx(0.2996, abs=0.0001)
    assert poisson_upper(3, 1.0) == pytest.approx(7.754, abs=0.001)


def test_ties_count_half():
    assert auc([0.0, 0.0], [0.0, 1.0]) == 0.75
    assert auc([0.0], []) is None


def test_what_meets_a_measured_stretch_is_no_false_alarm():
    assert false_alarms(clean(said(1.0, 2.0), said(5.0, 6.0), said(8.0, 9.0, severity=0), excused=((1.5, 3.0),))) == [
        said(5.0, 6.0)
    ]


def test_what_meets_the_defect_is_no_false_alarm_whoever_says_it():
    outcome = case(said(4.1, 8.0), said(4.0, 8.0, detector="video.freeze"), said(9.5, 10.0))
    assert false_alarms(outcome) == [said(9.5, 10.0)]
    assert false_alarms(outcome, "video.freeze") == []


def test_the_figures_of_a_row():
    cases = [
        case(said(4.1, 8.0)),
        case(said(4.3, 8.0, severity=0, explained_by="transport.stall")),
        case(said(4.0, 8.0, severity=0)),
        case(),
        case(counts=False),
    ]
    figures = row("video.black", "noticeable", cases, [clean(), clean(said(1.0, 2.0))])
    assert (figures.n, figures.alarms, figures.told) == (4, 2, 3)
    assert figures.recall == 0.5
    assert figures.precision == pytest.approx(2 / 3)
    assert figures.onset_median == pytest.approx(0.2)
    assert figures.auc == pytest.approx((0.5 + 0.5 + 1.0 + 1.0 + 0.5 + 0.5 + 0.25 + 0.0) / 8, abs=0.2)
