"""What gives way where the machine cannot keep up: streams become light, one after the other, in an order that is told.

Lower priority first; of the same priority what costs most; then by name. They come back the other way round, when the
machine has had power for them for a while; where that was too much after all, the next attempt is later. Many that
begin at once are busy with what has been on air before, which passes: nobody gives way to that.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

LATE = 2.0
"""Seconds by which a stream has fallen behind when something has to give way."""
_BUSY = 0.85
"""Share of the processors in use from which being late is want of power."""
_ROOM = 0.8
"""Share up to which they may be in use once a stream has come back."""
_PAUSE = 5.0
"""Seconds between two steps down: what one has saved must show first."""
_SHOWS = 15.0
"""Seconds after the last step in which those that are late may still catch up."""
_BEGINS = 20.0
"""Seconds in which a stream finds its feet."""
_MANY = 0.25
"""Share of the streams that find their feet from which nothing is to be learnt from who is late."""
_SMOOTH = 20.0
"""Seconds of which the mean counts where it is about what may come back."""
_CALM, _RETURN = 60.0, 30.0
"""Seconds of power to spare before the first comes back, and between two."""
_TOO_SOON, _LONGEST = 120.0, 3_600.0
"""Seconds within which a return shows to have been too much: then the next one takes twice as long, at most so long."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a stream costs, and how it fares."""

    name: str
    tier: Literal["full", "light"]
    priority: int
    cpu: float
    """Cores that it takes."""
    behind: float
    """Seconds by which it has fallen behind."""
    age: float = math.inf
    """Seconds since its process began."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stream becomes light, or full again."""

    name: str
    tier: Literal["full", "light"]
    why: str


class Shedding:
    """Decides; all times are seconds that never jump.

    Args:
        cores: Processors that may be used.
    """

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._shed: list[Load] = []
        """Those that were made light, as they were then, the last one last."""
        self._stepped_at = self._returned_at = -math.inf
        self._calm_since: float | None = None
        self._calm = _CALM
        self._usual, self._looked_at = 1.0, -math.inf
        """Share of the processors in use of late: segments come in bursts."""
        self.is_overloaded = False
        """True while the machine cannot keep up, or keeps up only because something was shed."""
        self.late: tuple[str, ...] = ()
        """Streams that are behind, the worst first."""
        self.is_exhausted = False
        """True while it cannot keep up, and all that can give way has."""

    @property
    def shed(self) -> tuple[str, ...]:
        """Those that are light for want of power."""
        return tuple(each.name for each in self._shed)

    def watch(self, names: Collection[str]) -> None:
        """These streams are to be watched from now on, and no others."""
        self._shed = [each for each in self._shed if each.name in names]

    def decide(self, streams: Sequence[Load], busy: float, now: float) -> Step | None:
        """The next step, if one is due.

        Args:
            streams: All that are watched.
            busy: Share of the processors in use, by all and over the last seconds.
            now: Seconds.
        """
        self._usual += (busy - self._usual) * min(1.0, (now - self._looked_at) / _SMOOTH)
        self._looked_at = now
        worst = sorted((each for each in streams if each.behind >= LATE), key=lambda each: -each.behind)
        self.late = tuple(each.name for each in worst)
        self.is_exhausted = False
        if sum(each.age < _BEGINS for each in streams) > _MANY * len(streams):
            self._calm_since = None
            return None
        is_short = bool(worst) and busy >= _BUSY
        if is_short:
            self._calm_since = None
            self.is_overloaded = True
            return self._down(streams, now)
        returning = self._shed[-1].cpu / self._cores if self._shed else 0.0
        if self._usual + returning >= _ROOM or worst:
            self._calm_since = None
            self.is_overloaded = self.is_overloaded and bool(self._shed or worst)
            return None
        self._calm_since = now if self._calm_since is None else self._calm_since
        if not self._shed:
            self.is_overloaded = False
            if now - self._returned_at > _TOO_SOON:
                self._calm = _CALM
            return None
        if now - self._calm_since < self._calm or now - self._stepped_at < _RETURN:
            return None
        self._stepped_at = self._returned_at = now
        return Step(self._shed.pop().name, "full", "there is power to spare")

    def _down(self, streams: Sequence[Load], now: float) -> Step | None:
        if now - self._stepped_at < _PAUSE:
            return None
        shed = self.shed
        full = [each for each in streams if each.tier == "full" and each.name not in shed]
        if not full:
            self.is_exhausted = now - self._stepped_at >= _SHOWS
            return None
        if now - self._returned_at < _TOO_SOON:
            self._calm = min(2.0 * self._calm, _LONGEST)
            self._returned_at = -math.inf
        first = min(full, key=lambda each: (each.priority, -each.cpu, each.name))
        self._stepped_at = now
        self._shed.append(first)
        return Step(first.name, "light", "the machine cannot keep up")
