"""Keys of segments, as the playlist or the user gives them."""

from collections.abc import Callable

from watchglass.media.crypt import Key
from watchglass.media.fetch_log import FetchLog
from watchglass.media.hls_schedule import Backoff
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError

_MOST = 64
"""That are kept."""


class SegmentKeys:
    """Fetches them, and keeps them.

    Args:
        origin: Where they come from.
        told: Where failures go.
        gives_up: Waits before the next try; True if there shall be none.
    """

    def __init__(self, origin: SegmentOrigin, told: FetchLog, gives_up: Callable[[Exception, Backoff], bool]) -> None:
        self._origin = origin
        self._told = told
        self._gives_up = gives_up
        self._known: dict[str, bytes] = {}

    def get(self, base: Place, key: Key) -> bytes:
        """A key itself: as its URI has it, or else as the user gave it; empty where the container names it.

        Raises:
            TransferError: If it is not delivered.
        """
        if not key.is_fetched:
            return self._origin.keys.key(key.key_id) or b""
        if key.uri not in self._known:
            if len(self._known) > _MOST:
                self._known.clear()
            self._known[key.uri] = self._fetched(base, key)
            self._told.delivered("key")
        return self._known[key.uri]

    def of_samples(self, base: Place, key: Key | None) -> bytes:
        """The key that the playlist gives for the samples of a segment; empty if it gives none."""
        return self.get(base, key) if key is not None and key.is_of_samples and key.is_fetched else b""

    def _fetched(self, base: Place, key: Key) -> bytes:
        backoff = Backoff()
        while True:
            try:
                return self._origin.key(base, key.uri, key.size)
            except (TransferError, AddressRefusedError, SourceError) as error:
                self._told.failed("key", error)
                if self._gives_up(error, backoff):
                    raise
