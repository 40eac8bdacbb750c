"""The segments of a representation, worked out of templates, timelines and lists: arithmetic without any I/O.

Times are kept in ticks until the last step, so that nothing drifts over days.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from watchglass.media.mpd import Addressing, Entry, Period, Representation
from watchglass.media.playlist import MOST_SEGMENTS
from watchglass.model.errors import PlaylistError
from watchglass.net.http import ByteRange

_ROUNDING = 1e-6
"""Seconds that are no difference."""
_MOST_BASES = 16
"""Of a representation that are tried."""
_MOST_SECONDS = 1e11
"""From the beginning of a period: three thousand years, which dates and clocks can still hold."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A segment that a manifest names."""

    reference: str
    """Relative to the manifest."""
    number: int
    start: float
    """Seconds from the beginning of the presentation."""
    duration: float
    byte_range: ByteRange | None = None

    @property
    def end(self) -> float:
        """Seconds from the beginning of the presentation."""
        return self.start + self.duration


def slots(
    period: Period,
    one: Representation,
    base: str,
    *,
    after: float = -math.inf,
    until: float = math.inf,
    name: str = "",
) -> list[Slot]:
    """The segments of a representation that end after one moment and not after another.

    Args:
        period: The one it belongs to.
        one: The representation.
        base: What its references are relative to.
        after: Seconds from the beginning of the presentation.
        until: The same.
        name: What to call the manifest in messages (secrets removed).

    Raises:
        PlaylistError: If there is no end of them, they are too many, or at times that no clock holds.
    """
    told = one.addressing
    if told is None or told.kind == "base":
        return _whole(period, base, until)
    found = []
    window = (after - period.start, until - period.start)
    for number, time, lasts in _ticks(told, period, window, name):
        begins = (time - told.presentation_offset) / told.timescale
        if abs(begins) + lasts / told.timescale > _MOST_SECONDS:
            raise PlaylistError(
                f"{name}: segment {number} is more than {_MOST_SECONDS:g} s away from its period, not read"
            )
        if told.kind == "template":
            reference, byte_range = one.reference(told.media, number=number, time=time), None
        else:
            index = number - told.start_number
            if not 0 <= index < len(told.urls):
                break
            reference, byte_range = told.urls[index]
        slot = Slot(
            joined(base, reference), number, period.start + begins, lasts / told.timescale, byte_range=byte_range
        )
        found.append(slot)
        if len(found) > MOST_SEGMENTS:
            raise PlaylistError(f"{name}: lists more than {MOST_SEGMENTS} segments, not read")
    return found


def bases_of(one: Representation) -> list[str]:
    """What the references of a representation are relative to, itself relative to the manifest (5.6.5).

    The first of each level first; of what follows, each has all segments, too.
    """
    bases = []
    several = max((len(level) for level in one.bases), default=0)
    for number in range(min(several, _MOST_BASES) or 1):
        base = ""
        for level in one.bases:
            if level:
                base = joined(base, level[number % len(level)].reference)
        bases.append(base)
    return bases


def available_sooner(one: Representation) -> float:
    """Seconds by which its segments are there before they are complete by the clock (``availabilityTimeOffset``)."""
    levels = (level[0].availability_offset for level in one.bases if level)
    return sum(levels) + (one.addressing.availability_offset if one.addressing else 0.0)


def usual_duration(one: Representation) -> float | None:
    """Seconds of its longest segments, where it says so."""
    told = one.addressing
    if told is None:
        return None
    ticks = max((entry.duration for entry in told.timeline), default=0) if told.timeline else told.duration or 0
    return ticks / told.timescale or None


def starts(period: Period, one: Representation) -> Iterator[float]:
    """Where segments of a timeline begin, in seconds from the beginning of the presentation."""
    told = one.addressing
    if told is not None and told.timeline is not None:
        for _, time, _ in _listed(told, period, (-math.inf, math.inf)):
            yield period.start + (time - told.presentation_offset) / told.timescale


def steps(told: Addressing) -> Iterator[tuple[int, int]]:
    """Of each entry of a timeline but the first: where the one before ends and where it begins, in ticks."""
    end = None
    for index, entry in enumerate(told.timeline or ()):
        begins = entry.time if entry.time is not None else end or 0
        if end is not None:
            yield end, begins
        following = (told.timeline or ())[index + 1 : index + 2]
        end = begins + _count(entry, begins, following, math.inf) * entry.duration


def timeline_end(period: Period, one: Representation) -> float:
    """Seconds from the beginning of the presentation at which its timeline ends; infinite where that is open."""
    told = one.addressing
    if told is None or told.timeline is None:
        return math.inf
    time = 0
    for index, entry in enumerate(told.timeline):
        time = entry.time if entry.time is not None else time
        count = _count(entry, time, told.timeline[index + 1 : index + 2], math.inf)
        time += count * entry.duration
    is_open = bool(told.timeline) and told.timeline[-1].repeat < 0
    return math.inf if is_open else period.start + (time - told.presentation_offset) / told.timescale


