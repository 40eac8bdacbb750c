"""Readings of one stream by the minute: how many, and the least, the mean and the greatest of each series.

For charts only; nothing is judged by them. What comes late for a minute that is over makes a part of that minute of its
own, and whoever stores them puts the parts together.
"""

from collections.abc import Iterator

from watchglass.model.finding import Reading

MINUTE = 60.0
_MOST_SERIES = 1_000
"""Series of one stream; a stream has some hundred."""
_MOST_MINUTES = 120
"""Finished minutes that wait to be fetched."""

Body = dict[str, list[float]]
"""By ``detector|name|track``: count, least, mean, greatest."""


class Rollup:
    """Adds up, in about a microsecond for each reading and some hundred kilobytes for all."""

    def __init__(self) -> None:
        self.left_out = 0
        """Readings beyond the number of series, and minutes that nobody fetched."""
        self._begins, self._ends = 0.0, 0.0
        self._series: dict[tuple[str, str, str | None], list[float]] = {}
        """Of the minute that goes on: count, least, sum, greatest."""
        self._finished: list[tuple[int, Body]] = []

    def add(self, reading: Reading, utc: float) -> None:
        """Take a reading into account.

        Args:
            reading: Any; what is no number (silence may be minus infinity) is left out.
            utc: When it was taken: seconds since 1970.
        """
        if not self._begins <= utc < self._ends:
            self._turn(utc)
        detector, track, name, _, _, value, _, _ = reading
        if value - value != 0.0:  # not finite
            return
        key = detector, name, track
        held = self._series.get(key)
        if held is None:
            if len(self._series) < _MOST_SERIES:
                self._series[key] = [1, value, value, value]
            else:
                self.left_out += 1
            return
        held[0] += 1
        held[2] += value
        if value < held[1]:
            held[1] = value
        elif value > held[3]:
            held[3] = value

    def finished(self) -> Iterator[tuple[int, Body]]:
        """Minutes that are over (minutes since 1970), each once; of one minute there may be several parts."""
        while self._finished:
            yield self._finished.pop(0)

    def close(self) -> Iterator[tuple[int, Body]]:
        """All that is left: watching ends."""
        self._turn(self._ends)
        yield from self.finished()

    def _turn(self, utc: float) -> None:
        if self._series:
            body = {
                f"{detector}|{name}|{track or ''}": [count, least, total / count, greatest]
                for (detector, name, track), (count, least, total, greatest) in self._series.items()
            }
            self._finished.append((round(self._begins / MINUTE), body))
            self._series = {}
            if len(self._finished) > _MOST_MINUTES:
                del self._finished[0]
                self.left_out += 1
        self._begins = utc // MINUTE * MINUTE
        self._ends = self._begins + MINUTE
