"""Who keeps whom waiting: the other side us, or we the other side."""

from collections.abc import Iterator
from contextlib import contextmanager

from watchglass.media.presence import Presence, running_time
from watchglass.model.errors import TransferError

_EBB = 4.0
"""How many seconds with us make up for one of waiting: whoever waits for a fifth of the time keeps up."""
_MOST_ARREARS = 60.0
_GROUP = 10.0
"""Seconds that are gone beside: whoever drops pictures goes on with a key frame."""
_REMEMBERED = 15.0
"""Seconds after which arrears are over: by then what has been sent meanwhile has come, or is gone."""
AT_LEAST = 1.0
"""Seconds of ours from which on what went wrong meanwhile may be our doing."""


class OutrunError(TransferError):
    """Raised for what was to be had, until we were too slow for it."""


class OwnTime:
    """How long one thread was busy with us instead of with the other side.

    Decoding is ours, and so is whoever takes what was decoded; and any time in which this process did not run, even
    where that was to be spent waiting for the other side. By the clock of the machine, whatever a source goes by.

    Args:
        presence: Tells when the process did not run.
    """

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._seconds = 0.0
        self._depth = 0
        self._since, self._missed = running_time(), 0.0
        """When the other side was last left, and the seconds missed when it was last turned to."""

    @property
    def seconds(self) -> float:
        """So far."""
        if self._depth:
            return self._seconds + self._presence.missed() - self._missed
        return self._seconds + running_time() - self._since

    @property
    def is_ours(self) -> bool:
        """Whether it is busy with us now."""
        return not self._depth

    @contextmanager
    def with_others(self) -> Iterator[None]:
        """What is done meanwhile, is done with the other side; may be nested."""
        if not self._depth:
            self._seconds += running_time() - self._since
            self._missed = self._presence.missed()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._seconds += self._presence.missed() - self._missed
                self._since = running_time()

    def excuse(self, seconds: float) -> None:
        """So much of it was spent waiting for others after all."""
        self._seconds -= seconds


class Arrears:
    """How far behind we may be with what others send without waiting for us.

    Args:
        own: Our own time.
    """

    def __init__(self, own: OwnTime) -> None:
        self._own = own
        self._at, self._own_at = running_time(), own.seconds
        self._level = self._peak = 0.0
        self._peak_at = self._at

    def seconds(self) -> float:
        """Of what was sent in the last while, the most that may be lost; to be asked at least once a second."""
        now, own = running_time(), self._own.seconds
        spent = own - self._own_at
        waited = max(0.0, now - self._at - spent)
        self._at, self._own_at = now, own
        high = min(_MOST_ARREARS, self._level + spent)
        self._level = max(0.0, high - _EBB * waited)
        if high > self._peak or now - self._peak_at > _REMEMBERED:
            self._peak, self._peak_at = high, now
        return self._peak + _GROUP if self._peak >= AT_LEAST else 0.0
