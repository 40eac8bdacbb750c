"""Says of a stream that it is not watched in real time, whatever the reason: nobody falls behind in silence.

A machine that has too much to do is told of as a whole (``balance.py``). Here is what is left: a stream that is too
much for one processor, and what had to be passed over.
"""

from collections.abc import Sequence

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


class Behind:
    """Looks at how late streams are.

    Args:
        desk: Hears of it.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._late_since: dict[str, float] = {}
        self._missed: dict[str, float] = {}
        """By stream, what has been passed over so far, in seconds."""
        self._missed_at: dict[str, float] = {}

    def look(self, statuses: Sequence[StreamStatus], now: float, utc: float, *, is_overloaded: bool) -> None:
        """Say what has changed.

        Args:
            statuses: How the streams are.
            now: Seconds that never jump.
            utc: The same moment, for people.
            is_overloaded: Whether it has been told that the machine has too much to do.
        """
        for each in statuses:
            name = each.name
            if each.behind < LATE or is_overloaded:
                self._late_since.pop(name, None)
            elif now - self._late_since.setdefault(name, now) >= _FOR:
                said = f"watching is {each.behind:.0f} s behind: it takes more than this machine can do for one stream"
                self._desk.say(name, BEHIND, said, utc, Severity.WARNING)
            missed = each.missed - self._missed.get(name, 0.0)
            self._missed[name] = each.missed
            if missed > 0.0:
                self._missed_at[name] = now
                said = f"{missed:.1f} s were not watched: they were gone before we came to them"
                self._desk.say(name, BEHIND, said, utc, Severity.WARNING)
            elif each.behind < _CAUGHT_UP and now - self._missed_at.get(name, -_REMEMBERED) >= _REMEMBERED:
                self._desk.unsay(name, BEHIND, utc)
        self._forget({each.name for each in statuses})

    def _forget(self, watched: set[str]) -> None:
        """Streams that are watched no more."""
        for known in (self._late_since, self._missed, self._missed_at):
            for name in known.keys() - watched:
                del known[name]
