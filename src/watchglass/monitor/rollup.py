"""Readings of one stream by the minute: how many, and the least, the mean and the greatest of each series.

For charts only; nothing is judged by them. Some readings tell of seconds that are past, so that a minute is finished
a little after it is over. What comes later still makes a part of its own; whoever stores them puts the parts together.
"""

from collections.abc import Iterator

from watchglass.model.finding import Reading

MINUTE = 60.0
LATE = 10.0
"""Seconds by which readings may be late for their minute."""
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
        self._before: dict[tuple[str, str, str | None], list[float]] = {}
        """Of the minute before it, for what is late."""
        self._finished: list[tuple[int, Body]] = []

    def add(self, reading: Reading, utc: float) -> None:
        """Take a reading into account.

        Args:
            reading: Any; what is no number (silence may be minus infinity) is left out.
            utc: When it was taken: seconds since 1970.
        """
        series = self._series if self._begins <= utc < self._ends else self._of(utc)
        detector, track, name, _, _, value, _, _ = reading
        if value - value != 0.0:  # not finite
            return
        key = detector, name, track
        held = series.get(key)
        if held is None:
            if len(series) < _MOST_SERIES:
                series[key] = [1, value, value, value]
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
        self._begin(self._begins)
        yield from self.finished()

    def _of(self, utc: float) -> dict[tuple[str, str, str | None], list[float]]:
        """The series that a reading belongs to which is none of the moment."""
        minute = utc // MINUTE * MINUTE
        if minute == self._begins - MINUTE and self._ends == self._begins + LATE:
            return self._before
        if minute == self._begins:  # the one before is finished now, and this one goes on to its end
            self._finish(self._begins - MINUTE, self._before)
            self._before, self._ends = {}, minute + MINUTE
        elif minute == self._begins + MINUTE:
            self._finish(self._begins - MINUTE, self._before)
            self._before, self._series = self._series, {}
            self._begins, self._ends = minute, minute + LATE
        else:
            self._begin(minute)
        return self._series

    def _begin(self, minute: float) -> None:
        """Finish all that there is; another minute begins that does not follow."""
        self._finish(self._begins - MINUTE, self._before)
        self._finish(self._begins, self._series)
        self._before, self._series = {}, {}
        self._begins, self._ends = minute, minute + LATE

    def _finish(self, begins: float, series: dict[tuple[str, str, str | None], list[float]]) -> None:
        if not series:
            return
        body = {
            f"{detector}|{name}|{track or ''}": [count, least, total / count, greatest]
            for (detector, name, track), (count, least, total, greatest) in series.items()
        }
        self._finished.append((round(begins / MINUTE), body))
        if len(self._finished) > _MOST_MINUTES:
            del self._finished[0]
            self.left_out += 1
