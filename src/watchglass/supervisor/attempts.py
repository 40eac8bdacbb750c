"""When a source that could not be opened, or went away, is opened again."""

import random

_LONGEST = 60.0
"""Seconds between two attempts at most."""
_GOOD = 60.0
"""Seconds of watching after which the pauses begin anew."""


class Attempts:
    """Pauses that chance draws, up to twice as long each time (full jitter), so that many do not come back at once.

    Args:
        rng: Where chance comes from.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()
        self._failures = 0

    def ended(self, lasted: float) -> float:
        """One has ended after so many seconds; the pause until the next, in seconds."""
        self._failures = 1 if lasted >= _GOOD else self._failures + 1
        return self._rng.uniform(0.0, min(_LONGEST, 2.0 ** min(self._failures - 1, 10)))
