from indicating import Repeats
from watchglass.detectors.transport.ts_pcr_repetition import TsPcrRepetition


class TestTsPcrRepetition(Repeats):
    detector = TsPcrRepetition
    name = "pcr_repetition"
    limit = 0.1
    message = "No clock reference came for 0.50 s (PID 7)"
