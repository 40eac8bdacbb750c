"""Sound that the decoder refused, or made up itself (AC-3 with a wrong checksum): seconds that nobody has heard."""

from collections.abc import Iterator

from watchglass.model.media import NotWatched

MEND = 1.0
"""Seconds of sound without a fault after which what was broken is told."""


class BrokenSound:
    """Adds up what is broken on each track, and tells it in one when it is over."""

    def __init__(self) -> None:
        self._spans: dict[str, tuple[float, float, float]] = {}
        self._raw: dict[str, float] = {}

    def broken(self, track: str, pts: float, seconds: float, raw: float | None = None) -> None:
        """So many ``seconds`` could not be decoded at ``pts`` (seconds; ``raw`` by the container's own clock).

        A parser cuts a broken packet into several that all claim to last as long as a whole one: together they last
        no longer than from the first to the last.
        """
        since, _, so_far = self._spans.get(track, (pts, pts, 0.0))
        so_far += seconds
        if raw is not None:
            first = self._raw.setdefault(track, raw)
            so_far = min(so_far, max(seconds, raw + seconds - first))
        self._spans[track] = since, pts, so_far

    def told(self, pts: float | None = None) -> Iterator[NotWatched]:
        """What is over at ``pts`` (seconds); everything at the end, which has none."""
        if not self._spans:
            return
        for track, (since, until, seconds) in tuple(self._spans.items()):
            if pts is None or pts >= until + MEND:
                del self._spans[track]
                self._raw.pop(track, None)
                reason = f"{seconds:.2f} s of sound from {since:.2f} s on could not be decoded as they were meant"
                yield NotWatched(since, reason, track=track, duration=seconds)
