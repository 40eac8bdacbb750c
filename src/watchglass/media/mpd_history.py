"""What a copy of a live DASH manifest breaks that shows only beside the copy before it (ISO/IEC 23009-1, 5.4.1).

Rules by name are those of ``model/manifest_rules.py``.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from watchglass.media.mpd import Mpd, Period, Representation
from watchglass.media.mpd_check import broken, name_of
from watchglass.media.mpd_segments import Slot, slots, timeline_end, usual_duration
from watchglass.model.transport import RuleBreak
from watchglass.net.address import redact

_ROUNDING = 0.05
"""Seconds that are no difference."""
_LOOKED_AT = 20
"""Segments at the end of a timeline that are compared with those of the copy before."""
_MOST = 50


class ManifestHistory:
    """Compares each copy with the one before."""

    def __init__(self) -> None:
        self._last: Mpd | None = None

    def breaks(self, mpd: Mpd) -> tuple[RuleBreak, ...]:
        """What this copy breaks, by itself and beside the one before."""
        last, self._last = self._last, mpd
        between = tuple(islice(_between(last, mpd), _MOST)) if last is not None else ()
        return (*broken(mpd), *between)


def _between(last: Mpd, new: Mpd) -> Iterator[RuleBreak]:
    if last.publish_time is not None and new.publish_time is not None and new.publish_time < last.publish_time:
        yield RuleBreak("publish_time_back", f"by {last.publish_time - new.publish_time:.0f} s")
        return  # an old copy: all that it lacks and has is that of its time
    if not new.is_dynamic:
        return  # it has ended, and may be told in another way
    if new.availability_start != last.availability_start:
        moved = new.availability_start - last.availability_start
        yield RuleBreak("availability_start_changed", f"by {moved:+.2f} s")
    known = {period.id: period for period in last.periods if period.id}
    for period in new.periods:
        before = known.get(period.id)
        if before is None and len(last.periods) == len(new.periods) == 1:
            before = last.periods[0] if not last.periods[0].id and not period.id else None
        if before is None:
            continue
        if abs(period.start - before.start) > _ROUNDING:
            yield RuleBreak("period_changed", f"{name_of(period)}: {period.start:.2f} s after {before.start:.2f} s")
            continue
        yield from _within(before, period)


def _within(last: Period, new: Period) -> Iterator[RuleBreak]:
    """One period in two copies."""
    known = {one.id: one for each in last.adaptation_sets for one in each.representations if one.id}
    found = {one.id: one for each in new.adaptation_sets for one in each.representations if one.id}
    gone = [redact(name)[:40] for name in known if name not in found]
    if gone:
        yield RuleBreak("representation_removed", f"{', '.join(gone[:3])} from {name_of(new)}")
    seen: set[object] = set()
    for name, one in found.items():
        before = known.get(name)
        if before is None or one.addressing is None or before.addressing is None:
            continue
        compared = one.addressing.timeline, before.addressing.timeline
        key = *map(id, compared), one.addressing.start_number  # comparing long timelines would take long
        if None not in compared and key not in seen:
            seen.add(key)
            where = f"{redact(name)[:40]} in {name_of(new)}"
            yield from _segments(_latest(last, before), _latest(new, one), where, one)


def _latest(period: Period, one: Representation) -> list[Slot]:
    """The last segments of a timeline; none of one that is open."""
    end, lasts = timeline_end(period, one), usual_duration(one)
    if end == float("inf") or not lasts:
        return []
    return slots(period, one, "", after=end - _LOOKED_AT * lasts, until=end)


def _segments(last: list[Slot], new: list[Slot], where: str, one: Representation) -> Iterator[RuleBreak]:
    if not last or not new:
        return
    if new[-1].end < last[-1].end - _ROUNDING:
        yield RuleBreak("time_back", f"it ends at {new[-1].end:.2f} s after {last[-1].end:.2f} s: {where}")
    starts = [slot.start for slot in last]
    is_numbered = one.addressing is not None and "$Number" in one.addressing.media
    for slot in new:
        if not starts[0] - _ROUNDING <= slot.start < last[-1].end - _ROUNDING:
            continue
        index = bisect_left(starts, slot.start - _ROUNDING)
        same = last[index] if index < len(last) else None
        # The last one may have been announced before its length was known.
        if same is None or abs(same.start - slot.start) > _ROUNDING or (
            same is not last[-1] and abs(same.duration - slot.duration) > _ROUNDING
        ):  # fmt: skip
            yield RuleBreak("segment_changed", f"the one at {slot.start:.2f} s of {where}")
            return
        if is_numbered and same.number != slot.number:
            yield RuleBreak("segment_renumbered", f"{slot.number} after {same.number}: {where}")
            return
