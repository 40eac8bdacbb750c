"""What keeps a live stream from coming, in one line each time and not a flood."""

import re

from watchglass.model.coded import Played
from watchglass.model.media import Item, Stall
from watchglass.reports import wording

AGAIN = 15.0
"""Seconds after which the same trouble is told once more; then after twice that, and so on."""
SLOW = 1.0
"""Seconds of a player's buffer below which an ordinary wait is told, too; and of waiting that are worth a word."""


class Trouble:
    """Turns the ``Stall`` items of a source into lines."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, float]] = {}
        """What was told, without its numbers: when next, and the pause after that."""
        self._since: float | None = None

    def line(self, item: Item, now: float) -> str:
        """What there is to say about an item at ``now`` (seconds); mostly nothing."""
        if isinstance(item, Stall):
            return self._stalled(item, now)
        if self._since is not None and isinstance(item, Played):
            waited, self._since = now - self._since, None
            return f"arriving again after {waited:.1f} s"
        return ""

    def _stalled(self, stall: Stall, now: float) -> str:
        if not stall.is_trouble and stall.buffer > SLOW:
            return ""  # between two segments nothing arrives, and nobody minds
        # Which segment it is, and how long it took, makes no other trouble of it.
        kind = re.sub(r"\d+(\.\d+)?( ms| s)\b|\b[a-z]+://\S+", "", stall.reason)
        due, pause = self._told.get(kind, (now, AGAIN))
        if now < due:
            return ""
        if self._since is None:
            self._since = now - stall.waited
        self._told[kind] = (now + pause, 2.0 * pause)
        since = f" (nothing has arrived for {stall.waited:.1f} s)" if stall.waited >= SLOW else ""
        return f"trouble: {wording.clean(stall.reason)}{since}"
