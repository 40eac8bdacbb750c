"""When a stream that is watched lightly is watched fully, and for how long: by what was observed, in media time."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from watchglass.model.attention import Attention, Tier
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import Tracks
from watchglass.model.report import FindingKey
from watchglass.monitor.watch import Observation

CALM = 60.0
"""Seconds without anything wrong after which a stream is watched lightly again."""
TIRE = 120.0
"""Seconds after which what still goes on is no reason any more."""
PATIENCE = 16
"""How many times longer than at first a suspicion is not looked into again that came to nothing, at most."""
STILL = 2.5
"""Code values up to which the busiest tile may change from one key frame to the next, for the picture to be suspected
to stand still."""
ABSENT, INTERVALS = 5.0, 2.5
"""Seconds, and times the usual, without a key frame while the media go on, from which pictures are missing."""


class _Look(NamedTuple):
    """A stretch in which everything was looked at."""

    since: float
    is_alarm: bool
    """False where there is a suspicion only."""


class Promotion:
    """Decides, and sets the attention.

    Put it behind context, which knows how grave a finding is::

        for seen in promotion.watching(context.weigh(watch(source, hire))):
            ...

    Args:
        attention: What is set; the source has the same.
        calm: Seconds without anything wrong after which it is light again.
        tire: Seconds after which what is open, and nothing new with it, is no reason any more.
        tell: Is told every decision.
    """

    def __init__(
        self,
        attention: Attention,
        *,
        calm: float = CALM,
        tire: float = TIRE,
        tell: Callable[[Tier], None] = lambda tier: None,
    ) -> None:
        self._attention = attention
        self._calm = calm
        self._tire = tire
        self._tell = tell
        self._allowed = True
        self._now = 0.0
        self._open: dict[FindingKey, Finding] = {}
        self._look: _Look | None = None
        self._news_at = 0.0
        """When something new was last wrong, in seconds."""
        self._trouble_at = 0.0
        """When anything was last wrong."""
        self._times = 1
        self._ignored_until = float("-inf")
        self._key_frames: dict[str | None, tuple[float, float]] = {}
        """By track: when the last key frame was, and how far it was from the one before."""
        self.tier = Tier(0.0, attention.is_light, "")
        """The latest decision."""

    @property
    def allowed(self) -> bool:
        """Whether the machine has room for another stream that is watched fully."""
        return self._allowed

    @allowed.setter
    def allowed(self, allowed: bool) -> None:
        """Forbid it, at once, or allow it again; from the thread that watches."""
        self._allowed = allowed
        if not allowed and self._look is not None:
            self._relax("the machine has no room for it")

    def watching(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Pass observations through."""
        for seen in observations:
            self.take(seen)
            yield seen

    def take(self, seen: Observation) -> None:
        """Something was observed."""
        if type(seen) is Reading:
            self._reading(seen)
        elif isinstance(seen, Finding):
            self._finding(seen)
        elif isinstance(seen, Tracks):
            self._key_frames.clear()

    def _reading(self, seen: Reading) -> None:
        if seen.end > self._now:
            self._now = seen.end
            if self._look is not None:
                self._look_on()
        if seen.detector == "video.freeze":
            if seen.name == "key_change":
                self._key_frame(seen)
            elif seen.name == "hold":
                self._suspect("no picture came for a while")
        elif seen.detector == "video.corrupt":
            if seen.name == "damaged" and seen.value > 0.0:
                self._suspect("a picture is damaged")
        elif self._key_frames and seen.detector == "audio.silence":
            self._listen(seen)

    def _key_frame(self, seen: Reading) -> None:
        before = self._key_frames.get(seen.track)
        apart = 0.0 if before is None else seen.pts - before[0]
        self._key_frames[seen.track] = seen.pts, apart
        if seen.value <= STILL and not self._is_open("video.freeze", "video.black", "video.color_bars", "video.slate"):
            self._suspect("the picture has not changed since the last key frame")

    def _listen(self, seen: Reading) -> None:
        """Sound goes on: do pictures?"""
        for last, apart in self._key_frames.values():
            if apart and seen.end - last > max(ABSENT, INTERVALS * apart):
                self._key_frames.clear()
                self._suspect("no key frame has come for long")
                return

    def _finding(self, finding: Finding) -> None:
        known = self._open.get(finding.key)
        self._now = max(self._now, finding.told_at)
        if finding.event in (Event.CLOSED, Event.UNWATCHED):
            if self._open.pop(finding.key, None) is not None:
                self._trouble_at = self._now
            return
        if not _concerns(finding):
            return
        self._open[finding.key] = finding
        is_graver = known is not None and finding.severity > known.severity
        if known is None or is_graver:
            if finding.severity >= Severity.WARNING:
                self._alarm(f"{finding.detector} ({finding.severity.name.lower()})")
            elif known is None and finding.detector.startswith("video."):
                self._suspect(f"{finding.detector} may become an alarm")

    def _alarm(self, why: str) -> None:
        self._times = 1
        self._begin(why, is_alarm=True)

    def _suspect(self, why: str) -> None:
        if self._look is None and self._now < self._ignored_until:
            return
        self._begin(why, is_alarm=False)

    def _begin(self, why: str, *, is_alarm: bool) -> None:
        if not self._allowed:
            return
        self._trouble_at = self._now
        if self._look is None:
            self._look, self._news_at = _Look(self._now, is_alarm), self._now
            self._decide(why, is_light=False)
        elif is_alarm:
            self._look, self._news_at = self._look._replace(is_alarm=True), self._now

    def _look_on(self) -> None:
        """Whether there is still a reason."""
        assert self._look is not None
        if not self._open and self._now - self._trouble_at >= self._calm:
            self._relax(f"nothing has been wrong for {self._calm:.0f} s", is_calm=True)
        elif self._now - self._news_at >= self._tire:
            self._relax(f"nothing new has been wrong for {self._tire:.0f} s")

    def _relax(self, why: str, *, is_calm: bool = False) -> None:
        """Back to light; a suspicion that came to nothing is not looked into again at once, but ever later."""
        assert self._look is not None
        if not (self._look.is_alarm and is_calm):
            self._ignored_until = self._now + self._times * self._calm
            self._times = min(PATIENCE, 2 * self._times)
        self._look = None
        self._decide(why, is_light=True)

    def _decide(self, why: str, *, is_light: bool) -> None:
        self._attention.is_light = is_light
        self.tier = Tier(self._now, is_light, why)
        self._tell(self.tier)

    def _is_open(self, *detectors: str) -> bool:
        return any(finding.detector in detectors for finding in self._open.values())


def _concerns(finding: Finding) -> bool:
    """Whether it is about picture or sound: of how bytes arrive, and of captions, light knows as much."""
    return finding.detector.startswith(("video.", "audio.", "sync."))
