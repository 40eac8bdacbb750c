"""Splices that are announced before the media that they speak of, and often more than once."""

from collections.abc import Iterator
from typing import Any

from watchglass.model.transport import Splice

_MOST = 64
"""Splices that may wait, and that are remembered."""
_SAME = 1.0
"""Seconds within which what is told again is the same."""


class SpliceQueue:
    """Holds what is announced until the media have come to it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Splice, int]] = []
        self._begun: dict[str, int] = {}
        """Numbers of the events that have begun, by what ends them."""
        self._told: dict[tuple[str, bool], Splice] = {}
        """The last splice of each kind."""

    def hold(self, splice: Splice, event: int = 0) -> None:
        """Keep a splice, unless it is known.

        Args:
            splice: Where it lies may have been passed: then it comes at once.
            event: Number under which it may be cancelled.
        """
        known = self._told.get((splice.id, splice.out_of_network))
        is_known = known is not None and _same(splice, known)
        is_known |= any(number == event and _same(splice, one) for one, number in self._waiting)
        if not is_known and len(self._waiting) < _MOST:
            self._waiting.append((splice, event))
            self._waiting.sort(key=lambda each: each[0].pts)

    def cancel(self, event: int, now: float) -> None:
        """What was announced of an event will not be; what has begun of it is over ``now`` (seconds)."""
        self._waiting = [each for each in self._waiting if each[1] != event]
        for name in [name for name, begun in self._begun.items() if begun == event]:
            self.hold(Splice(now, False, name, text=f"{name} was cancelled"), event)

    def due(self, reached: float) -> Iterator[Splice]:
        """What was held until the media have come to it."""
        while self._waiting and self._waiting[0][0].pts <= reached:
            splice, event = self._waiting.pop(0)
            self._begun.pop(splice.id, None)
            if splice.out_of_network:
                self._begun[splice.id] = event
            self._told[splice.id, splice.out_of_network] = splice
            _forget(self._begun)
            _forget(self._told)
            yield splice


def _forget(known: dict[Any, Any]) -> None:
    while len(known) > _MOST:
        del known[next(iter(known))]


def _same(one: Splice, other: Splice) -> bool:
    if (one.id, one.out_of_network) != (other.id, other.out_of_network):
        return False
    lasts = (one.lasts is None) == (other.lasts is None) and abs((one.lasts or 0.0) - (other.lasts or 0.0)) < _SAME
    return abs(one.pts - other.pts) < _SAME and lasts
