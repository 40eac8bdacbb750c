"""When a peer is tried again, and when it is given up."""

import random

_LONGEST_PAUSE = 15.0
"""Seconds between two tries at most, of which the last pauses take most: a thousand streams that have waited for one
server then come back at a tenth of them a second at most, which full jitter over the same time would not do."""
_LEAST_SHARE = 0.8
"""Of the longest pause that is waited in any case."""
_GOOD = 10.0
"""Seconds of watching after which the pauses begin anew."""
_TRIES = 3
"""Tries that may bring nothing before anything was seen: then what was typed is wrong, or nobody is there."""


class Attempts:
    """The tries to get at one peer.

    Args:
        rng: Where chance comes from.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self.has_media = False
        """Whether anything ever came; who counts says so."""
        self._rng = rng or random.Random()
        self._failures = 0

    def ended(self, lasted: float) -> float:
        """One has ended, which brought something for so many seconds; the pause until the next, in seconds."""
        self._failures = 1 if lasted >= _GOOD else self._failures + 1
        is_long = 2.0 ** min(self._failures - 2, 10) >= _LONGEST_PAUSE
        ceiling = min(_LONGEST_PAUSE, 2.0 ** min(self._failures - 1, 10))
        return self._rng.uniform(_LEAST_SHARE * ceiling if is_long else 0.0, ceiling)

    @property
    def are_in_vain(self) -> bool:
        """True if there were some and nothing ever came."""
        return not self.has_media and self._failures >= _TRIES
