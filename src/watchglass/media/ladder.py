"""Renditions of one programme held against each other: each must be able to go on where another one was left.

Source: RFC 8216bis, 6.2.4: matching content at matching times, the same target duration, the same discontinuities.
Rules by name are those of ``model/playlist_rules.py``.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.model.transport import RuleBreak

_BOUNDARY = 0.1
"""Seconds by which segments may begin at another time: durations are rounded."""
_SAME = 0.5
"""Target durations within which two segments are taken for the same one."""
_BEHIND = 1.5
"""Target durations by which a rendition may be behind."""
_DIFFERENT = 14.0
"""Code values by which tiles of the same picture do not differ, however it is encoded."""
_ALIKE = 0.8
"""Correlation of the tiles of two pictures from which they are the same, though brighter or darker."""


class Pair(NamedTuple):
    """The same segment of two renditions."""

    reference: Segment
    other: Segment


def differences(reference: MediaPlaylist, other: MediaPlaylist) -> Iterator[RuleBreak]:
    """What another rendition does otherwise than the one that is watched.

    Args:
        reference: Of the one that is watched.
        other: Of the other one, loaded after it.
    """
    if other.target_duration != reference.target_duration:
        detail = f"{other.target_duration:g} s, not {reference.target_duration:g} s"
        yield RuleBreak("target_duration_differs", detail)
    if not reference.segments or not other.segments:
        return
    late = lag(reference, other)
    if late is not None and late > _BEHIND * reference.target_duration:
        yield RuleBreak("behind", f"by {late:.1f} s")
    elif reference.is_ended != other.is_ended and late is not None:
        yield RuleBreak("ended_differs", "it has ended" if other.is_ended else "it goes on")
    if reference.is_ended and other.is_ended:
        off = other.duration - reference.duration
        if abs(off) > max(_SAME * reference.target_duration, _BOUNDARY):
            yield RuleBreak("duration_differs", f"{other.duration:.1f} s, not {reference.duration:.1f} s")
    yield from _boundaries(reference, other)


def _boundaries(reference: MediaPlaylist, other: MediaPlaylist) -> Iterator[RuleBreak]:
    own, theirs = _times(reference), _times(other)
    for one, mate in pairs(reference, other):
        off = theirs[mate.sequence] - own[one.sequence]
        if abs(off) > _BOUNDARY:
            yield RuleBreak("boundaries_differ", f"segment {mate.sequence}: by {off:+.2f} s")
            return
        if mate.is_discontinuity != one.is_discontinuity:
            has = "has one" if mate.is_discontinuity else "has none"
            yield RuleBreak("discontinuities_differ", f"it {has} before segment {mate.sequence}")
            return


def lag(reference: MediaPlaylist, other: MediaPlaylist) -> float | None:
    """Seconds by which another rendition is behind, by the clock of the programme; None where there is none."""
    last, theirs = reference.segments[-1], other.segments[-1]
    if last.utc is None or theirs.utc is None:
        return None
    return last.utc + last.duration - theirs.utc - theirs.duration


def pairs(reference: MediaPlaylist, other: MediaPlaylist) -> list[Pair]:
    """Segments that show the same, by the clock of the programme or, where both are whole, by their time in it."""
    own, theirs = _times(reference), _times(other)
    if not own or not theirs or (reference.segments[0].utc is None) != (other.segments[0].utc is None):
        return []
    starts = np.array(list(own.values()))
    others = [segment for segment in other.segments if segment.sequence in theirs]
    wanted = np.array([theirs[segment.sequence] for segment in others])
    nearest = _nearest(starts, wanted)
    is_same = np.abs(starts[nearest] - wanted) < _SAME * reference.target_duration
    return [Pair(reference.segments[nearest[at]], others[at]) for at in np.flatnonzero(is_same).tolist()]


def _nearest(starts: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    """(wanted,) which of some times is the nearest to each; they need not be in order, as clocks are set back."""
    order = np.argsort(starts, kind="stable")
    ordered = starts[order]
    after = np.searchsorted(ordered, wanted).clip(max=len(starts) - 1)
    before = np.searchsorted(ordered, ordered[(after - 1).clip(min=0)])
    return order[np.where(wanted - ordered[before] <= np.abs(ordered[after] - wanted), before, after)]


def _times(playlist: MediaPlaylist) -> dict[int, float]:
    """When each segment begins, by the clock of the programme, else since the beginning of what is whole."""
    if not playlist.segments:
        return {}
    if all(segment.utc is not None for segment in playlist.segments):
        return {segment.sequence: segment.utc for segment in playlist.segments if segment.utc is not None}
    if not playlist.is_ended:
        return {}
    begins = np.cumsum([0.0, *(segment.duration for segment in playlist.segments[:-1])])
    return dict(zip((segment.sequence for segment in playlist.segments), begins.tolist(), strict=True))


def shows_other(reference: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two pictures are different ones, by the means of their tiles (code values)."""
    if float(np.abs(reference - other).mean()) < _DIFFERENT:
        return False
    a, b = reference.ravel() - reference.mean(), other.ravel() - other.mean()
    spread = float(np.linalg.norm(a) * np.linalg.norm(b))
    return spread == 0.0 or float(a @ b) / spread < _ALIKE
