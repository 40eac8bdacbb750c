from indicating import Repeats
from watchglass.detectors.transport.ts_pmt import TsPmt


class TestTsPmt(Repeats):
    detector = TsPmt
    name = "pmt"
    limit = 0.5
    message = "No programme map came for 0.90 s (PID 7)"
