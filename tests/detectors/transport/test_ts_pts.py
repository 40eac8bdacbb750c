from indicating import Repeats
from watchglass.detectors.transport.ts_pts import TsPts


class TestTsPts(Repeats):
    detector = TsPts
    name = "pts"
    limit = 0.7
    message = "No presentation time came for 1.10 s (PID 7)"
