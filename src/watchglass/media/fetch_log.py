"""What a rendition has to tell of its fetching: what it waits for, what troubles it, what failed."""

from collections import deque
from collections.abc import Callable

from watchglass.media.hls_schedule import Clock
from watchglass.model.errors import AddressRefusedError, PlaylistError, TransferError
from watchglass.model.transport import Aside, FetchFailure, What

_MISSING = frozenset({400, 404, 405, 406, 414, 416, 451})


def is_missing(error: Exception) -> bool:
    """Whether asking again changes nothing, unless the stream is live and what was asked for only late."""
    return isinstance(error, TransferError) and error.status in _MISSING


def may_come_back(error: Exception) -> bool:
    """Whether asking again, or for the next one, may help."""
    return isinstance(error, TransferError) or not isinstance(error, AddressRefusedError | PlaylistError)


class FetchLog:
    """Kept by whoever fetches, read by whoever waits; in two threads.

    Args:
        label: Of the rendition.
        clock: For how long something has failed.
        is_stopping: True if everything shall end: what fails then is no failure.
    """

    def __init__(self, label: str, clock: Clock, is_stopping: Callable[[], bool]) -> None:
        self.label = label
        self.trouble = ""
        """What keeps it from delivering, in words; empty while all is well."""
        self.waits_for = ""
        """What was asked for and is not here yet, in words; empty between two loads of the playlist."""
        self.aside: deque[Aside] = deque()
        """What is known and does not wait for media."""
        self._clock = clock
        self._stopping = is_stopping
        self._failing: dict[What, float] = {}
        """When what has not come was first asked for in vain."""

    @property
    def is_stopping(self) -> bool:
        """True if everything shall end."""
        return self._stopping()

    def failed(self, what: What, error: Exception) -> None:
        """Something did not come; it may be tried again."""
        self.trouble = str(error)
        self._note(what, error)

    def lost(self, what: What, why: Exception | str, seconds: float) -> None:
        """It will not be tried again, or was not to be had at all: that much of the media will not be seen."""
        self._note(what, why, seconds)
        self._failing.pop(what, None)  # the next one is another one

    def broken(self, what: What, why: str) -> None:
        """It came, and is not whole, wherever that happened."""
        if not self.is_stopping:
            self.aside.append(FetchFailure(0.0, what, self.label, why, is_broken=True))

    def delivered(self, what: What) -> None:
        """Something came; told where it did not before."""
        self.waits_for = ""
        began = self._failing.pop(what, None)
        if began is not None:
            since = self._clock.now() - began
            self.aside.append(FetchFailure(0.0, what, self.label, "", since=since, is_over=True))

    def _note(self, what: What, why: Exception | str, lost: float = 0.0) -> None:
        if self.is_stopping:
            return
        now = self._clock.now()
        status = why.status if isinstance(why, TransferError) else None
        since = now - self._failing.setdefault(what, now)
        self.aside.append(FetchFailure(0.0, what, self.label, str(why), status or 0, since, lost))
