"""Freeze: the picture stands still where it should move.

## What it measures
By tile (9 x 16 of them), in 8-bit code values of mean absolute change: `change` against the frame before (the
busiest tile; `refresh` instead on a key frame among others, where encoders renew a still picture), `rest` (the
busiest tile outside a strip or corner that may hold a ticker or a clock), `drift` (the same against a picture one
second ago), `floor` (the stillest tenth of the tiles: the stream's own noise) and `moving_share` (share of tiles
that move at all).

## Why it matters
The commonest failure of encoders, cameras and links: bytes flow, every check of the transport is green, and the
viewer looks at a photograph.

## Opens and closes
Opens when no tile has moved for `open_after`, dated back to the last frame that moved; shimmer of a re-encoded
still does not count as motion, because it does not add up over a second. Closes at the first frame that moves.
Reasons: `motion_stopped` (an alarm), `strip_moves` (an alarm: all but a ticker or clock stopped at once),
`no_pictures` (an alarm where pictures had come regularly: none came at all); `cut`,
`start` and `came_to_rest` are information: a slide, a title, an object that slowed down.

## Blind spots
A static room with its camera noise going on is not reported, and so neither is a freeze behind which noise is
added anew at the level that the programme had. A freeze shorter than `open_after`. Motion smaller than a tile's
`still_at`. A freeze exactly at a cut looks like a slide.

## Sources
- FFmpeg, `libavfilter/vf_freezedetect.c`: mean absolute difference below 0.001 of full scale for 2 s.
- EBU QC 0072B, "freeze frame".
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import Gate
from watchglass.model.media import VideoFrame
from watchglass.model.units import CodeValues, Judged, Measured, Seconds, Share

HOLD = 0.5
"""Seconds without a new picture from which that is told."""
STEADY = 1.5
"""Code values up to which even shimmer is taken for the noise of a re-encoded still."""
SETTLES_IN = 0.7
"""Seconds in which an encoder settles on a picture that stands still."""
PULSE, PULSE_APART, PULSE_SHARE = 0.2, 0.4, 0.1
"""An encoder renews a still in at most `PULSE` s, `PULSE_APART` s or more apart, on this share of the tiles or more."""
BUSY = 4.0
"""Code values of change from which the picture is taken to drift as far as it changes."""
RING_STEP = 0.1
"""Seconds between the pictures that are kept to look a second back."""


class FreezeSettings(Settings):
    """Thresholds of `video.freeze`."""

    moves_at: Measured[CodeValues] = 0.6
    """Change of a tile from which it counts as moving in `moving_share`."""
    still_at: Judged[CodeValues] = 0.6
    """Change of the busiest tile up to which the picture stands still."""
    shimmer: Judged[CodeValues] = 2.5
    """Even, unaccumulating change up to which a re-encoded still may shimmer."""
    settle: Judged[CodeValues] = 3.0
    """Change up to which single frames may go on improving a picture that stands still."""
    refresh: Judged[CodeValues] = 10.0
    """Change up to which a key frame may renew a still picture."""
    rest_still_at: Judged[CodeValues] = 0.4
    """Change up to which the picture beside a ticker or clock stands still."""
    strip_moved_before: Judged[Share] = 0.25
    """Share of tiles that must have moved before, for all but a ticker to have stopped."""
    open_after: Judged[Seconds] = 2.0
    """How long the picture must stand before it is told."""


class Freeze(Detector[VideoFrame]):
    """Judges whether, and why, a picture stands still."""

    name = "video.freeze"
    status = Status.PROVISIONAL
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = FreezeSettings
    settings: FreezeSettings

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._ring: deque[tuple[float, NDArray[np.uint8]]] = deque()
        self._key_before = True
        self._shown_at = 0.0
        self._now: dict[str, float] = {}
        self._past = _Past()
        self._still = _Run(self.settings)
        self._beside = _Run(self.settings)
        self._gate = Gate(self.name, self.track_id, open_after=self.settings.open_after)
        self._reason = ""

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """Compare the picture with the one before and with one a second ago."""
        tiles = frame.change
        is_refresh = frame.key_frame and not self._key_before
        self._key_before = frame.key_frame
        if tiles is None:
            self._ring.clear()
            self._shown_at = frame.pts
            self._remember(frame)
            return
        rest = _outside_strips(tiles)
        flat = np.sort(tiles, axis=None)
        back = self._a_second_ago(frame)
        self._remember(frame)
        reading = frame.reading
        if frame.pts - self._shown_at > HOLD:
            # No picture came at all: the last one stood all the while.
            held = frame.pts - self._shown_at
            yield Reading(self.name, frame.track, "hold", self._shown_at, held, held, "s")
        self._shown_at = frame.pts
        yield reading(self.name, "rest", rest, "code values")
        # A busy picture has drifted, there is no need to look.
        drift = rest if back is None or rest > BUSY else _outside_strips(picture.tile_change(frame.small, back))
        yield reading(self.name, "drift", drift, "code values")
        yield reading(self.name, "floor", float(flat[len(flat) // 10]), "code values")
        moving = np.searchsorted(flat, self.settings.moves_at, side="right")
        yield reading(self.name, "moving_share", 1.0 - float(moving) / len(flat), "1")
        yield reading(self.name, "refresh" if is_refresh else "change", float(flat[-1]), "code values")

    def _remember(self, frame: VideoFrame) -> None:
        if not self._ring or not 0.0 <= frame.pts - self._ring[-1][0] < RING_STEP - 1e-6:
            self._ring.append((frame.pts, frame.small.copy()))

    def _a_second_ago(self, frame: VideoFrame) -> NDArray[np.uint8] | None:
        while len(self._ring) > 1 and self._ring[1][0] <= frame.pts - 1.0:
            self._ring.popleft()
        if not self._ring or self._ring[0][1].shape != frame.small.shape:
            return None
        return self._ring[0][1]

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Collect the readings of a frame; the change against the frame before comes last and decides."""
        self._now[reading.name] = reading.value
        if reading.name == "hold":
            yield from self._held(reading)
        if reading.name not in ("change", "refresh"):
            return
        self._past.times.append(reading.pts)
        now, limits = self._now, self.settings
        change, rest, drift = reading.value, now.get("rest", reading.value), now.get("drift", reading.value)
        # Shimmer is alike everywhere and leads nowhere; motion is neither.
        even = change <= limits.shimmer and change <= 4.0 * now["floor"] + 0.3 and drift <= 1.5 * change + 0.3
        is_quiet = change <= limits.still_at or even or self._past.is_steady(reading, drift)
        stands = self._still.update(is_quiet, change, now, reading, self._past)
        stands_beside = self._beside.update(rest <= limits.rest_still_at, rest, now, reading, self._past)
        if not (stands or stands_beside):
            self._past.learn(reading.end, change, now["floor"], now["moving_share"])
        if stands:
            self._still.noise.append(now["floor"])
        yield from self._decide(reading)

    def _held(self, reading: Reading) -> Iterator[Finding]:
        """No picture came for a while; a stream of varying frame rate may do that at rest."""
        if self._gate.is_open or reading.value < self.settings.open_after:
            return
        self._still.update(True, 0.0, {}, reading._replace(duration=0.0), self._past)
        self._reason = "no_pictures"
        severity = Severity.WARNING if self._past.is_regular else Severity.INFO
        yield from self._gate.update(
            reading, value=1.0, say=self._say, reason=self._reason, severity=severity, confidence=0.8
        )

    def _decide(self, reading: Reading) -> Iterator[Finding]:
        run, reason, frozen = self._still, self._still.how, False
        if run.stands:
            frozen = not self._is_a_room(run)
        elif self._beside.stands and self._beside.how == "motion_stopped":
            run, reason = self._beside, "strip_moves"
            frozen = run.moved_before >= self.settings.strip_moved_before
        if not self._gate.is_open:
            self._reason = reason
        over = self._beside if self._reason == "strip_moves" else self._still
        alarming = self._reason in ("motion_stopped", "strip_moves")
        yield from self._gate.update(
            reading,
            value=1.0 if frozen else 0.0,
            since=run.since if frozen else over.moves_since,
            say=self._say,
            reason=self._reason,
            severity=Severity.WARNING if alarming else Severity.INFO,
            confidence=0.9 if reason == "motion_stopped" else 0.7,
        )

    def _is_a_room(self, run: "_Run") -> bool:
        """A still scene with the noise that the stream had before: alive, and no freeze."""
        before = run.floor_before
        now = median(run.noise) if run.noise else 0.0
        return now > 0.15 and before > 0.15 and 0.6 * before <= now <= 1.6 * before

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        how = {
            "motion_stopped": "Motion stopped, without a cut",
            "strip_moves": "All but a strip or corner stopped at once",
            "cut": "The picture has stood still since a cut",
            "start": "The picture has stood still since watching began",
            "came_to_rest": "The motion came to rest",
            "no_pictures": "No new picture came",
        }[self._reason]
        return f"{how}; still for {lasted:.1f} s"


