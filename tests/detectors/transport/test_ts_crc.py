from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_crc import TsCrc


class TestTsCrc(Counts, MayBeMore):
    detector = TsCrc
    name = "crc"
    message = "Broken tables: 5 (PID 7)"
