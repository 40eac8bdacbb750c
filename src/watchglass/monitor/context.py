"""Which finding explains which, and how grave each one is: one table of rules over detector ids.

Detectors judge alone. What the same measurement means depends on the rest of the programme: black while it fades
is information, black while the sound goes on is critical, and what stands still during a stall is the stall.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

import numpy as np

from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.frames import Columns
from watchglass.monitor.watch import Observation

SILENT_BELOW = -60.0
"""dBFS: level of the loudest channel below which nothing is heard."""
SOUND_MEMORY = 1.0
"""Seconds: sound goes on as long as something was heard within them, so that a pause in speech is not silence."""

DAMAGE = (
    "video.corrupt", "video.block_corruption", "video.stutter", "video.tearing", "audio.dropout", "audio.click",
    "audio.noise", "captions.corrupt",
)  # fmt: skip
"""What packets that are lost or broken do to pictures, sound and captions."""

EXPLAINS: dict[str, tuple[str, ...]] = {
    "transport.segment_failed": (
        "transport.stall", "transport.playlist_stale", "transport.segment_slow", "audio.lost", "sync.timestamps",
        "video.freeze:no_pictures", *DAMAGE,
    ),
    "transport.playlist_stale": ("transport.stall", "audio.lost"),
    "transport.segment_slow": ("transport.stall", "audio.lost"),
    "transport.stall": ("video.", "audio.", "sync.", "captions.", "transport.ts_"),
    "transport.ts_sync_loss": (
        "transport.ts_sync_byte", "transport.ts_continuity", "transport.ts_crc", "transport.ts_pat", "transport.ts_pmt",
        "transport.ts_pcr_repetition", "transport.ts_pcr_discontinuity", "transport.ts_pts", "sync.timestamps", *DAMAGE,
    ),
    "transport.ts_sync_byte": ("transport.ts_continuity", "transport.ts_crc", "sync.timestamps", *DAMAGE),
    "transport.ts_transport_error": ("transport.ts_continuity", "transport.ts_crc", "sync.timestamps", *DAMAGE),
    "transport.ts_continuity": ("transport.ts_crc", "sync.timestamps", *DAMAGE),
    "transport.ts_pid": ("transport.ts_pts", "audio.lost", "sync.timestamps", "video.freeze"),
    "transport.ts_pcr_discontinuity": ("sync.timestamps",),
    "video.black": ("video.freeze", "video.solid_color"),
    "video.color_bars": ("video.freeze", "video.solid_color", "video.border", "audio.test_tone"),
    "video.slate": ("video.freeze", "video.solid_color", "video.border", "audio.test_tone"),
    "video.solid_color": ("video.freeze", "video.block_corruption"),
    "sync.timestamps": ("video.stutter",),
    "video.corrupt": ("video.block_corruption", "video.stutter", "video.tearing", "captions.corrupt"),
    "video.block_corruption": ("video.tearing",),
    "audio.lost": ("audio.silence", "audio.imbalance"),
    "audio.silence": ("audio.imbalance",),
    "audio.test_tone": ("audio.mono", "audio.hum"),
    "audio.clipping": ("audio.noise", "audio.click"),
}  # fmt: skip
"""Cause to the ids (or families, or ids with a reason) that it explains; an earlier cause goes before a later one."""

HEAD_START = {"transport.stall": 60.0, "transport.segment_failed": 15.0}
"""Seconds by which an effect may be dated before its cause; a player runs dry long after the last byte came, and what a
segment costs is dated to where that should have begun."""

GRACE = 3.0
"""Seconds after it was told that a cause is over, in which what it explains may still prove to be over with it."""

STOPPED = ("motion_stopped", "strip_moves")
"""Reasons of `video.freeze` for a picture that was moving."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When ``detector`` is open (for one of ``reasons``, if any are given) and ``when`` holds, it is ``severity``."""

    detector: str
    when: Literal["sound goes on", "sound is silent", "no moving picture", "a test tone sounds", "a player has run dry"]
    severity: Severity
    reasons: tuple[str, ...] = ()
    at_least: Severity = Severity.INFO
    """Only once the detector itself calls it this grave."""


