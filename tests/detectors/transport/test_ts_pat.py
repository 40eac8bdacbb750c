import pytest

from indicating import checks, found, spans
from watchglass.detectors.transport.ts_pat import TsPat
from watchglass.model.finding import Severity

WELL = [0.5] * 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(WELL, [], id="just often enough"),
        pytest.param([*WELL, 0.5 + 0.01, *WELL], [(4.0, 4.5)], id="just not"),
        pytest.param([*WELL, 0.5 + 0.01, 0.5 + 0.5, 0.5 + 1.0], [(4.0, 5.5)], id="no more"),
    ],
)
def test_it_must_come_often_enough(values, expected):
    assert spans(TsPat, "pat", values) == expected


def test_what_is_said():
    [finding] = found(TsPat, checks("pat", [*WELL, 0.5, 0.5 + 0.4, *WELL]))
    assert finding.message == "No programme association table came for 0.90 s (PID 7)"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("before", "is_live", "severity"),
    [
        pytest.param([], False, Severity.INFO, id="a file that never kept to it"),
        pytest.param([9.0, *WELL[:3], 9.0], False, Severity.INFO, id="nor for long"),
        pytest.param(WELL[:4], False, Severity.WARNING, id="a file that did"),
        pytest.param([], True, Severity.WARNING, id="a stream that somebody tunes in to"),
    ],
)
def test_a_file_is_held_to_what_it_kept_to(before, is_live, severity):
    told = found(TsPat, checks("pat", [*before, 9.0, *WELL], is_live=is_live))
    assert told[-1].severity is severity


def test_another_table_in_its_place():
    [finding] = found(TsPat, checks("wrong_table", [0, 0, 1, 0, 0, 0, 0]))
    assert finding.message == "Tables of another kind in its place: 1 (PID 7)"
