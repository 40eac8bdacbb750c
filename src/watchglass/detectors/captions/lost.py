"""Lost: captions stop, or never come, while people go on speaking.

## What it measures
`uncaptioned` (s), once a second: for how long there has been speech since the track last showed something new. Speech
is sound whose level moves as that of speech does, on the audio track in the language of the captions, else on the
first. `caption` (s): for how long a caption is shown, where that is told with it; `cleared` (1): it went before that.
`break` (1): something else than the programme begins, such as advertisements, or (0) is over, where a transport stream
(SCTE 35) or an HLS playlist (`EXT-X-DATERANGE`, `EXT-X-CUE-OUT`) says so. What is spoken in a break does not count,
and after it counting begins anew.

## Why it matters
Whoever cannot hear is left with a silent film. Captions are lost at any link of the chain, and nobody who can hear
notices.

## Opens and closes
Opens when `uncaptioned` has reached `open_after`, or `usual_times` the longest that the track has come back from
before, whichever is more; dated back to the end of the last caption. Where a track that was declared has never shown
anything it takes `never_after`. After a break it is as patient as at the beginning, from the return on; what was open
before it stays open. A break whose end nobody tells lasts `break_at_most`. Closes with the next caption. Reason
`stopped` or `never`. Music, silence and pictures that speak for themselves need no captions, and are not counted.

## Blind spots
Without a sound track it is not judged, which is told. Tracks that caption only what is foreign are not judged where
they say so (`forced`), and look lost where they do not. Advertisements without captions that last longer than
`open_after` are found where nothing says that they are some: in DASH, in files other than transport streams, without
SCTE 35, or where the programme is not registered as `CUEI`. So is a programme that has none after an advertisement that
had some. Where less than `open_after` is spoken between one break and the next, or ends of breaks are never told, lost
captions are not found. Rhythmic percussion passes for speech. Captions that repeat themselves for ever are not lost.

## Sources
- 47 CFR 79.1(c) (captions are passed through complete); ITU-T F.930 has no limit: `open_after` is our own.
- ANSI/SCTE 35 2023r1, 9.7.3 and 10.3.3, RFC 8216bis, 4.4.5.1.1 (where a programme is left, and where it goes on).
"""

from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.gate import SLACK, Gate
from watchglass.model.limits import Bound
from watchglass.model.media import AudioBlock, Caption, NotWatched, Progress, Track, Tracks
from watchglass.model.talk import EVERY, Talk
from watchglass.model.transport import Splice
from watchglass.model.units import Factor, Judged, Measured, Seconds

WAITS_FOR_SOUND = 30.0
"""Seconds of media after which there is no sound to be expected."""
_MOST_BREAKS = 32
"""Breaks that are under way at once."""


class LostSettings(Settings):
    """How long speech may go without captions."""

    open_after: Judged[Seconds] = 60.0
    """Seconds of speech without a new caption from which it is a finding."""
    never_after: Judged[Seconds] = 180.0
    """Seconds of speech that a declared track may take for its first caption."""
    usual_times: Judged[Factor] = 2.0
    """How many times the longest stretch of speech without captions is usual that the track came back from."""
    break_at_most: Measured[Seconds] = 1_200.0
    """Seconds of a break after which it is taken to be over, whatever was announced: its end may have been lost."""


