from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_sync_byte import TsSyncByte


class TestTsSyncByte(Counts, MayBeMore):
    detector = TsSyncByte
    name = "sync_byte"
    message = "Packets that do not begin with the sync byte: 5 (PID 7)"
