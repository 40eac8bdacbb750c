import pytest

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import ClockAnchor
from watchglass.model.report import Coverage, FileReport, RunReport, Unwatched, WallClock


def finding(severity, opened_at=1.0):
    return Finding(
        event=Event.OPENED, detector="video.black", track="video:0", opened_at=opened_at, told_at=2.0, severity=severity
    )


@pytest.mark.parametrize(
    ("pts", "utc", "source"),
    [
        pytest.param(0.0, 1000.0, "arrival", id="before the first anchor"),
        pytest.param(4.0, 1004.0, "arrival", id="the first holds"),
        pytest.param(10.0, 2000.0, "program-date-time", id="the second from its own time on"),
        pytest.param(12.5, 2002.5, "program-date-time", id="and after it"),
    ],
)
def test_utc_by_the_last_anchor(pts, utc, source):
    clock = WallClock()
    clock.set(ClockAnchor(10.0, 2000.0, "program-date-time"))  # told out of order
    clock.set(ClockAnchor(2.0, 1002.0, "arrival"))
    assert clock.at(pts) == (utc, source)


def test_utc_is_unknown_without_an_anchor():
    assert WallClock().at(1.0) is None
    assert FileReport(source="a").start_utc is None


def test_a_clock_keeps_a_limited_number_of_anchors():
    clock = WallClock(limit=3)
    for n in range(10):
        clock.set(ClockAnchor(float(n), 100.0 + 2 * n, "arrival"))
    assert clock.at(9.0).seconds == 118.0
    assert clock.at(0.0).seconds == 107.0  # by anchor 7, the oldest that is left


def test_counts_and_worst():
    quiet, loud = FileReport(source="a"), FileReport(source="b", findings=(finding(0), finding(Severity.WARNING)))
    assert quiet.worst is None
    assert loud.worst is Severity.WARNING
    run = RunReport(files=(quiet, loud, FileReport(source="c", error="gone")))
    assert run.worst is Severity.WARNING
    assert run.unreadable == 1
    assert run.count(Severity.WARNING) == 1


def test_ids_differ_by_finding_and_run_only():
    one, other = finding(Severity.INFO), finding(Severity.CRITICAL)
    report, rerun = FileReport(source="a", run="1"), FileReport(source="a", run="2")
    assert report.id_of(one) == report.id_of(other)
    assert report.id_of(one) != rerun.id_of(one)
    assert report.id_of(one) != report.id_of(finding(Severity.INFO, opened_at=1.5))


def test_coverage_is_complete_only_if_nothing_was_left_out():
    assert Coverage().is_complete
    assert not Coverage(findings_left_out=1).is_complete
    assert not Coverage(not_watched=(Unwatched("encrypted", "audio:1", None, 0.0, None, 0.0),)).is_complete
