"""Numbers that go on, for segments that a manifest calls by the time.

A live DASH manifest numbers its segments anew in each period, and with ``$Time$`` not at all. What stays the same of a
segment from one copy to the next is its time; by it each gets a number of ours, one more than the one before. What
follows (``Follower``) is then the same for every kind of stream.
"""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

_REMEMBERED = 1_024
_BEHIND = 3.0
"""Segments by which a copy that is newer lies behind, and is a new beginning instead of an old copy."""
_PATIENCE = 3
"""Changed copies that lie behind after which the same is believed of a manifest that does not say how new it is."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A segment and its place in the stream."""

    at: float
    """Seconds: UTC, or from the beginning of the presentation."""
    duration: float
    epoch: Hashable
    """What it shares with the segments of the same clock."""
    sequence: int = 0
    discontinuity: int = 0
    is_discontinuity: bool = False


class Numbering:
    """Numbers the segments of one rendition, copy after copy."""

    def __init__(self) -> None:
        self._known: list[Numbered] = []
        self._published: float | None = None
        self._behind = 0
        self._seen_end: float | None = None

    def number(self, copy: Sequence[Numbered], first: int, published: float | None = None) -> list[Numbered | None]:
        """Number the segments of a copy, in order; None for what is older than all we know.

        Args:
            copy: Not numbered yet.
            first: The number of the very first segment ever.
            published: When the copy was made, UTC, where it says so.
        """
        if self._began_anew(copy, published):
            last = self._known[-1]
            # The numbers overlap with those before, and name other times: so the follower sees that it began anew.
            self._known = [replace(last, sequence=last.sequence - len(copy), at=float("-inf"))]
        if published is not None:
            self._published = max(published, self._published or published)
        numbered: list[Numbered | None] = []
        for one in copy:
            known = self._same(one)
            if known is None and (not self._known or one.at > self._known[-1].at):
                known = self._next(one, first, goes_on=any(numbered))
                self._known.append(known)
            numbered.append(known)
        del self._known[:-_REMEMBERED]
        return numbered

    def _next(self, one: Numbered, first: int, *, goes_on: bool) -> Numbered:
        if not self._known:
            return replace(one, sequence=first)
        last = self._known[-1]
        breaks = one.epoch != last.epoch
        missing = 0
        if not goes_on and not breaks and last.at > float("-inf"):  # nothing of what we know is in the copy any more
            missing = max(0, round((one.at - last.at - last.duration) / max(one.duration, 1e-3)))
        return replace(
            one,
            sequence=last.sequence + 1 + missing,
            discontinuity=last.discontinuity + breaks,
            is_discontinuity=breaks,
        )

    def _same(self, one: Numbered) -> Numbered | None:
        """What we know under this time."""
        index = bisect_left(self._known, one.at, key=lambda known: known.at)
        for known in self._known[max(0, index - 1) : index + 1]:
            if abs(known.at - one.at) < min(known.duration, one.duration) / 2:
                return known
        return None

    def _began_anew(self, copy: Sequence[Numbered], published: float | None) -> bool:
        """Whether a copy lies behind although it is a new one: time itself was set back."""
        if not copy or not self._known:
            return False
        end, last = copy[-1].at, self._known[-1]
        if end > last.at - _BEHIND * last.duration:
            self._behind = 0
            return False
        if published is not None and self._published is not None:
            return published > self._published
        self._behind += end != self._seen_end
        self._seen_end = end
        if self._behind < _PATIENCE:
            return False
        self._behind = 0
        return True
