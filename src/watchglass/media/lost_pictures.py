"""Pictures that went into the decoder and never came out: FFmpeg's HEVC decoder swallows them without a word."""

from heapq import heappop, heappush

SILENT = frozenset({"hevc"})
"""Codecs whose decoder swallows pictures; each of their packets is one picture."""


class LostPictures:
    """Compares the timestamps that were sent with those that came."""

    def __init__(self) -> None:
        self._sent: list[int] = []
        self._last: int | None = None

    def sent(self, pts: int | None) -> None:
        """A packet goes in. What lies before the first picture that came leads up to a key frame: it may be left out.

        Args:
            pts: Ticks.
        """
        if pts is not None and self._last is not None and pts > self._last:
            heappush(self._sent, pts)

    def came(self, pts: int | None) -> int:
        """A picture comes out, in the order of presentation: how many before it never did.

        Args:
            pts: Ticks.
        """
        if pts is None:
            return 0
        if self._last is not None and pts < self._last:  # another clock
            self._sent.clear()
        self._last = pts
        lost = 0
        while self._sent and self._sent[0] <= pts:
            lost += heappop(self._sent) < pts
        return lost
