"""What one copy of a DASH manifest breaks of the rules (ISO/IEC 23009-1), which players forgive one way or another.

Rules by name are those of ``model/manifest_rules.py``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from watchglass.media.mpd import AdaptationSet, Addressing, Mpd, Period, Representation
from watchglass.media.mpd_segments import starts, steps, timeline_end
from watchglass.model.transport import RuleBreak
from watchglass.net.address import redact

_ROUNDING = 0.05
"""Seconds that segments of a timeline may miss each other by: a frame of picture or sound."""
_JOINT = 0.1
"""Seconds that periods may."""
_SHORT = 0.5
"""Seconds that the sound or the picture of a period may end early."""
_COMPARED = 500
"""Segments of a timeline that are compared with those of another representation."""
_MOST = 50
"""Breaks that are kept of one copy."""


def broken(mpd: Mpd) -> tuple[RuleBreak, ...]:
    """The rules that a copy breaks."""
    return tuple(islice(_broken(mpd), _MOST))


def _broken(mpd: Mpd) -> Iterator[RuleBreak]:
    yield from (RuleBreak(flaw.rule, redact(flaw.text)) for flaw in mpd.flaws)
    yield from _identifiers(mpd)
    yield from _durations(mpd)
    yield from _buffer(mpd)
    if mpd.is_dynamic and not mpd.timings:
        yield RuleBreak("clock_missing", "there is no UTCTiming")
    for index, period in enumerate(mpd.periods):
        seen: set[tuple[object, ...]] = set()
        for one in period.adaptation_sets:
            if one.kind in ("video", "audio"):
                yield from _set(mpd, index, period, one, seen)


def name_of(period: Period) -> str:
    """What to call a period."""
    return f"period {redact(period.id)[:40]}" if period.id else f"the period at {period.start:.2f} s"


def _identifiers(mpd: Mpd) -> Iterator[RuleBreak]:
    yield from _repeated("Period", [one.id for one in mpd.periods])
    for period in mpd.periods:
        where = f" in {name_of(period)}"
        yield from _repeated("AdaptationSet", [one.id for one in period.adaptation_sets], where)
        found = [each.id for one in period.adaptation_sets for each in one.representations]
        yield from _repeated("Representation", found, where)


def _repeated(element: str, identifiers: Sequence[str], where: str = "") -> Iterator[RuleBreak]:
    for identifier, count in Counter(identifiers).items():
        if identifier and count > 1:
            yield RuleBreak("identifier_repeated", f"{element}@id {redact(identifier)[:40]!r}, {count} times{where}")


def _durations(mpd: Mpd) -> Iterator[RuleBreak]:
    """How periods follow each other, and how long all of them are."""
    last, whole = mpd.periods[-1], mpd.presentation_duration
    if not mpd.is_dynamic and last.duration is None:
        yield RuleBreak("duration_missing", "neither MPD@mediaPresentationDuration nor the duration of the last period")
    if whole is not None and last.declared_duration is not None and abs(last.end - whole) > _JOINT:
        yield RuleBreak("duration_differs", f"{whole:.2f} s, and the last period ends at {last.end:.2f} s")
    elif whole is not None and last.start > whole:
        yield RuleBreak("duration_differs", f"{whole:.2f} s, and the last period begins at {last.start:.2f} s")
    for one, following in pairwise(mpd.periods):
        if one.declared_duration is None:
            if following.start < one.start:
                yield RuleBreak("period_overlap", f"{name_of(following)} begins before {name_of(one)}")
            continue
        step = following.start - one.start - one.declared_duration
        if abs(step) > _JOINT:
            rule = "period_hole" if step > 0 else "period_overlap"
            yield RuleBreak(rule, f"{abs(step):.2f} s between {name_of(one)} and {name_of(following)}")


def _buffer(mpd: Mpd) -> Iterator[RuleBreak]:
    least, delay, window = mpd.min_buffer_time, mpd.suggested_delay, mpd.time_shift_depth
    if not mpd.is_dynamic:
        return
    if least is not None and delay is not None and delay < least:
        yield RuleBreak("buffer_time", f"suggestedPresentationDelay {delay:g} s, minBufferTime {least:g} s")
    if delay is not None and window is not None and delay > window:
        yield RuleBreak("buffer_time", f"suggestedPresentationDelay {delay:g} s, timeShiftBufferDepth {window:g} s")


def _set(
    mpd: Mpd, index: int, period: Period, one: AdaptationSet, seen: set[tuple[object, ...]]
) -> Iterator[RuleBreak]:
    """One set of representations; those that share a timeline (``seen``, by identity) break its rules once."""
    first: tuple[str, list[float], float] | None = None
    for each in one.representations:
        where = f"{redact(each.id)[:40] or one.kind} in {name_of(period)}"
        if not each.codecs:
            yield RuleBreak("codecs_missing", where)
        told = each.addressing
        if told is None:
            if not any(each.bases):
                yield RuleBreak("addressing_missing", where)
            continue
        key = id(told.timeline), told.timescale, told.presentation_offset, told.duration, told.index_range
        if key not in seen:
            seen.add(key)
            yield from _timeline(told, where)
            yield from _extent(mpd, index, period, each, told, where)
            begun = where, list(islice(starts(period, each), _COMPARED)), (told.duration or 0) / told.timescale
            first = first or begun
            if one.is_aligned and (_differ(begun[1], first[1]) or abs(begun[2] - first[2]) > _ROUNDING):
                yield RuleBreak("boundaries_differ", f"{where}, and {first[0]}")


def _differ(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether segments that both have begin at different times; how far the lists reach does not count."""
    if not one or not other:
        return False
    begin, end = max(one[0], other[0]) - _ROUNDING, min(one[-1], other[-1]) + _ROUNDING
    mine, theirs = ([at for at in starts if begin <= at <= end] for starts in (one, other))
    return len(mine) != len(theirs) or any(abs(a - b) > _ROUNDING for a, b in zip(mine, theirs, strict=True))


def _timeline(told: Addressing, where: str) -> Iterator[RuleBreak]:
    for before, after in steps(told):
        step = (after - before) / told.timescale
        if abs(step) > _ROUNDING:
            at = (before - told.presentation_offset) / told.timescale
            rule = "timeline_hole" if step > 0 else "timeline_overlap"
            yield RuleBreak(rule, f"{abs(step):.2f} s after {at:.2f} s of {where}")


def _extent(
    mpd: Mpd, index: int, period: Period, one: Representation, told: Addressing, where: str
) -> Iterator[RuleBreak]:
    """How long segments are, and whether they fill their period."""
    longest = max((entry.duration for entry in told.timeline or ()), default=told.duration or 0) / told.timescale
    if mpd.max_segment_duration is not None and longest > mpd.max_segment_duration + _ROUNDING:
        detail = f"{longest:.2f} s, MPD@maxSegmentDuration {mpd.max_segment_duration:g} s: {where}"
        yield RuleBreak("max_segment_duration_exceeded", detail)
    is_complete = not mpd.is_dynamic or index + 1 < len(mpd.periods)
    if told.timeline is None or period.duration is None or not is_complete:
        return
    end = timeline_end(period, one)
    if end < period.end - _SHORT:
        yield RuleBreak("period_short", f"by {period.end - end:.2f} s: {where}")
