"""Says when a sink is told nothing: to all the others, and to whoever reads what we say of ourselves."""

from collections.abc import Callable, Mapping, Sequence

from watchglass.config.streams import MACHINE
from watchglass.model.phrases import plural
from watchglass.sinks.dispatch import Failing
from watchglass.supervisor.desk import Desk

SINK = "monitor.sink"
"""Id of the finding that a sink is told nothing."""
_AFTER = 60.0
"""Seconds for which a sink may fail until others hear of it: it is tried again and again meanwhile."""


class SinkWatch:
    """Looks at how the sinks fare.

    Args:
        desk: Hears of it.
        note: Takes lines for the log.
    """

    def __init__(self, desk: Desk, note: Callable[[str, str], None]) -> None:
        self._desk, self._note = desk, note
        self._failing: Mapping[str, Failing] = {}

    def look(self, failing: Mapping[str, Failing], ended: Sequence[str], now: float) -> None:
        """Say what has changed.

        Args:
            failing: Sinks that are told nothing, by name.
            ended: Sinks that are told nothing any more, because of a mistake of ours.
            now: UTC.
        """
        for name, each in failing.items():
            before = self._failing.get(name)
            if before is None:
                self._note(MACHINE, f"the sink {name} is told nothing, and is tried again: {each.why}")
            if each.refused > (before.refused if before else 0):
                self._note(MACHINE, f"the sink {name}: {plural(each.refused, 'dead letter')}: {each.why}")
        for name in self._failing.keys() - failing.keys():
            self._note(MACHINE, f"the sink {name} is told again")
        self._failing = dict(failing)
        troubles = [f"the sink {name} is told nothing any more, for a fault of ours" for name in ended]
        for name, each in sorted(failing.items()):
            if each.refused:
                troubles.append(f"the sink {name} refuses what it is told ({each.why})")
            elif now - each.since >= _AFTER:
                troubles.append(f"the sink {name} is told nothing ({each.why})")
        if troubles:
            self._desk.say(MACHINE, SINK, "; ".join(troubles), now)
        else:
            self._desk.unsay(MACHINE, SINK, now)
