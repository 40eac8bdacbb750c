from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_transport_error import TsTransportError


class TestTsTransportError(Counts, MayBeMore):
    detector = TsTransportError
    name = "transport_error"
    message = "Packets marked as broken: 5 (PID 7)"
