from dataclasses import replace

from indicating import Counts, MayBeMore, checks, found
from watchglass.detectors.transport.ts_continuity import TsContinuity


class TestTsContinuity(Counts, MayBeMore):
    detector = TsContinuity
    name = "continuity"
    message = "Packets missing, out of order, or there more than twice: 5 times (PID 7)"


def test_it_is_over_before_nothing_came():
    bad, *_ = checks("continuity", [1])
    later = [replace(each, pts=each.pts + 9.0) for each in checks("continuity", [0] * 8)]
    [finding] = found(TsContinuity, [bad, *later])
    assert (finding.opened_at, finding.closed_at) == (0.0, 0.5)
