from indicating import Counts
from watchglass.detectors.transport.ts_cat import TsCat


class TestTsCat(Counts):
    detector = TsCat
    name = "cat"
    message = "Packets are scrambled (PID 7)"
