"""What a copy of a live HLS playlist breaks that shows only beside the copy before it (RFC 8216bis, 6.2.1 and 6.2.2).

Rules by name are those of ``model/playlist_rules.py``.
"""

from collections.abc import Iterator, Mapping

from watchglass.media.hls_schedule import identity
from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.model.transport import RuleBreak
from watchglass.net.address import redact_reference

_CLOCK = 1.0
"""Seconds by which the programme date-time of a segment may be told otherwise."""
_LEAST = 3.0
"""Target durations that a live playlist must hold."""
_SLACK = 1e-3


class PlaylistHistory:
    """Compares each copy with the one before."""

    def __init__(self) -> None:
        self._last: MediaPlaylist | None = None

    def breaks(self, playlist: MediaPlaylist) -> tuple[RuleBreak, ...]:
        """What this copy breaks, by itself and beside the one before; of DASH the manifest itself is checked."""
        if playlist.of == "dash":
            return ()
        last, self._last = self._last, playlist
        return (*playlist.breaks, *(_between(last, playlist) if last is not None else ()))


def _between(last: MediaPlaylist, new: MediaPlaylist) -> Iterator[RuleBreak]:
    if new.target_duration != last.target_duration:
        detail = f"{new.target_duration:g} s after {last.target_duration:g} s"
        yield RuleBreak("target_duration_changed", detail)
    if not last.segments or not new.segments:
        return
    first, before = new.segments[0].sequence, last.segments[0].sequence
    end, ended = new.segments[-1].sequence, last.segments[-1].sequence
    if last.is_ended and (not new.is_ended or end != ended):
        yield RuleBreak("ended_goes_on", f"to {end} after {ended}")
    if first < before:
        yield RuleBreak("media_sequence_back", f"{first} after {before}")
        return  # another story, or an old copy: what follows would be told of two that do not belong together
    if first > before and last.kind:
        yield RuleBreak("event_removed", f"{first - before} of {last.kind}")
    if end < ended:
        yield RuleBreak("segment_removed", f"it ends with {end} after {ended}")
    was = {segment.sequence: segment for segment in last.segments}
    yield from _same(was, new)
    if first > before and not new.is_ended and new.duration < _LEAST * new.target_duration - _SLACK:
        yield RuleBreak("too_short", f"{new.duration:g} s of {new.target_duration:g} s each")


def _same(was: Mapping[int, Segment], new: MediaPlaylist) -> Iterator[RuleBreak]:
    """Segments that both copies have."""
    numbers: dict[str, int] = {}
    for segment in was.values():  # a name that is used again and again tells nothing
        name = identity(segment)[0]
        numbers[name] = -1 if name in numbers else segment.sequence
    for segment in new.segments:
        name, utc = identity(segment)
        number = numbers.get(name, -1)
        if number not in (-1, segment.sequence):
            yield RuleBreak("segment_renumbered", f"{segment.sequence} after {number}")
            return
    for segment in new.segments:
        old = was.get(segment.sequence)
        if old is None:
            continue
        (name, utc), (before, utc_before) = identity(segment), identity(old)
        if name != before:
            named, named_before = redact_reference(name)[:80], redact_reference(before)[:80]
            yield RuleBreak("segment_replaced", f"{segment.sequence}: {named} after {named_before}")
            return
        if segment.discontinuity != old.discontinuity:
            detail = f"{segment.discontinuity} after {old.discontinuity} for {segment.sequence}"
            yield RuleBreak("discontinuity_sequence", detail)
            return
        if utc is not None and utc_before is not None and abs(utc - utc_before) > _CLOCK:
            yield RuleBreak("date_jumps", f"{segment.sequence}: by {utc - utc_before:+.2f} s from copy to copy")
            return
