"""Where a playlist says that a programme is left, and where it goes on.

It does so in date ranges with SCTE 35 (RFC 8216bis, 4.4.5.1), or in ``EXT-X-CUE-OUT`` and ``EXT-X-CUE-IN``, which are
older and of no standard.
"""

import re
from binascii import unhexlify
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from watchglass.media.playlist_parts import attributes
from watchglass.media.scte35 import Change, SpliceInfoError, changes, parse
from watchglass.model.transport import Splice

_MOST, _MOST_MARKS = 1_000, 10_000
"""Date ranges of a playlist that are looked at, and marks that are made of them."""
_LONGEST = 3_600.0
"""Seconds for which segments are told of what has begun before them."""
_CUE, _RANGE = "EXT-X-CUE-OUT", "EXT-X-DATERANGE"
_SECONDS = r"(\d{1,6}(?:\.\d{1,9})?)"
_DURATION = re.compile(rf"[:,]\s*DURATION\s*=\s*\"?{_SECONDS}", re.IGNORECASE)
_ELAPSED = re.compile(rf"[:,]\s*ELAPSEDTIME\s*=\s*\"?{_SECONDS}", re.IGNORECASE)
_PLAIN = re.compile(rf":\s*{_SECONDS}\s*(?:/\s*{_SECONDS}\s*)?(?:,|$)")
_SEAM = 0.1
"""Seconds before a segment that belong to it: dates are rounded."""


class Mark(NamedTuple):
    """A splice in a segment."""

    offset: float
    """Seconds from its beginning; negative for what has begun before it."""
    out_of_network: bool
    id: str
    lasts: float | None = None
    text: str = ""

    def splice(self, begin: float) -> Splice:
        """The same on a timeline on which the segment begins there (seconds)."""
        pts = max(0.0, begin + self.offset)
        lasts = None if self.lasts is None else max(0.0, begin + self.offset + self.lasts - pts)
        return Splice(pts, self.out_of_network, self.id, lasts, self.text)


class Span(NamedTuple):
    """When a segment is on."""

    utc: float | None
    """Seconds since 1970; None where that is not known."""
    duration: float


class SpliceReader:
    """Reads the tags of one copy of a playlist; one that cannot be understood says nothing."""

    def __init__(self) -> None:
        self._is_out = False
        self._ranges: dict[str, dict[str, str]] = {}
        self._returns: dict[str, float] = {}

    def cue(self, line: str) -> Mark | None:
        """``EXT-X-CUE-OUT``, ``EXT-X-CUE-OUT-CONT`` or ``EXT-X-CUE-IN``, of the segment that follows."""
        tag = line.partition(":")[0].rstrip()
        was_out, self._is_out = self._is_out, not tag.endswith("-IN")
        if not self._is_out:
            return Mark(0.0, False, _CUE, text="EXT-X-CUE-IN")
        goes_on = tag.endswith("-CONT")
        if goes_on and was_out:
            return None
        duration, elapsed, plain = _DURATION.search(line), _ELAPSED.search(line), _PLAIN.search(line)
        told = [] if plain is None else [float(each) for each in plain.groups() if each is not None]
        lasts = float(duration[1]) if duration else told[-1] if told and (len(told) == 2) == goes_on else None
        gone = float(elapsed[1]) if elapsed else told[0] if told and goes_on else 0.0
        return Mark(-gone, True, _CUE, lasts or None, tag[1:])

    def date_range(self, line: str) -> None:
        """``EXT-X-DATERANGE``: what is said of the same ID belongs together."""
        given = attributes(line)
        name = given.get("ID", "")[:200]
        is_full = name not in self._ranges and len(self._ranges) >= _MOST
        if is_full or not any(each.startswith("SCTE35-") for each in given):
            return
        known = self._ranges.setdefault(name, {})
        left, begin = _date(known.get("START-DATE")), _date(given.get("START-DATE"))
        if "SCTE35-IN" in given and begin is not None and left not in (None, begin):
            self._returns[name] = begin  # of some packagers the return is a range of its own
        known |= {key: value for key, value in given.items() if key not in known}

    def dated(self, spans: Sequence[Span]) -> Mapping[int, Sequence[Mark]]:
        """The marks of date ranges, by the number of the segment: its own, and what has begun before it and goes on."""
        known = sorted((span.utc, number) for number, span in enumerate(spans) if span.utc is not None)
        times, made = [utc for utc, _ in known], 0
        marks: defaultdict[int, list[Mark]] = defaultdict(list)
        for name, given in self._ranges.items():
            for at, mark in self._marks(name, given):
                first = bisect_right(times, at + _SEAM) - 1
                if first >= 0 and at - times[first] >= spans[known[first][1]].duration - _SEAM:
                    first += 1  # it is over by then
                first = max(0, first)
                # That the programme goes on may be known only after its segment was loaded: the next is told, too.
                lasts = min(_LONGEST, _LONGEST if mark.lasts is None else mark.lasts)
                end = bisect_left(times, at + lasts) if mark.out_of_network else first + 2
                for utc, number in known[first : min(end, first + _MOST_MARKS - made)]:
                    if mark.out_of_network or at - utc >= -2.0 * spans[number].duration:
                        marks[number].append(mark._replace(offset=at - utc))
                        made += 1
        return marks

    def _marks(self, name: str, given: Mapping[str, str]) -> Iterator[tuple[float, Mark]]:
        """Of one date range: UTC, and a mark without an offset."""
        begin = _date(given.get("START-DATE"))
        if begin is None:
            return
        told, planned = _seconds(given.get("DURATION")), _seconds(given.get("PLANNED-DURATION"))
        end = self._returns.get(name, _date(given.get("END-DATE")))
        end = begin + told if end is None and told is not None else end
        lasts = planned if end is None else end - begin
        if lasts is not None and lasts < 0.0:
            return
        known = f"{_RANGE} {name}"
        if {"SCTE35-OUT", "SCTE35-IN"} & given.keys():
            if "SCTE35-OUT" in given or lasts:
                yield begin, Mark(0.0, True, known, lasts or None, _RANGE)
            if end is not None or "SCTE35-OUT" not in given:
                yield begin if end is None else end, Mark(0.0, False, known, None, _RANGE)
        for change in _commanded(given.get("SCTE35-CMD", "")):
            if change.out_of_network:
                yield begin, Mark(0.0, True, change.id, lasts or change.lasts, f"{_RANGE}: {change.id}")
            elif not change.is_cancelled:
                yield begin, Mark(0.0, False, change.id, None, f"{_RANGE}: {change.id}")


def _commanded(text: str) -> Iterator[Change]:
    """What a message says that is written in hexadecimal."""
    try:
        yield from changes(parse(unhexlify(text[2:] if text[:2].lower() == "0x" else text)))
    except (ValueError, SpliceInfoError):
        return


def _date(text: str | None) -> float | None:
    try:
        told = datetime.fromisoformat((text or "").strip())
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(text: str | None) -> float | None:
    told = re.fullmatch(_SECONDS, text or "")
    return float(told[0]) if told else None
