"""Playlists that are old, go back, count anew, or promise what is not so."""

from dataclasses import replace

from watchglass.faults.live_fault import ListingFault, Past, Scheduled


def stale(past: Past, given: Scheduled) -> Past:
    """It stays as it was."""
    return lambda at: past(min(at, given.start))


def rewind(past: Past, given: Scheduled) -> Past:
    """It is ``strength`` seconds old, as from a cache that fell behind."""
    return lambda at: past(max(0.0, at - given.strength))


def alternate(past: Past, given: Scheduled) -> Past:
    """Every other second it is ``strength`` seconds old, as where two servers take turns that are not in step."""
    return lambda at: past(max(0.0, at - given.strength) if int(at) % 2 else at)


def renumber(past: Past, given: Scheduled) -> Past:
    """Media sequence numbers begin anew at 0."""
    first = past(given.start).sequence
    return lambda at: replace(past(at), sequence=past(at).sequence - first)


def target(past: Past, given: Scheduled) -> Past:
    """The target duration is ``strength`` times what it should be."""
    return lambda at: replace(past(at), target=max(1, round(past(at).target * given.strength)))


FAULTS = (
    ListingFault("playlist.stale", "it stays as it was; then all is there at once", "1", 1.0, 15.0, stale),
    ListingFault("playlist.rewind", "it goes back by so many seconds, as an old copy", "s", 6.0, 10.0, rewind),
    ListingFault("playlist.alternate", "two copies take turns, one so many seconds behind", "s", 6.0, 15.0, alternate),
    ListingFault("playlist.restart", "media sequence numbers begin anew at 0", "1", 1.0, 15.0, renumber),
    ListingFault("playlist.target", "its target duration is so many times what is true", "times", 0.5, 15.0, target),
)
