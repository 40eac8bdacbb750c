"""The exhibit of one finding while it is gathered: from when it is told to a little after it is over."""

from dataclasses import replace

from watchglass.model.exhibit import Exhibit
from watchglass.model.finding import Finding, Reading
from watchglass.monitor.recent_sound import RecentSound, views
from watchglass.monitor.roster import Roster
from watchglass.monitor.stills import Stills
from watchglass.monitor.traces import AFTER, BEFORE, Follower, RecentReadings, telling

SOUND_BEFORE = SOUND_AFTER = 1.5
"""Seconds of sound that are shown before a defect and after it."""
SOUND_MOST = 5.0
"""Seconds of a defect that are shown of its sound: the opening of a long one."""
_TURNS = 6.0
"""Seconds by which a track may be behind the others, where containers write them in turns."""


class Dossier:
    """Gathers what is shown with one finding.

    Args:
        finding: As it was first told.
        stills: The last pictures.
        sound: The last seconds of sound.
        readings: The last readings.
        roster: Knows thresholds and views.
    """

    def __init__(
        self, finding: Finding, stills: Stills, sound: RecentSound, readings: RecentReadings, roster: Roster
    ) -> None:
        self.finding = finding
        self._stills = stills
        self._sound = sound
        self._roster = roster
        self._followed: dict[str, Follower] = {}
        self._needs_sound = (finding.track or "").startswith("audio")
        self._picture_track = stills.track_to_show(finding.track)
        self.exhibit = Exhibit()
        self.is_complete = False
        self._first_pictures()
        for reading in readings.since((finding.detector, finding.track), finding.opened_at - BEFORE):
            self.follow(reading)

    def follow(self, reading: Reading) -> None:
        """Take a reading of its detector on its track into account."""
        closed = self.finding.closed_at
        if closed is not None and reading.pts > closed + AFTER:
            self.finish()
        if self.is_complete:
            return
        follower = self._followed.get(reading.name)
        if follower is None:
            follower = self._followed[reading.name] = Follower(reading)
        follower.add(reading)

    def tell(self, finding: Finding) -> None:
        """The finding was told again."""
        self.finding = finding

    def look(self, end: float) -> None:
        """The media went on to ``end`` (seconds): take what has become available."""
        closed = self.finding.closed_at
        is_picture = self.finding.track == self._picture_track
        if closed is not None and is_picture and self.exhibit.during and not self.exhibit.after:
            self.exhibit = replace(self.exhibit, after=self._stills.since(self._picture_track, closed))
        if self._needs_sound and self._sound.reaches(self.finding.track or "") >= self._sound_end():
            self._take_sound()
        if closed is not None and end > closed + AFTER + _TURNS:
            self.finish()

    def finish(self) -> None:
        """Nothing more will come: draw what was gathered."""
        self.is_complete = True
        if self._needs_sound:
            self._take_sound()
        if self._followed:
            traces = [follower.trace() for follower in self._followed.values()]
            limits = self._roster.limits(self.finding.detector)
            self.exhibit = replace(self.exhibit, traces=telling(traces, self.finding, limits))
            self._followed.clear()

    def _first_pictures(self) -> None:
        """In the middle of what is known of the defect, and before it; of a defect of the sound: at its beginning."""
        finding, track = self.finding, self._picture_track
        begin = finding.opened_at
        end = finding.told_at if finding.closed_at is None else finding.closed_at
        is_picture = finding.track == track
        during = self._stills.within(track, begin, end, (begin + end) / 2 if is_picture else begin)
        before = self._stills.before(track, begin) if during and is_picture else None
        self.exhibit = replace(self.exhibit, during=during, before=before)

    def _sound_end(self) -> float:
        finding = self.finding
        over = float("inf") if finding.closed_at is None else finding.closed_at + SOUND_AFTER
        return min(over, finding.opened_at + SOUND_MOST)

    def _take_sound(self) -> None:
        self._needs_sound = False
        finding = self.finding
        begin, end = finding.opened_at, self._sound_end()
        heard = self._sound.between(finding.track or "", begin - SOUND_BEFORE, end)
        if heard is None or heard.begin > end - SOUND_AFTER:
            return
        over = end if finding.closed_at is None else min(end, finding.closed_at)
        self.exhibit = replace(self.exhibit, **views(heard, self._roster.shows(finding.detector), begin, over))
