from ruling import KeepsRules
from watchglass.detectors.transport.mpd_invalid import MpdInvalid


class TestMpdInvalid(KeepsRules):
    detector = MpdInvalid
    rules = ("timeline_hole", "clock_missing")
