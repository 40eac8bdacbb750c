from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_pcr_discontinuity import TsPcrDiscontinuity


class TestTsPcrDiscontinuity(Counts, MayBeMore):
    detector = TsPcrDiscontinuity
    name = "pcr_discontinuity"
    message = "Jumps of the programme clock that the stream does not announce: 5 (PID 7)"
