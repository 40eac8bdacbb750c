"""What is true, told while it happens: when each fault begins, when somebody first met it, and when it ends."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Literal

from watchglass.faults.live_fault import AnswerFault, ListingFault, Scheduled, StallFault
from watchglass.model.phrases import utc_time


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to a fault."""

    event: Literal["began", "met", "ended"]
    """``met``: the first client was served what is wrong; of datagrams nobody knows who met them."""
    given: Scheduled
    at: float
    """Seconds since the stream began."""
    utc: float
    """Seconds since 1970."""

    def line(self) -> dict[str, object]:
        """For JSON."""
        fault = self.given.fault
        return {
            "event": self.event,
            "fault": fault.name,
            "about": fault.about,
            "strength": self.given.strength,
            "unit": fault.unit,
            "at": round(self.at, 3),
            "utc": utc_time(self.utc),
        }


def _clock(given: Scheduled, at: float, stalls: Sequence[Scheduled]) -> float:
    """When a moment of a fault comes, in seconds since the stream began.

    Playlists and answers go wrong by the clock; what is in the media comes later by all the stalls before it.
    """
    if isinstance(given.fault, ListingFault | AnswerFault):
        return at
    last = given.start if isinstance(given.fault, StallFault) else at
    return at + sum(stall.seconds for stall in stalls if stall is not given and stall.start <= last)


class Announcer:
    """Tells of faults as their times come; a context manager.

    Args:
        scheduled: What is to happen.
        told: Hears of it, one at a time.
    """

    def __init__(self, scheduled: Sequence[Scheduled], told: Callable[[Notice], None]) -> None:
        stalls = [given for given in scheduled if isinstance(given.fault, StallFault)]
        moments = [("began", _clock(given, given.start, stalls), given) for given in scheduled]
        moments += [("ended", _clock(given, given.end, stalls), given) for given in scheduled if given.seconds > 0.0]
        self._moments = sorted(moments, key=lambda each: each[1])
        self._told = told
        self._changed = Condition()
        self._met: set[Scheduled] = set()
        self._is_closing = False
        self._began_at = self._began_utc = 0.0
        self._thread = Thread(target=self._run, name="announce", daemon=True)

    def __enter__(self) -> "Announcer":
        self._began_at, self._began_utc = time.monotonic(), time.time()
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join()

    def met(self, given: Scheduled) -> None:
        """Somebody was served what is wrong."""
        with self._changed:
            if given not in self._met and not self._is_closing:
                self._met.add(given)
                self._tell("met", time.monotonic() - self._began_at, given)

    def _run(self) -> None:
        for event, at, given in self._moments:
            with self._changed:
                self._changed.wait_for(lambda: self._is_closing, max(0.0, self._began_at + at - time.monotonic()))
                if self._is_closing:
                    return
                self._tell(event, at, given)

    def _tell(self, event: str, at: float, given: Scheduled) -> None:
        self._told(Notice(event, given, at, self._began_utc + at))  # type: ignore[arg-type]
