from indicating import Counts, MayBeMore
from watchglass.detectors.transport.ts_sync_loss import TsSyncLoss
from watchglass.model.finding import Severity


class TestTsSyncLoss(Counts, MayBeMore):
    detector = TsSyncLoss
    name = "sync_loss"
    severity = Severity.CRITICAL
    message = "The stream was out of step for as many bytes as 5 packets have (PID 7)"
