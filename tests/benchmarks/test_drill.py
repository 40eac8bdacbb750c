"""How a drill judges what it heard."""

import pytest

from drill import Outcome, alarms, judge
from drill_cases import CASES, WARM_UP, Case
from watchglass.detectors import CATALOGUE
from watchglass.faults.schedule import LIVE_FAULTS, parse

CASE = Case("a case", (), must=("video.black",), may=("video.freeze",))


def line(event, detector, severity="critical", number=1, **more):
    return {"event": event, "detector": detector, "severity": severity, "id": number, "message": "told", **more}


def judged(*lines, case=CASE, began=10.0):
    outcome = Outcome(case, began=began)
    judge(outcome, list(lines))
    return outcome


def test_all_well():
    outcome = judged((12.0, line("opened", "video.black")), (15.0, line("closed", "video.black")))
    assert outcome.wrong == []
    assert [(alarm.detector, alarm.at) for alarm in outcome.told] == [("video.black", 12.0)]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        pytest.param([], "missing: video.black", id="nothing"),
        pytest.param([line("opened", "video.black", "info")], "missing: video.black", id="information"),
        pytest.param(
            [line("opened", "video.black", explained_by="x"), line("closed", "video.black")],
            "missing: video.black",
            id="explained",
        ),
        pytest.param([line("opened", "video.black")], "still open: video.black", id="never over"),
        pytest.param(
            [line("opened", "video.black"), line("closed", "video.black"), line("opened", "audio.hum", number=2),
             line("closed", "audio.hum", number=2)],
            "false: audio.hum (+2.0 s: told)",
            id="something else",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong(lines, wrong):
    assert judged(*((12.0, each) for each in lines)).wrong == [wrong]


def test_too_early():
    outcome = judged((5.0, line("opened", "video.freeze")), (12.0, line("opened", "video.black", number=2)))
    assert "too early: video.freeze (-5.0 s)" in outcome.wrong


def test_what_is_raised_later_counts_from_then():
    lines = [(1.0, line("opened", "video.black", "info")), (3.0, line("changed", "video.black"))]
    assert [alarm.at for alarm in alarms(lines, "warning", ())] == [3.0]


def test_the_table_names_what_there_is():
    assert len({case.name for case in CASES}) == len(CASES)
    for case in CASES:
        assert {*case.must, *case.may} <= {*CATALOGUE}
        assert all(parse(fault).start == WARM_UP for fault in case.faults)


def test_every_fault_of_live_streams_is_drilled():
    drilled = {parse(fault).fault.name for case in CASES for fault in case.faults}
    assert drilled >= set(LIVE_FAULTS)
