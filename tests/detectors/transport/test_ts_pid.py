import pytest

from indicating import checks, found, spans
from watchglass.detectors.transport.ts_pid import TsPid, TsPidSettings

WELL = [0.1] * 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([*WELL, 5.0, *WELL], [], id="it rests"),
        pytest.param([*WELL, 5.01, 5.5, *WELL], [(4.0, 5.0)], id="it is missing"),
    ],
)
def test_it_must_come(values, expected):
    assert spans(TsPid, "pid", values) == expected


def test_more_patience():
    assert spans(TsPid, "pid", [20.0, *WELL], TsPidSettings(open_at=30.0)) == []


def test_what_is_said():
    [finding] = found(TsPid, checks("pid", [*WELL, 5.0, 6.0, *WELL]))
    assert finding.message == "No packet came for 6.00 s (PID 7)"