def joined(base: str, reference: str) -> str:
    """A reference at a base that may itself be relative: dots are left for whoever knows the whole (RFC 3986, 5.2)."""
    if not reference:
        return base
    try:
        is_absolute = bool(urlsplit(reference).scheme)
    except ValueError:
        is_absolute = True  # nothing that can be followed, as whoever follows it will say
    if is_absolute or reference.startswith("//"):
        return reference
    path = base.partition("#")[0].partition("?")[0]
    if reference.startswith(("?", "#")):
        return path + reference
    authority = path.find("/", path.find("//") + 2) if "//" in path else -1
    if reference.startswith("/"):
        return (path[:authority] if authority >= 0 else path if "//" in path else "") + reference
    if "//" in path and authority < 0:
        return f"{path}/{reference}"
    return path[: path.rfind("/") + 1] + reference


def _whole(period: Period, base: str, until: float) -> list[Slot]:
    if not base or period.duration is None or period.end > until + _ROUNDING:
        return []
    return [Slot(base, 1, period.start, period.duration)]


def _ticks(told: Addressing, period: Period, window: tuple[float, float], name: str) -> Iterator[tuple[int, int, int]]:
    """Numbers, times and lengths of the segments in a window of seconds from the beginning of the period."""
    if told.timeline is not None:
        yield from _listed(told, period, window)
    elif told.duration:
        yield from _regular(told, told.duration, period, window, name)
    elif told.kind == "template" or len(told.urls) == 1:  # one segment for all of the period
        lasts = round((period.duration or 0.0) * told.timescale)
        if lasts and (period.duration or 0.0) <= window[1] + _ROUNDING:
            yield told.start_number, told.presentation_offset, lasts


def _regular(
    told: Addressing, lasts: int, period: Period, window: tuple[float, float], name: str
) -> Iterator[tuple[int, int, int]]:
    """Segments of equal length (5.3.9.5.3)."""
    shift = told.ept_delta
    seconds = lasts / told.timescale
    first, last = 0, math.inf
    if window[0] > 0:
        first = max(0, math.floor((window[0] + _ROUNDING - shift / told.timescale) / seconds))
    if period.duration is not None:
        last = min(last, math.ceil((period.duration - _ROUNDING - shift / told.timescale) / seconds) - 1)
    if told.end_number is not None:
        last = min(last, told.end_number - told.start_number)
    if told.kind == "list":
        last = min(last, len(told.urls) - 1)
    if window[1] < math.inf:
        ends = period.duration if period.duration is not None else math.inf
        available = math.floor((window[1] + _ROUNDING - shift / told.timescale) / seconds) - 1
        # The last segment of a period may be shorter than the others: it is there when the period ends.
        last = min(last, available if ends > window[1] + _ROUNDING else last)
    if last == math.inf:
        raise PlaylistError(f"{name}: nothing says where it ends, so it cannot be read as a whole")
    if last - first >= MOST_SEGMENTS:
        raise PlaylistError(f"{name}: lists more than {MOST_SEGMENTS} segments, not read")
    for index in range(first, int(last) + 1):
        time = index * lasts + shift
        ends_at = time + lasts if period.duration is None else min(time + lasts, period.duration * told.timescale)
        # Rounded up: what is shorter than a tick is still a segment.
        yield told.start_number + index, time + told.presentation_offset, max(1, math.ceil(ends_at - time - _ROUNDING))


def _listed(told: Addressing, period: Period, window: tuple[float, float]) -> Iterator[tuple[int, int, int]]:
    """The segments of a timeline (5.3.9.6), without those that lie outside their period."""
    assert told.timeline is not None
    first = told.presentation_offset  # ticks before which nothing belongs to the period
    beyond = math.inf
    if period.duration is not None:
        beyond = first + math.floor((period.duration - _ROUNDING) * told.timescale) + 1
    after = max(first, first + window[0] * told.timescale)
    until = first + (window[1] + _ROUNDING) * told.timescale
    time, number = 0, told.start_number
    for index, entry in enumerate(told.timeline):
        time = entry.time if entry.time is not None else time
        number = entry.number if entry.number is not None else number
        count = _count(entry, time, told.timeline[index + 1 : index + 2], min(beyond, until))
        skipped = max(0, math.floor((after - time) / entry.duration))
        # Up to the last number, whatever the entry goes on to: all that is walked through is a segment.
        numbered = count if told.end_number is None else min(count, told.end_number - number + 1)
        for turn in range(min(skipped, numbered), numbered):
            at = time + turn * entry.duration
            if at >= beyond or at + entry.duration > until:
                break
            if at + entry.duration > after:
                yield number + turn, at, entry.duration
        time, number = time + count * entry.duration, number + count


def _count(entry: Entry, time: int, following: tuple[Entry, ...], end: float) -> int:
    """How many segments an entry stands for."""
    if entry.repeat >= 0:
        return entry.repeat + 1
    stop = following[0].time if following and following[0].time is not None else end
    if stop == math.inf:
        return 1
    return max(0, math.ceil((stop - time) / entry.duration))
