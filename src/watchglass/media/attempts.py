"""When a peer is tried again, and when it is given up."""

from watchglass.media.hls_schedule import Backoff

_LONGEST_PAUSE = 2.0
"""Seconds between two tries at most: so long a peer may be back without us."""
_GOOD = 10.0
"""Seconds of watching after which the pauses begin anew."""
_TRIES = 3
"""Tries that may bring nothing before anything was seen: then what was typed is wrong, or nobody is there."""


class Attempts:
    """The tries to get at one peer."""

    def __init__(self) -> None:
        self.has_media = False
        """Whether anything ever came; who counts says so."""
        self._backoff = Backoff(most=_LONGEST_PAUSE)

    def ended(self, lasted: float) -> float:
        """One has ended, which brought something for so many seconds; the pause until the next, in seconds."""
        if lasted >= _GOOD:
            self._backoff.reset()
        return self._backoff.next()

    @property
    def are_in_vain(self) -> bool:
        """True if there were some and nothing ever came."""
        return not self.has_media and self._backoff.failures >= _TRIES