class _Past:
    """How the picture moved during the last seconds."""

    def __init__(self) -> None:
        self.frames: deque[tuple[float, float, float, float]] = deque(maxlen=300)
        self.recent: deque[tuple[float, float]] = deque(maxlen=120)
        self.times: deque[float] = deque(maxlen=25)

    def is_steady(self, reading: Reading, drift: float) -> bool:
        """A second of even shimmer after motion: noise that was put on a still, the same in every frame."""
        recent = self.recent
        if reading.name == "change":  # key frames stand out of it
            recent.append((reading.pts, reading.value))
        while recent and recent[0][0] < reading.pts - 1.0:
            recent.popleft()
        if len(recent) < 8 or recent[-1][0] - recent[0][0] < 0.8:
            return False
        highest = max(change for _, change in recent)
        if highest > STEADY or drift > 2.5 * reading.value + 0.5:
            return False
        lowest = min(change for _, change in recent)
        before = [frame[1] for frame in self.frames if frame[0] <= recent[0][0]]
        return highest <= 2.0 * lowest and bool(before) and highest <= 0.4 * median(before)

    @property
    def is_regular(self) -> bool:
        """Whether the last pictures came at even intervals."""
        steps = [after - before for before, after in pairwise(self.times)]
        return len(steps) >= 12 and max(steps) - min(steps) <= max(0.3 * median(steps), 0.004)

    def learn(self, end: float, change: float, floor: float, share: float) -> None:
        self.frames.append((end, change, floor, share))
        while self.frames[0][0] < end - 5.0:
            self.frames.popleft()


