"""Playlist stale: a live playlist is delivered, and nothing new stands in it.

## What it measures
`unchanged` (target durations): since when no segment and no part was added to each rendition's playlist, each time that
it was loaded.

## Why it matters
The commonest way in which a live stream dies: the encoder or the packager has stopped, and the origin or a cache goes
on serving what there was. Every server answers 200, every player plays on for some seconds, and then none does.

## Opens and closes
Opens when a playlist has not changed for `open_at`, dated back to its last change; closes with the first one that has.
Explains the stall that follows, and what that explains; then it is critical.

## Blind spots
A playlist that cannot be loaded: `transport.segment_failed` says so. A playlist that grows, and whose segments hold
nothing new: the detectors of the picture see that.

## Sources
- RFC 8216bis, 6.2.1: a server should add a segment within 1.5 target durations.
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.transport import ManifestCheck
from watchglass.model.units import Factor, Judged


class PlaylistStaleSettings(Settings):
    """Thresholds of `transport.playlist_stale`."""

    open_at: Judged[Factor] = 1.5
    """Target durations without anything new."""


class PlaylistStale(Detector[ManifestCheck]):
    """See the module's text."""

    name = "transport.playlist_stale"
    status = Status.PROVISIONAL
    consumes: ClassVar = (ManifestCheck,)
    settings_type = PlaylistStaleSettings
    settings: PlaylistStaleSettings
    limits: ClassVar = {"unchanged": Bound("open_at")}

    def prepare(self) -> None:
        """All of them grow."""
        self._gate = Gate(self.name, None)
        self._stale: dict[str, tuple[float, float]] = {}
        """By rendition, since when (media time) and for how many target durations."""

    def measure(self, item: ManifestCheck) -> Iterator[Reading]:
        """Of what should grow."""
        if item.of != "ladder" and item.target_duration > 0.0:
            began, waited = item.pts - item.unchanged, item.unchanged / item.target_duration
            unit = "target durations"
            yield Reading(self.name, None, "unchanged", began, item.unchanged, waited, unit, item.rendition)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """One that does not is enough."""
        if reading.value >= self.settings.open_at:
            self._stale[reading.note] = reading.pts, reading.value
            self._until = reading.end
        else:
            self._stale.pop(reading.note, None)
        if not self._stale:  # the timeline goes on where it stopped, while the wait went on by the wall clock
            reading = reading._replace(pts=max(reading.end, self._until), duration=0.0)
        since = min((pts for pts, _ in self._stale.values()), default=reading.pts)
        self._longest = max((waited for _, waited in self._stale.values()), default=self._longest)
        self._which = ", ".join(self._stale) or self._which
        yield from self._gate.update(reading, value=float(bool(self._stale)), since=since, say=self._say)

    _until = 0.0
    _which = ""
    _longest = 0.0

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(max(pts, self._until), self._say)

    def _say(self, lasted: float) -> str:
        return f"Nothing new in the playlist for {self._longest:.1f} target durations ({self._which})"
