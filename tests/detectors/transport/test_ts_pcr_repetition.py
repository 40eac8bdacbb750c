import pytest

from indicating import checks, found, spans
from watchglass.detectors.transport.ts_pcr_repetition import TsPcrRepetition
from watchglass.model.finding import Severity

WELL = [0.1] * 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(WELL, [], id="just often enough"),
        pytest.param([*WELL, 0.1 + 0.01, *WELL], [(4.0, 4.5)], id="just not"),
        pytest.param([*WELL, 0.1 + 0.01, 0.1 + 0.5, 0.1 + 1.0], [(4.0, 5.5)], id="no more"),
    ],
)
def test_it_must_come_often_enough(values, expected):
    assert spans(TsPcrRepetition, "pcr_repetition", values) == expected


def test_what_is_said():
    [finding] = found(TsPcrRepetition, checks("pcr_repetition", [*WELL, 0.1, 0.1 + 0.4, *WELL]))
    assert finding.message == "No clock reference came for 0.50 s (PID 7)"
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
    told = found(TsPcrRepetition, checks("pcr_repetition", [*before, 9.0, *WELL], is_live=is_live))
    assert told[-1].severity is severity
