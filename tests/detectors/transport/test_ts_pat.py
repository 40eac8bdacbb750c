from indicating import Repeats, checks, found
from watchglass.detectors.transport.ts_pat import TsPat


class TestTsPat(Repeats):
    detector = TsPat
    name = "pat"
    limit = 0.5
    message = "No programme association table came for 0.90 s (PID 7)"


def test_another_table_in_its_place():
    [finding] = found(TsPat, checks("wrong_table", [0, 0, 1, 0, 0, 0, 0]))
    assert finding.message == "Tables of another kind in its place: 1 (PID 7)"
