"""Who watches what: the detectors that were chosen, the tracks that they got, the thresholds that they go by."""

from collections.abc import Mapping, Sequence
from typing import Any

from watchglass.model.detector import Detector
from watchglass.model.exhibit import View
from watchglass.model.limits import Limit
from watchglass.model.media import Track
from watchglass.model.report import Duty
from watchglass.monitor.watch import Hire


class Roster:
    """Hires for the loop as ``hire`` does, and keeps the list.

    Args:
        chosen: Ids of the detectors that are to watch where there is something for them.
        hire: Makes the detectors of a track.
    """

    def __init__(self, chosen: Sequence[str], hire: Hire) -> None:
        self._hire = hire
        self._tracks: dict[str, list[str | None]] = {name: [] for name in chosen}
        self._limits: dict[str, Mapping[str, tuple[Limit, ...]]] = {}
        self._shows: dict[str, tuple[View, ...]] = {}
        self._only_measures: set[str] = set()

    def __call__(self, track: Track | None) -> Sequence[Detector[Any]]:
        """The detectors for a track; for None those that watch the whole stream."""
        hired = self._hire(track)
        for detector in hired:
            tracks = self._tracks.setdefault(detector.name, [])
            if detector.track_id not in tracks:
                tracks.append(detector.track_id)
            self._limits[detector.name] = detector.thresholds()
            self._shows[detector.name] = detector.shows
            if not detector.judges:
                self._only_measures.add(detector.name)
        return hired

    def limits(self, detector: str) -> Mapping[str, tuple[Limit, ...]]:
        """The thresholds of a detector, by reading."""
        return self._limits.get(detector, {})

    def shows(self, detector: str) -> tuple[View, ...]:
        """How a detector wants the sound around its findings to be shown."""
        return self._shows.get(detector, Detector.shows)

    @property
    def duties(self) -> tuple[Duty, ...]:
        """The list, in the order in which the detectors were chosen."""
        return tuple(
            Duty(name, tuple(tracks), self.limits(name), is_judged=name not in self._only_measures)
            for name, tracks in self._tracks.items()
        )
