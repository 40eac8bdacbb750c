"""How often the process of a stream may die before it is left alone for a while."""

from collections import deque

MOST, WITHIN = 5, 600.0
"""Deaths, and seconds: one more and the stream is in quarantine."""
QUARANTINE, LONGEST_QUARANTINE = 600.0, 3_600.0
"""Seconds of the first one, and of those that follow one another at most."""


class Budget:
    """Counts the deaths of one stream's process."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=MOST)
        self._quarantine = QUARANTINE
        self.is_spent = False
        """True in quarantine, and after it until it has lived for long again."""

    def died(self, now: float) -> float:
        """It has died at ``now`` (seconds that never jump); seconds until it is begun anew.

        The first time that is at once.
        """
        if self._deaths and now - self._deaths[-1] > WITHIN + (self._quarantine if self.is_spent else 0.0):
            self.is_spent, self._quarantine = False, QUARANTINE
        self._deaths.append(now)
        if self.is_spent:  # it was let out, and died again
            self._quarantine = min(LONGEST_QUARANTINE, 2.0 * self._quarantine)
            return self._quarantine
        recent = sum(now - death <= WITHIN for death in self._deaths)
        if recent >= MOST:
            self.is_spent = True
            return self._quarantine
        return 0.0 if recent == 1 else 0.25 * 2.0 ** (recent - 2)