class _Run:
    """A stretch in which the picture (or all of it beside a strip) stands still, and how it began."""

    def __init__(self, limits: FreezeSettings) -> None:
        self.stands = False
        self.since = 0.0
        self.how = "start"
        self.moves_since: float | None = None
        """Where the last frames that were not quiet began: there it was over, if they go on."""
        self.moved_before = 0.0
        self.floor_before = 0.0
        self.noise: deque[float] = deque(maxlen=50)
        self._limits = limits
        self._may_drift = limits.settle
        self._renewed_at = 0.0
        self._pulse_began = 0.0
        self._unquiet: deque[float] = deque()

    def update(self, is_quiet: bool, change: float, now: dict[str, float], reading: Reading, past: "_Past") -> bool:
        """Take a frame into account; True while the run goes on."""
        if not self.stands:
            if is_quiet:
                # The picture that stands was first shown one frame ago: that was the last that moved.
                self.since = max(0.0, reading.pts - reading.duration)
                self.moves_since = None
                self.noise.clear()
                self._unquiet.clear()
                self._look_back(reading, past)
            self.stands = is_quiet
            return is_quiet
        if is_quiet:
            self.moves_since = None
        else:
            if self.moves_since is None:
                self.moves_since = reading.pts
            self.stands = self._is_tolerable(change, reading.name == "refresh", now["moving_share"], reading)
        # For a second, "a second ago" lies before the standstill, or before it had settled, and says nothing of it.
        settled = max(self.since, self._unquiet[-1]) if self._unquiet else self.since
        if self.stands and reading.end - settled > 1.0 + 2.0 * RING_STEP:
            renewed = reading.pts - self._renewed_at <= 1.0 + 2.0 * RING_STEP
            self.stands = now["drift"] <= (self._limits.refresh if renewed else self._may_drift)
        return self.stands

    def _is_tolerable(self, change: float, is_refresh: bool, share: float, reading: Reading) -> bool:
        """Encoders settle on a still picture step by step, and renew it now and then, in a key frame or around it."""
        pts, unquiet = reading.pts, self._unquiet
        if not unquiet or pts - unquiet[-1] > PULSE_APART:
            self._pulse_began = pts
        unquiet.append(pts)
        while unquiet[0] <= pts - 1.0:
            unquiet.popleft()
        is_pulse = is_refresh or (share >= PULSE_SHARE and pts - self._pulse_began <= PULSE)
        if is_pulse and change <= self._limits.refresh:
            self._renewed_at = pts
            return True
        lasted = reading.end - self.since
        most = 0.85 if lasted < 1.0 else 0.3
        return change <= self._limits.settle and len(unquiet) * reading.duration <= most * min(1.0, lasted) + 0.1

    def _look_back(self, reading: Reading, past: _Past) -> None:
        """How the motion ended: by a cut, at once, or slower and slower."""
        shimmers = reading.value > self._limits.still_at  # for a second, already
        frames = [frame for frame in past.frames if frame[0] >= reading.pts - (3.0 if shimmers else 2.0)]
        if len(frames) < 3:
            self.how = "start" if not past.frames and reading.pts < 2.0 else "came_to_rest"
            self.moved_before = self.floor_before = 0.0
            self._may_drift = self._limits.still_at
            return
        changes = [frame[1] for frame in frames]
        shares = [frame[3] for frame in frames]
        usual = median(changes[: len(changes) // 2] if shimmers else changes[:-1])
        self.moved_before = median(shares)
        self.floor_before = median(frame[2] for frame in frames)
        self._may_drift = min(self._limits.settle, max(self._limits.still_at, 0.4 * usual))
        # An encoder may take some frames to settle on a picture that stopped at once: they are not its motion.
        settling = min(2.0 * self._limits.settle, 0.35 * usual)
        last = len(frames) - 1
        while last > 0 and changes[last] < settling and frames[last][0] > reading.pts - SETTLES_IN - shimmers:
            last -= 1
        if changes[last] > 4.0 * usual and changes[last] > 20.0 and shares[last] > 0.8:
            self.how = "cut"
        elif changes[last] < 0.5 * usual and shares[last] < 0.5 * self.moved_before:
            self.how = "came_to_rest"
        else:
            self.how = "motion_stopped"
            self.since = min(self.since, max(0.0, frames[last][0] - reading.duration))


def _strips() -> NDArray[np.bool_]:
    """Where a ticker or a clock may move: nowhere, bottom third, top two ninths, four corners: (7, rows, columns)."""
    rows, columns = picture.TILE_ROWS, picture.TILE_COLUMNS
    strips = np.zeros((7, rows, columns), bool)
    strips[1, -3:] = True
    strips[2, :2] = True
    for index, (vertical, horizontal) in enumerate(
        (
            (slice(0, 3), slice(0, 5)),
            (slice(0, 3), slice(-5, None)),
            (slice(-3, None), slice(0, 5)),
            (slice(-3, None), slice(-5, None)),
        )
    ):
        strips[3 + index, vertical, horizontal] = True
    return strips


_OUTSIDE = ~_strips()


def _outside_strips(tiles: NDArray[np.float32]) -> float:
    """The busiest tile outside the strip or corner that leaves the stillest rest."""
    if tiles.shape != _OUTSIDE.shape[1:]:
        return float(tiles.max())
    return float((tiles * _OUTSIDE).max(axis=(1, 2)).min())
