"""What is wrong with an origin at a moment, by the schedule."""

from collections.abc import Callable, Sequence
from threading import Event

from watchglass.faults.listing import Listing
from watchglass.faults.live_fault import AnswerFault, ListingFault, Moment, Past, Scheduled
from watchglass.faults.server import Answer


class Mishaps:
    """Spoils playlists and answers.

    Args:
        scheduled: What, and when; what does not concern an origin is passed over.
        canary: Where redirects lead.
        told: Hears of a fault when the first client met it.
    """

    def __init__(
        self,
        scheduled: Sequence[Scheduled] = (),
        canary: str = "",
        told: Callable[[Scheduled], None] = lambda given: None,
    ) -> None:
        self._listings = [(given, given.fault) for given in scheduled if isinstance(given.fault, ListingFault)]
        self._answers = [(given, given.fault) for given in scheduled if isinstance(given.fault, AnswerFault)]
        self._canary = canary
        self._told = told
        self._met: set[Scheduled] = set()

    def listing(self, past: Past) -> Past:
        """The playlist as it is told, by the seconds since the stream began."""
        for given, fault in self._listings:
            past = self._during(given, past, fault.apply(past, given))
        return past

    def _during(self, given: Scheduled, well: Past, ill: Past) -> Past:
        def past(at: float) -> Listing:
            if not given.covers(at):
                return well(at)
            self._meet(given)
            return ill(at)

        return past

    def playlist(self, answer: Answer, at: float, closing: Event) -> Answer:
        """The answer to somebody who asks for the playlist at a moment (seconds since the stream began)."""
        return self._spoilt(answer, "playlist", at, 0.0, closing)

    def segment(self, answer: Answer, listed: float, seconds: float, closing: Event) -> Answer:
        """The answer to somebody who asks for a segment that was listed at a moment, and lasts so many seconds."""
        return self._spoilt(answer, "segment", listed, seconds, closing)

    def _spoilt(self, answer: Answer, what: str, at: float, seconds: float, closing: Event) -> Answer:
        for given, fault in self._answers:
            if fault.on == what and given.covers(at):
                self._meet(given)
                answer = fault.apply(answer, Moment(given.strength, seconds, closing.wait, self._canary))
        return answer

    def _meet(self, given: Scheduled) -> None:
        if given not in self._met:
            self._met.add(given)
            self._told(given)


NONE = Mishaps()
"""All is well."""
