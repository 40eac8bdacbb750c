"""Tells somebody outside that we live, so that silence is an alarm there: a dead man's switch."""

import logging
import threading

from watchglass.config.serving import ServeTable
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.model.sink import SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.posting import Poster
from watchglass.supervisor.clock import uptime

log = logging.getLogger(__name__)

EVERY = 20.0
"""Seconds between two signs of life: who expects one within a minute may miss two."""
_STALE = 10.0
"""Seconds since the last turn of the supervisor after which it no longer counts as alive."""


class Heartbeat:
    """Posts to an address for as long as it is told that all is well.

    Args:
        poster: Where to; None for nowhere.
    """

    def __init__(self, poster: Poster | None) -> None:
        self._poster = poster
        self._beat = uptime()
        self._stop = threading.Event()
        if poster is not None:
            threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    @classmethod
    def of(cls, table: ServeTable) -> "Heartbeat":
        """The one that the settings ask for.

        Raises:
            ConfigError: They cannot be followed.
        """
        return cls(posted_to(table))

    def beat(self) -> None:
        """The supervisor has gone round once more."""
        self._beat = uptime()

    def stop(self) -> None:
        """Say nothing any more."""
        self._stop.set()

    def _run(self) -> None:
        assert self._poster is not None
        while True:
            if uptime() - self._beat < _STALE:
                try:
                    self._poster.post(b"", {})
                except SinkError as error:
                    log.warning("the heartbeat did not arrive: %s", error)
            if self._stop.wait(EVERY):
                self._poster.close()
                return


def posted_to(table: ServeTable) -> Poster | None:
    """Where signs of life go, if anywhere.

    Raises:
        ConfigError: The settings cannot be followed.
    """
    if table.heartbeat is None:
        return None
    try:
        networks = parse_networks(table.heartbeat_allow_private)
        return Poster(table.heartbeat.read("serve.heartbeat"), networks)
    except ConfigError:
        raise
    except (SourceError, UsageError) as error:
        raise ConfigError(f"serve.heartbeat: {error}") from None
