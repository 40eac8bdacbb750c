"""Pictures, readings and sound to show with what was found, gathered while the items pass by."""

from collections.abc import Iterable, Iterator

from watchglass.model.exhibit import Exhibit
from watchglass.model.finding import Finding, Reading
from watchglass.model.media import AudioBlock, Item, Tracks, VideoFrame
from watchglass.model.report import FindingKey, Waveform
from watchglass.monitor.dossier import Dossier
from watchglass.monitor.outline import Outline
from watchglass.monitor.recent_sound import RecentSound
from watchglass.monitor.roster import Roster
from watchglass.monitor.stills import Stills
from watchglass.monitor.traces import RecentReadings, Who
from watchglass.monitor.watch import Observation

MOST_EXHIBITS = 100
"""Of one input; a page has room for fewer with all their pictures."""


class Evidence:
    """Gathers what is shown with each finding, and the outline of each audio track.

    Put it between the source and the loop, and tell it what is observed::

        for seen in watch(evidence.watching(source), roster):
            record.add(seen)
            evidence.add(seen)

    Args:
        roster: Knows the thresholds of detectors and how their findings want to be shown.
        most: The most findings to gather for; graver ones push out lesser ones. With 0 nothing is gathered, and
            it only counts.
    """

    def __init__(self, roster: Roster | None = None, *, most: int = MOST_EXHIBITS) -> None:
        self.end = 0.0
        """Media time up to which the source has delivered, in seconds."""
        self.frames = 0
        """Pictures that passed by."""
        self._most = most
        self._roster = roster or Roster((), lambda track: ())
        self._stills = Stills()
        self._sound = RecentSound()
        self._readings = RecentReadings()
        self._outlines: dict[tuple[str, int], Outline] = {}
        self._dossiers: dict[FindingKey, Dossier] = {}
        self._open: dict[Who, list[Dossier]] = {}
        """Those that are not complete."""

    def watching(self, source: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of a source through."""
        for item in source:
            if item.reach > self.end:
                self.end = item.reach
            if isinstance(item, VideoFrame):
                self.frames += 1
            if self._most:
                self._keep(item)
                yield item
                self._stills.passed()
            else:
                yield item

    def add(self, seen: Observation) -> None:
        """Take an observation into account."""
        if not self._most:
            return
        if type(seen) is Reading:
            self._readings.keep(seen)
            for dossier in self._open.get((seen.detector, seen.track), ()):
                dossier.follow(seen)
        elif isinstance(seen, Finding):
            self._tell(seen)

    @property
    def exhibits(self) -> dict[FindingKey, Exhibit]:
        """What is shown with each finding; what is not complete by now stays so."""
        for dossiers in self._open.values():
            for dossier in dossiers:
                dossier.finish()
        self._open.clear()
        return {key: dossier.exhibit for key, dossier in self._dossiers.items()}

    @property
    def waveforms(self) -> tuple[Waveform, ...]:
        """The outline of every audio track, by channel."""
        return tuple(wave for outline in self._outlines.values() for wave in outline.waveforms())

    def _keep(self, item: Item) -> None:
        if isinstance(item, VideoFrame):
            self._stills.keep(item)
        elif isinstance(item, AudioBlock):
            self._sound.keep(item)
            self._draw(item)
        elif isinstance(item, Tracks):
            for track in item.tracks:
                self._stills.declared(track)
        if self._open:
            self._look()

    def _look(self) -> None:
        """Let those that are not complete look at what is there now, and let go of the others."""
        for who, dossiers in list(self._open.items()):
            for dossier in dossiers:
                dossier.look(self.end)
            waiting = [dossier for dossier in dossiers if not dossier.is_complete]
            if len(waiting) < len(dossiers):
                self._open[who] = waiting
            if not waiting:
                del self._open[who]

    def _tell(self, finding: Finding) -> None:
        known = self._dossiers.get(finding.key)
        if known is None:
            if not self._makes_room(finding):
                return
            known = Dossier(finding, self._stills, self._sound, self._readings, self._roster)
            self._dossiers[finding.key] = known
            self._open.setdefault((finding.detector, finding.track), []).append(known)
        known.tell(finding)
        known.look(self.end)

    def _makes_room(self, finding: Finding) -> bool:
        """False if all those that there are are graver."""
        if len(self._dossiers) < self._most:
            return True
        least = min(self._dossiers, key=lambda key: self._dossiers[key].finding.severity)
        if self._dossiers[least].finding.severity >= finding.severity:
            return False
        gone = self._dossiers.pop(least)
        who = (gone.finding.detector, gone.finding.track)
        if gone in self._open.get(who, ()):
            self._open[who].remove(gone)
        return True

    def _draw(self, block: AudioBlock) -> None:
        key = (block.track or "", block.samples.shape[0])  # other channels from here on: an outline of their own
        outline = self._outlines.get(key)
        if outline is None:
            outline = self._outlines[key] = Outline(*key, block.layout)
        outline.add(block)