class Lost(Detector[Caption | AudioBlock | Splice | Tracks | Progress]):
    """See the module's text."""

    name = "captions.lost"
    status = Status.PROVISIONAL
    kind = "captions"
    consumes: ClassVar = (Caption, AudioBlock, Splice, Tracks, Progress)
    hears_others = True
    settings_type = LostSettings
    limits: ClassVar = {"uncaptioned": Bound("open_after")}
    settings: LostSettings

    def prepare(self) -> None:
        """Nothing has been shown or said."""
        self._talks = Talk()
        self._sound: str | None = None
        self._begin: float | None = None
        self._now = 0.0
        self._shown_until = float("-inf")
        self._unseen = 0.0
        self._breaks: dict[str, float] = {}
        """When those that are under way end at the latest, by what ends them."""
        self._is_told = False
        self._since: float | None = None
        self._has_shown = False
        self._spoken = self._longest = 0.0
        self._carried = 0.0
        """Seconds of speech before the last break, where captions were lost already."""
        self._gate = Gate(self.name, self.track_id)

    def measure(self, item: Caption | AudioBlock | Splice | Tracks | Progress) -> Iterator[Reading | NotWatched]:
        """Seconds of speech since the last caption."""
        if isinstance(item, Tracks):
            self._sound = self._listens_to(item.tracks)
        elif isinstance(item, AudioBlock):
            if item.track == self._sound:
                yield from self._hear(item)
        elif isinstance(item, Progress):
            self._begin = item.pts if self._begin is None else self._begin
            if self._sound is None and not self._is_told and item.pts - self._begin >= WAITS_FOR_SOUND:
                self._is_told = True
                reason = "there is no sound to tell by whether captions are lost"
                yield NotWatched(item.pts, reason, track=self.track_id, detector=self.name)
        elif isinstance(item, Splice):
            yield from self._splice(item)
        elif item.text:
            self._unseen = 0.0
            self._shown_until = max(self._shown_until, item.pts + item.lasts)
            # One that comes late ends what was told meanwhile, and not what had been told before.
            yield Reading(self.name, self.track_id, "caption", max(item.pts, self._now), 0.0, item.lasts, "s")
        elif item.pts < self._shown_until:
            self._shown_until = item.pts
            yield Reading(self.name, self.track_id, "cleared", max(item.pts, self._now), 0.0, 1.0, "1")

    def _hear(self, block: AudioBlock) -> Iterator[Reading]:
        for now, is_speech in self._talks.hear(block):
            yield from self._return(now)
            self._now = now
            if is_speech and not self._breaks and now - EVERY >= self._shown_until - SLACK:
                self._unseen += EVERY
            yield Reading(self.name, self.track_id, "uncaptioned", now, 0.0, self._unseen, "s")

    def _splice(self, splice: Splice) -> Iterator[Reading]:
        """A break begins, or one is over; there may be several, one in the other."""
        at = max(splice.pts, self._now)
        if not splice.out_of_network:
            if self._breaks.pop(splice.id, None) is not None and not self._breaks:
                yield self._over(at, splice.text)
            return
        most = self.settings.break_at_most
        until = splice.pts + (most if splice.lasts is None else min(splice.lasts, most))
        if until > self._now and len(self._breaks) < _MOST_BREAKS:
            if not self._breaks:
                yield Reading(self.name, self.track_id, "break", at, 0.0, 1.0, "1", splice.text)
            self._breaks[splice.id] = max(until, self._breaks.get(splice.id, until))

    def _return(self, now: float) -> Iterator[Reading]:
        """Breaks are over whose time has passed."""
        if self._breaks and (end := max(self._breaks.values())) <= now:
            yield self._over(max(end, self._now))
        self._breaks = {name: until for name, until in self._breaks.items() if until > now}

    def _over(self, at: float, text: str = "") -> Reading:
        self._unseen = 0.0
        return Reading(self.name, self.track_id, "break", at, 0.0, 0.0, "1", text)

    def _listens_to(self, tracks: tuple[Track, ...]) -> str | None:
        """The sound in the language of the captions, else the first."""
        sounds = [track for track in tracks if track.kind == "audio"]
        language = _primary(self.track.language) if self.track else None
        same = [track for track in sounds if language and _primary(track.language) == language]
        return next((track.id for track in (*same, *sounds)), None)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Too much was said, or something is shown."""
        if self.track is not None and self.track.facts.get("forced"):
            return
        if self._since is None:
            self._since = reading.pts
        if reading.name == "cleared":
            self._since = min(self._since, reading.pts)
            return
        if reading.name == "break":
            if not reading.value:
                self._come_back(reading.pts)
            return
        if reading.name == "caption":
            if not self._gate.is_open:
                self._longest = max(self._longest, self._spoken)
            yield from self._gate.update(reading, value=0.0, say=self._say)
            self._has_shown = True
            self._spoken = self._carried = 0.0
            self._since = max(self._since, reading.pts + reading.value)
            return
        self._spoken = self._carried + reading.value
        limits = self.settings
        limit = limits.open_after if self._has_shown else max(limits.open_after, limits.never_after)
        is_lost = self._spoken >= max(limit, limits.usual_times * self._longest) - SLACK
        if is_lost or self._gate.is_open:
            reason = "stopped" if self._has_shown else "never"
            since = min(self._since, reading.pts)
            yield from self._gate.update(reading, value=1.0, since=since, say=self._say, reason=reason)

    def _come_back(self, pts: float) -> None:
        """A break is over."""
        if self._gate.is_open:
            self._carried = self._spoken
        else:
            self._since = pts

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        what = "No captions" if self._has_shown else "A declared track has never shown captions"
        return f"{what} for {lasted:.0f} s, while {self._spoken:.0f} s of it were spoken"


def _primary(language: str | None) -> str | None:
    """``en`` of ``en-GB`` (RFC 5646)."""
    return language.partition("-")[0].lower() if language else None
