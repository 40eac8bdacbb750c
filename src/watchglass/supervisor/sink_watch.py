"""Says when a sink is told nothing: to all the others, and to whoever reads what we say of ourselves."""

from collections.abc import Callable, Collection, Mapping

from watchglass.config.streams import MACHINE
from watchglass.model.phrases import plural
from watchglass.sinks.dispatch import Failing
from watchglass.supervisor.desk import Desk

SINK = "monitor.sink"
"""Id of the finding that a sink is told nothing; the name of the sink follows."""
_AFTER = 60.0
"""Seconds for which a sink may fail until others hear of it: it is tried again and again meanwhile."""
_PAST = 4_000.0
"""Seconds since its last attempt after which it is the past: it would have been tried again."""


class SinkWatch:
    """Looks at how the sinks fare.

    Args:
        desk: Hears of it.
        note: Takes lines for the log.
    """

    def __init__(self, desk: Desk, note: Callable[[str, str], None]) -> None:
        self._desk, self._note = desk, note
        self._failing: Mapping[str, Failing] = {}
        self._told: set[str] = set()
        """Sinks that people have been told of."""

    def look(self, failing: Mapping[str, Failing], ended: Collection[str], sinks: Collection[str], now: float) -> None:
        """Say what has changed.

        Args:
            failing: Sinks that are told nothing, by name.
            ended: Sinks that are told nothing any more, because of a mistake of ours.
            sinks: All that there are.
            now: UTC.
        """
        for name, each in failing.items():
            before = self._failing.get(name)
            if before is None:
                self._note(MACHINE, f"the sink {name} is told nothing, and is tried again: {each.why}")
            if each.given_up > (before.given_up if before else 0):
                self._note(MACHINE, f"the sink {name}: {plural(each.given_up, 'dead letter')}: {each.why}")
        for name in (self._failing.keys() - failing.keys()) & set(sinks):
            self._note(MACHINE, f"the sink {name} is told again")
        troubles = {name: said for name, each in failing.items() if (said := _trouble(name, each, now))}
        troubles |= {name: f"the sink {name} is told nothing any more, for a fault of ours" for name in ended}
        for name, said in troubles.items():
            self._desk.say(MACHINE, f"{SINK}.{name}", said, now)
        for name in self._told - troubles.keys():
            self._desk.unsay(MACHINE, f"{SINK}.{name}", now)
        self._failing, self._told = dict(failing), set(troubles)


def _trouble(name: str, failing: Failing, now: float) -> str:
    if now - failing.at > _PAST:
        return ""
    if failing.given_up:
        return f"news for the sink {name} were given up ({failing.why})"
    return f"the sink {name} is told nothing ({failing.why})" if now - failing.since >= _AFTER else ""