RULES = (
    Rule("video.black", "sound goes on", Severity.CRITICAL, at_least=Severity.WARNING),
    Rule("video.solid_color", "sound goes on", Severity.CRITICAL, at_least=Severity.WARNING),
    Rule("video.color_bars", "a test tone sounds", Severity.CRITICAL, at_least=Severity.WARNING),
    Rule("video.freeze", "sound is silent", Severity.CRITICAL, reasons=STOPPED),
    Rule("video.freeze", "sound is silent", Severity.WARNING, reasons=("cut",)),
    Rule("transport.playlist_stale", "a player has run dry", Severity.CRITICAL),
    Rule("transport.segment_failed", "a player has run dry", Severity.CRITICAL),
    Rule("transport.segment_slow", "a player has run dry", Severity.CRITICAL),
    Rule("audio.silence", "no moving picture", Severity.CRITICAL, at_least=Severity.WARNING),
)


class Ear:
    """Of many levels, picks those after which ``Context`` hears something else than before."""

    def __init__(self) -> None:
        self._loud: tuple[int, Reading] | None = None
        """The last that was heard, with its place in the order of everything."""
        self._sound: bool | None = None

    def listen(self, columns: Columns) -> Iterator[tuple[int, Reading]]:
        """The levels that context needs, of all that come next, each with its place."""
        if columns.detector != "audio.silence":
            return
        levels = columns[columns.is_word(columns.name, "level")]
        if not len(levels):
            return
        end, loud = levels.pts + levels.duration, levels.value > SILENT_BELOW
        last = np.maximum.accumulate(np.where(loud, np.arange(len(levels)), -1))
        heard_before = self._loud[1].end if self._loud else -np.inf
        sound = end - np.where(last >= 0, end[last], heard_before) <= SOUND_MEMORY
        changed = sound != np.append(not sound[0] if self._sound is None else self._sound, sound[:-1])
        falls = last[changed & ~sound]
        if self._loud and (falls < 0).any():
            yield self._loud
        needed = changed.copy()
        needed[falls[falls >= 0]] = True  # what was heard last says when it has been silent for long enough
        picked = levels[needed]
        yield from zip(picked.order.tolist(), picked.readings(), strict=True)
        self._sound = bool(sound[-1])
        if last[-1] >= 0:
            latest = levels[slice(int(last[-1]), int(last[-1]) + 1)]
            self._loud = int(latest.order[0]), next(latest.readings())


