"""Delta updates: a copy of a playlist that leaves out what is known (RFC 8216bis, 4.4.5.2 and 6.2.5.1)."""

from dataclasses import replace

from watchglass.media.playlist import MediaPlaylist, Segment


def whole(known: MediaPlaylist | None, delta: MediaPlaylist) -> MediaPlaylist | None:
    """The whole of it, or None where what was left out is not known.

    Args:
        known: The copy before, whole.
        delta: One that leaves out its first segments.
    """
    if known is None or not delta.segments:
        return None
    end = delta.segments[0].sequence
    left_out = {one.sequence: one for one in known.segments if end - delta.skipped <= one.sequence < end}
    if len(left_out) != delta.skipped:
        return None
    first, last = left_out[end - delta.skipped], left_out[end - 1]
    breaks = last.discontinuity - first.discontinuity + first.is_discontinuity
    segments, before = [*left_out.values()], last
    for segment in delta.segments:
        before = _after(before, segment, breaks)
        segments.append(before)
    growing = delta.growing and _after(before, delta.growing, breaks)
    return replace(delta, segments=tuple(segments), growing=growing, skipped=0)


def _after(before: Segment, segment: Segment, breaks: int) -> Segment:
    """A segment with what holds on from the one before it, which the copy need not have repeated."""
    utc = segment.utc
    if utc is None and before.utc is not None and not segment.is_discontinuity:
        utc = before.utc + before.duration
    return replace(
        segment,
        discontinuity=segment.discontinuity + breaks,
        init=segment.init or before.init,
        key=segment.key or before.key,
        utc=utc,
    )
