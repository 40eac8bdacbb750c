from dataclasses import replace

import pytest

from indicating import checks, found, spans
from watchglass.detectors.transport.ts_continuity import TsContinuity, TsContinuitySettings
from watchglass.model.finding import Severity

WELL = [0] * 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(WELL, [], id="none"),
        pytest.param([*WELL, 1, *WELL], [(4.0, 4.5)], id="one"),
        pytest.param([*WELL, 1, 0, 0, 0, 1, *WELL], [(4.0, 6.5)], id="again before it is over"),
        pytest.param([*WELL, 1, 0, 0, 0, 0, 1, *WELL], [(4.0, 4.5), (6.5, 7.0)], id="again after it is over"),
        pytest.param([1], [(0.0, 0.5)], id="to the end"),
    ],
)
def test_it_lasts_from_the_first_to_the_last(values, expected):
    assert spans(TsContinuity, "continuity", values) == expected


def test_what_is_said():
    [finding] = found(TsContinuity, checks("continuity", [2, 0, 3, *WELL]))
    assert finding.message == "Packets missing, out of order, or there more than twice: 5 times (PID 7)"
    assert finding.severity is Severity.WARNING


def test_more_may_be_tolerated():
    limits = TsContinuitySettings(open_at=3)
    assert spans(TsContinuity, "continuity", [2, *WELL, 3, *WELL], limits) == [(4.5, 5.0)]


def test_it_is_over_before_nothing_came():
    bad, *_ = checks("continuity", [1])
    later = [replace(each, pts=each.pts + 9.0) for each in checks("continuity", [0] * 8)]
    [finding] = found(TsContinuity, [bad, *later])
    assert (finding.opened_at, finding.closed_at) == (0.0, 0.5)