class Context:
    """Sets severity and cause of the findings of one stream as they pass."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str | None, float], Finding] = {}
        """Open findings, as their detectors told them."""
        self._told: dict[tuple[str, str | None, float], Finding] = {}
        """The same, as we told them."""
        self._over: list[Finding] = []
        """Causes that are over since a moment ago."""
        self._heard_at: float | None = None
        self._listened_to: float | None = None
        self._sound_was: bool | None = None

    def weigh(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """Pass observations through, findings with the severity and the cause that they have here."""
        for seen in observations:
            if self._over and isinstance(seen, Reading | Finding):
                yield from self._forget(seen.end if isinstance(seen, Reading) else seen.told_at)
            if type(seen) is Reading:
                yield seen
                if seen.name == "level" and seen.detector == "audio.silence" and self._listen(seen):
                    yield from self._reweigh(seen.end)
            elif isinstance(seen, Finding):
                yield from self._take(seen)
            else:
                yield seen

    def unwatched(self, pts: float) -> Iterator[Finding]:
        """Watching ends at ``pts`` (seconds) while the media go on: what is open stays open, unwatched."""
        for finding in self._told.values():
            yield replace(finding, event=Event.UNWATCHED, told_at=max(pts, finding.told_at))
        self._said.clear()
        self._told.clear()
        self._over.clear()

    def _listen(self, level: Reading) -> bool:
        """Remember whether sound goes on; True if that has changed."""
        self._listened_to = level.end
        if level.value > SILENT_BELOW:
            self._heard_at = level.end
        sound = self._sound_goes_on()
        changed = sound is not self._sound_was
        self._sound_was = sound
        return changed and bool(self._said)

    def _sound_goes_on(self) -> bool | None:
        """None while nothing is known of any sound."""
        if self._listened_to is None:
            return None
        return self._heard_at is not None and self._listened_to - self._heard_at <= SOUND_MEMORY

    def _take(self, finding: Finding) -> Iterator[Finding]:
        key = finding.key
        if finding.event in (Event.CLOSED, Event.UNWATCHED):
            self._said.pop(key, None)
            told = self._told.pop(key, finding)
            if finding.detector in EXPLAINS and finding.event is Event.CLOSED:
                self._over.append(finding)
            yield replace(finding, severity=told.severity, explained_by=told.explained_by)
        else:
            self._said[key] = finding
            self._told[key] = self._weighed(finding)
            yield self._told[key]
        yield from self._reweigh(finding.told_at)

    def _forget(self, now: float) -> Iterator[Finding]:
        """What still goes on so long after its cause is over is a fault of its own."""
        while self._over and now > (until := self._over[0].told_at + GRACE):
            self._over.pop(0)
            yield from self._reweigh(until)

    def _reweigh(self, now: float) -> Iterator[Finding]:
        """Tell those open findings again whose severity or cause is no longer the same."""
        for key, said in list(self._said.items()):
            told, weighed = self._told[key], self._weighed(said)
            if (weighed.severity, weighed.explained_by) != (told.severity, told.explained_by):
                self._told[key] = replace(weighed, event=Event.CHANGED, told_at=max(now, told.told_at))
                yield self._told[key]

    def _weighed(self, finding: Finding) -> Finding:
        cause = self._cause_of(finding)
        if cause is not None:
            return replace(finding, severity=Severity.INFO, explained_by=cause)
        severity = finding.severity
        for rule in RULES:
            if (
                rule.detector == finding.detector
                and finding.severity >= rule.at_least
                and (not rule.reasons or finding.reason in rule.reasons)
                and self._holds(rule.when)
            ):
                severity = max(severity, rule.severity)
        told = self._told.get(finding.key)
        if told is not None and told.explained_by is None:
            severity = max(severity, told.severity)  # an alarm is not taken back while the fault goes on
        return replace(finding, severity=severity, explained_by=None)

    def _cause_of(self, finding: Finding) -> str | None:
        for cause, effects in EXPLAINS.items():
            if finding.detector == cause or not f"{finding.detector}:{finding.reason}".startswith(effects):
                continue
            for said in (*self._said.values(), *self._over):
                since = said.opened_at - HEAD_START.get(cause, 0.5)
                until = inf if said.closed_at is None else said.closed_at
                if said.detector == cause and since <= finding.opened_at <= until:
                    return cause
        return None

    def _holds(self, when: str) -> bool:
        if when == "sound goes on":
            return self._sound_goes_on() is True
        if when == "sound is silent":
            return any(  # what did not come to us is not silent
                told.detector in ("audio.silence", "audio.lost")
                and not (told.explained_by or "").startswith("transport.")
                for told in self._told.values()
            )
        if when == "a player has run dry":
            return self._any_open("transport.stall")
        if when == "a test tone sounds":
            return self._any_open("audio.test_tone")
        return any(
            (said.detector == "video.black" and said.severity >= Severity.WARNING)
            or (said.detector == "video.freeze" and said.reason in STOPPED)
            for said in self._said.values()
        )

    def _any_open(self, detector: str) -> bool:
        return any(said.detector == detector for said in self._said.values())
