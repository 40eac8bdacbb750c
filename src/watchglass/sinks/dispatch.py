"""Tells what is in the outbox, each sink by itself, again and again until it has arrived or is given up."""

import logging
import random
from collections.abc import Mapping

from watchglass.model.sink import Notification, Outbox, Sink, SinkError
from watchglass.net.address import redact

log = logging.getLogger(__name__)

LEASE = 60.0
"""Seconds after which what was claimed by somebody who died is due again."""
_FIRST, _LONGEST = 5.0, 600.0
"""Seconds up to which the pauses between attempts are drawn: the first one, and the last ones."""
_GIVEN_UP = 86_400.0
"""Seconds after which nobody wants to hear of it any more."""


class Dispatcher:
    """Tells.

    Args:
        outbox: What is to be told.
        sinks: By name.
        rng: Where chance comes from.
    """

    def __init__(self, outbox: Outbox, sinks: Mapping[str, Sink], rng: random.Random | None = None) -> None:
        self._outbox = outbox
        self._sinks = sinks
        self._rng = rng or random.Random()

    def turn(self, now: float) -> int:
        """Tell what is due; how many there were.

        Args:
            now: UTC in seconds since 1970.
        """
        claimed = self._outbox.claim(now, LEASE)
        for notification in claimed:
            self._tell(notification, now)
        return len(claimed)

    def _tell(self, notification: Notification, now: float) -> None:
        sink = self._sinks.get(notification.sink)
        try:
            if sink is None:
                raise SinkError(f"there is no sink {notification.sink!r} any more", is_final=True)
            sink.send(notification)
        except SinkError as error:
            self._failed(notification, error, now)
        except Exception as error:  # one sink's mistake costs no other sink its news
            log.exception("the sink %s failed", notification.sink)
            self._failed(notification, SinkError(redact(f"{type(error).__name__}: {error}")[:200]), now)
        else:
            self._outbox.sent(notification)

    def _failed(self, notification: Notification, error: SinkError, now: float) -> None:
        pause = max(
            error.retry_after, self._rng.uniform(0.0, min(_LONGEST, _FIRST * 2.0 ** min(notification.attempts, 20)))
        )
        is_over = error.is_final or now + pause - notification.at > _GIVEN_UP
        self._outbox.failed(notification, str(error), None if is_over else now + pause)
