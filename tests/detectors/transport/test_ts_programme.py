from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_programme import TsProgramme
from watchglass.model.finding import Severity


class TestTsProgramme(Counts, MayBeMore):
    detector = TsProgramme
    name = "programme"
    severity = Severity.INFO
    message = "The programme has other streams: 5 times (PID 7)"
