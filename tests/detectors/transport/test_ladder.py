from ruling import KeepsRules
from watchglass.detectors.transport.ladder import Ladder, LadderSettings


class TestLadder(KeepsRules):
    detector = Ladder
    rules = ("behind", "content_differs")

    def spans(self, items, settings=None):
        return super().spans(items, settings or LadderSettings(close_after=10.0))
