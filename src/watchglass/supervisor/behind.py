"""Says of a stream that it is not watched in real time, whatever the reason: nobody falls behind in silence.

A machine that has too much to do is told of as a whole (``balance.py``). Here is what is left: a stream that is too
much for one processor, and what had to be passed over.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from watchglass.model.finding import Severity
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.shedding import LATE
from watchglass.supervisor.stream import StreamStatus

BEHIND = "monitor.behind"
"""Id of the finding that a stream is not watched in real time."""
_FOR = 10.0
"""Seconds for which it has been late when it is told."""
_CAUGHT_UP = 1.0
"""Seconds of lateness below which it is well."""
_REMEMBERED = 60.0
"""Seconds for which something that was passed over counts."""


@dataclass(slots=True)
class _Known:
    """What was seen of a stream."""

    late_since: float = math.inf
    """Never, if it is not late."""
    missed: float = 0.0
    """Seconds that had been passed over when it was looked last."""
    missed_at: float = -math.inf
    """When some were."""


class Behind:
    """Looks at how late streams are.

    Args:
        desk: Hears of it.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, _Known] = {}

    def look(self, statuses: Sequence[StreamStatus], now: float, utc: float, *, is_overloaded: bool) -> None:
        """Say what has changed.

        Args:
            statuses: How the streams are.
            now: Seconds that never jump.
            utc: The same moment, for people.
            is_overloaded: Whether it has been told that the machine has too much to do.
        """
        self._known = {each.name: self._known.get(each.name) or _Known() for each in statuses}
        for each in statuses:
            name, known = each.name, self._known[each.name]
            if each.behind < LATE or is_overloaded:
                known.late_since = math.inf
            else:
                known.late_since = min(known.late_since, now)
            if now - known.late_since >= _FOR:
                said = f"watching is {each.behind:.0f} s behind: it takes more than this machine can do for one stream"
                self._desk.say(name, BEHIND, said, utc, Severity.WARNING)
            missed, known.missed = each.missed - known.missed, each.missed
            if missed > 0.0:
                known.missed_at = now
                said = f"{missed:.1f} s were not watched: they were gone before we came to them"
                self._desk.say(name, BEHIND, said, utc, Severity.WARNING)
            elif each.behind < _CAUGHT_UP and now - known.missed_at >= _REMEMBERED:
                self._desk.unsay(name, BEHIND, utc)
