"""The loop: show every item to the detectors that consume it, and pass on what they say."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from watchglass.model.detector import Detector
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import ClockAnchor, Item, NotWatched, Track, Tracks
from watchglass.monitor.open_findings import OpenFindings

log = logging.getLogger(__name__)

Observation = Reading | Finding | Tracks | NotWatched | ClockAnchor
FAILED = "monitor.detector_failed"
"""Id of the finding that a detector failed; its reason is the detector."""
Hire = Callable[[Track | None], Sequence[Detector[Any]]]
"""Makes the detectors for a track; for None those that watch the whole stream."""


def watch(
    source: Iterable[Item], hire: Hire, *, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Observation]:
    """Watch a source to its end.

    A detector that raises is dismissed and reported; the others go on watching.

    Args:
        source: Items in the order in which they arrive; ``Tracks`` first.
        hire: Makes the detectors of a track.
        is_stopped: Asked when the source has ended: True if watching ended and not the media, so that nothing is
            told as closed.
    """
    crew = _Crew(hire)
    end = 0.0
    for item in source:
        end = max(end, item.reach)  # audio and video interleave
        if isinstance(item, Tracks):
            yield item
            yield from crew.meet(item)
        elif isinstance(item, NotWatched | ClockAnchor):
            yield item
        for detector in crew.on_duty(item):
            try:
                for measured in detector.measure(item):
                    yield measured
                    if type(measured) is Reading:
                        for finding in detector.judge(measured):
                            crew.heard(detector, finding)
                            yield finding
            except Exception:
                log.exception("detector %s failed at %.3f s", detector.name, item.pts)
                yield from crew.dismiss(detector, item.pts)
    if not is_stopped():
        for detector in crew.everyone():
            yield from _finish(detector, end)


class _Crew:
    """Who watches which track, found by (track, type of item) without asking each detector each time."""

    def __init__(self, hire: Hire) -> None:
        self._hire = hire
        self._by_track: dict[str | None, list[Detector[Any]]] = {}
        self._duty: dict[tuple[str | None, type[Item]], tuple[Detector[Any], ...]] = {}
        self._tracks: dict[str, Track] = {}
        self._dismissed: set[tuple[str, str | None]] = set()
        """Detectors that failed, by name and track."""
        self._open: dict[Detector[Any], OpenFindings] = {}

    def meet(self, announced: Tracks) -> Iterator[Finding]:
        """Hire for tracks that are new, let go for tracks that are gone; at a turn between the tiers, both."""
        if None not in self._by_track:
            self._by_track[None] = list(self._hire(None))
        present = {track.id for track in announced.tracks}
        for gone in [track for track in self._by_track if track is not None and track not in present]:
            for detector in self._by_track.pop(gone):
                yield from _finish(detector, announced.pts)
        for track in announced.tracks:
            known = self._tracks.get(track.id) if track.id in self._by_track else None
            self._tracks[track.id] = track
            if known is None:
                self._by_track[track.id] = list(self._hire(track))
            elif known.has_key_frames_only is not track.has_key_frames_only:
                yield from self._turn(track, announced.pts)
        self._duty.clear()

    def _turn(self, track: Track, pts: float) -> Iterator[Finding]:
        """Of a picture there are more or fewer pictures from here on; whoever watches in both tiers goes on."""
        watching = {detector.name: detector for detector in self._by_track[track.id]}
        hired: list[Detector[Any]] = []
        for each in self._hire(track):
            known = watching.pop(each.name, None)
            if known is not None:
                known.follow(track)
            if (each.name, track.id) not in self._dismissed:
                hired.append(known or each)
        self._by_track[track.id] = hired
        for detector in watching.values():
            yield from self._open.pop(detector, OpenFindings()).unwatched(pts)

    def heard(self, detector: Detector[Any], finding: Finding) -> None:
        """A detector said something."""
        self._open.setdefault(detector, OpenFindings()).heard(finding)

    def on_duty(self, item: Item) -> tuple[Detector[Any], ...]:
        """The detectors that consume this item."""
        key = (item.track, type(item))
        duty = self._duty.get(key)
        if duty is None:
            if item.track is None:  # concerns the whole stream: everybody who consumes it sees it
                candidates = self.everyone()
            else:
                others = [d for d in self.everyone() if d.hears_others and d.track_id not in (item.track, None)]
                candidates = [*self._by_track.get(item.track, []), *others, *self._by_track.get(None, [])]
            duty = tuple(d for d in candidates if isinstance(item, d.consumes))
            self._duty[key] = duty
        return duty

    def everyone(self) -> list[Detector[Any]]:
        """All who still watch."""
        return [detector for detectors in self._by_track.values() for detector in detectors]

    def dismiss(self, detector: Detector[Any], pts: float) -> Iterator[Finding]:
        """Let a detector go that failed: close what it had open and say that it watches no more."""
        for detectors in self._by_track.values():
            if detector in detectors:
                detectors.remove(detector)
        self._dismissed.add((detector.name, detector.track_id))
        self._duty.clear()
        yield from _finish(detector, pts)
        yield failed(detector, pts)


def failed(detector: Detector[Any], pts: float) -> Finding:
    """What is told of a detector that failed at ``pts`` (seconds) and was dismissed."""
    return Finding(
        event=Event.OPENED,
        detector=FAILED,
        track=detector.track_id,
        opened_at=pts,
        told_at=pts,
        severity=Severity.WARNING,
        message=f"{detector.name} failed and watches no more; this is a fault of the detector, not of the stream",
        reason=detector.name,
    )


def _finish(detector: Detector[Any], pts: float) -> Iterator[Finding]:
    try:
        yield from detector.finish(pts)
    except Exception:
        log.exception("detector %s failed at the end, %.3f s", detector.name, pts)
