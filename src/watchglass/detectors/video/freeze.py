"""Freeze: the picture stands still where it should move.

## What it measures
By tile (9 x 16 of them), in 8-bit code values of mean absolute change: `change` against the frame before (the busiest
tile; `refresh` instead on a key frame among others, where encoders renew a still picture), `rest` (the busiest tile
outside a strip or corner that may hold a ticker or a clock), `drift` (against a picture one second ago), `floor` (the
stillest tenth of the tiles: the stream's own noise); `moving_share` (share of tiles that move by more than the noise;
black at the sides, but for a logo, does not count as picture) and `rest_share` (the same outside that strip). Where the
picture comes to rest, `one_way`: the way from half a second ago to where it stands, as a share of all that changed in
between; or how straight the way of a second was, if it led to another picture; or 1, if it came out of black. Motion
comes and goes; a fade or a dissolve goes one way. Where only a strip or corner moves, `wander`: how much of what moves
is elsewhere than before. A ticker or a clock keeps its place, a pointer wanders. Where the change leaps, `newness`: the
change of the tiles' means as a share of the change. Motion moves detail about within the tiles; another picture has
other means (1 if it is not alike at all). Between key frames that alone are watched: `key_change`, `alike` (correlation
of their tiles), `coded_share` (what was coded between them, beside what is usual), `stopped` (s; for how long next to
nothing has been coded, with no cut before). `hold` (s): time without any new picture; while other tracks go on, beyond
what is usual.

## Why it matters
The commonest failure of encoders, cameras and links: bytes flow, every check of the transport is green, and the
viewer looks at a photograph.

## Opens and closes
Opens when no tile, or none but those of a ticker or clock, has moved for `open_after`, dated back to the last frame
that moved; shimmer of a re-encoded still does not count as motion, because it does not add up over a second. Closes
at the first frame that moves.
Reasons: `motion_stopped` (an alarm), `strip_moves` (an alarm: all but a ticker or clock stopped at once),
`no_pictures` (an alarm where pictures had come regularly: none came at all); `cut`, `start` and `came_to_rest` are
information: a slide, a title, an object that slowed down, a picture that rested time and again before.

## Blind spots
A static room with its camera noise going on is not reported, and so neither is a freeze behind which noise is added
anew at the level that the programme had. A freeze shorter than `open_after`. Motion smaller than a tile's `still_at`. A
freeze exactly at a cut looks like a slide, and one of slides, screens and other pictures that mostly rest like another
rest. A dissolve from pictures that move fast to a still may look like a freeze. Motion that stops within two pictures
after a cut looks like a still, and so does one that has hardly moved since: for a second, an encoder that sharpens it
is not told from little motion. Something small beside a ticker may stop unseen. Motion about to end, or that goes
straight and ever slower, looks like rest or a fade when it is cut short. What happens between the key frames of the
light tier.

## Sources
- FFmpeg, `libavfilter/vf_freezedetect.c`: mean absolute difference below 0.001 of full scale for 2 s.
- EBU QC 0072B, "freeze frame".
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from statistics import median
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture, strips
from watchglass.model.arrival import MOVING, WAY, Arrival
from watchglass.model.coded import CodedPicture
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.frames import Frames
from watchglass.model.gate import SLACK, Gate
from watchglass.model.key_stills import COMPARED, CodedSizes, Compared, KeyStills, compare
from watchglass.model.limits import Bound
from watchglass.model.media import NotWatched, Progress, TimelineBreak, VideoFrame
from watchglass.model.overdue import Overdue
from watchglass.model.shimmer import SILENT, STEADY, Seen, Shimmer, is_uneven, leads_away
from watchglass.model.skimming import Skims
from watchglass.model.standstill import ANOTHER, ANOTHER_SHARE, FADES_BY, FADES_ON, Standstill
from watchglass.model.units import CodeValues, Judged, Measured, Seconds, Share

HOLD = 0.5
"""Seconds without a new picture from which that is told."""
LEAP, LEAP_TIMES = 12.0, 1.3
"""Change of the busiest tile, in code values and times the one before, that may be another picture."""
NOISE = 1.5
"""Floor up to which it is the stream's noise, above which, twice, a tile must change to count as moving."""
WANDERS = 0.6
"""Share of what moves beside the rest that is elsewhere a moment later, from which it is no ticker or clock."""
TICK = 0.2
"""Seconds by which the whole picture may be found to stand later than the part beside a strip."""


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
    strip_moved_before: Judged[Share] = 0.08
    """Share of tiles beside it that must have moved before, for all but a ticker to have stopped."""
    open_after: Judged[Seconds] = 2.0
    """How long the picture must stand before it is told."""


class Freeze(Skims, Detector[VideoFrame | CodedPicture | Progress | TimelineBreak | NotWatched]):
    """Judges whether, and why, a picture stands still."""

    name = "video.freeze"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame, CodedPicture, Progress, TimelineBreak, NotWatched)
    settings_type = FreezeSettings
    limits: ClassVar = {
        "change": Bound("still_at", "below"),
        "rest": Bound("rest_still_at", "below"),
        "hold": Bound("open_after"),
    }
    settings: FreezeSettings
    decided_by = ("change", "refresh", "key_change")
    memory, memory_seconds, memory_at_least = 300, 6.0, 25
    noted = COMPARED | {"rest", "rest_share", "drift", "floor", "one_way", "wander", "newness", "moving_share"}

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._arrival = Arrival()
        self._busiest = 0.0
        self._new_at = -FADES_ON
        self._led, self._wandered = (-WAY, 0.0), (-inf, 0.0)
        self._key_before = True
        self._shown_at = inf
        self._now: dict[str, float] = {}
        self._times: deque[float] = deque(maxlen=25)
        self._shimmer = Shimmer()
        self._is_far = self._knows_all = False
        self._between = CodedSizes()
        self._tiles: NDArray[np.float32] | None = None
        self._was_far = False
        self._held_until = 0.0
        self._overdue = Overdue(HOLD)
        limits = self.settings
        self._keys = KeyStills(still_at=limits.still_at, shimmer=limits.shimmer)
        self._still, self._beside = (
            Standstill(still_at=at, settle=limits.settle, refresh=limits.refresh, told_after=limits.open_after)
            for at in (limits.still_at, limits.rest_still_at)
        )
        self._gate = Gate(self.name, self.track_id, open_after=self.settings.open_after)
        self._reason = ""
        self._moves_beyond = max(limits.still_at, limits.shimmer, STEADY)
        """Change above which the picture moves, whatever its noise."""

    def measure(self, frame: VideoFrame | CodedPicture | Progress | TimelineBreak | NotWatched) -> Iterator[Reading]:
        """Compare the picture with the one before and with one a second ago."""
        if isinstance(frame, Progress):
            if late := self._overdue.at(frame.pts):  # the others go on, and no picture has come
                yield Reading(self.name, self.track_id, "hold", self._shown_at, late, late, "s")
            return
        if isinstance(frame, TimelineBreak | NotWatched):
            if frame.is_outrun if isinstance(frame, NotWatched) else frame.cause == "outrun":
                self._shown_at = inf
                self._overdue.pause(frame.end)
            return
        if not self._overdue.came(frame.pts, frame.end):
            return
        if isinstance(frame, CodedPicture):
            self._knows_all = True
            self._between.add(frame.pts, frame.size)
            if frame.pts - self._shown_at > HOLD:
                yield self._hold(frame.pts)
            self._shown_at = frame.pts
            return
        tiles, is_far, key_tiles = frame.change, self._is_far, self._tiles
        self._is_far = self.track is not None and self.track.has_key_frames_only
        self._tiles = frame.tiles if self._is_far else None
        is_refresh = frame.key_frame and not self._key_before
        self._key_before = frame.key_frame
        if tiles is None:
            self._shown_at = frame.pts
            self._arrival.begin(frame)
            return
        arrival, reading, name, moves_at = self._arrival, frame.reading, self.name, self.settings.moves_at
        if frame.pts - self._shown_at > HOLD and (self._knows_all or not is_far):
            yield self._hold(frame.pts)
        self._shown_at = frame.pts
        if is_far and key_tiles is not None:
            arrival.begin(frame)
            share = float(np.mean(tiles > moves_at + 2.0 * min(float(np.quantile(tiles, 0.1)), NOISE)))
            yield from compare(name, frame, key_tiles, self._between)
            yield reading(name, "moving_share", share, "1")
            yield reading(name, "key_change", float(tiles.max()), "code values")
            return
        flat = np.sort(tiles, axis=None)
        floor = float(flat[flat.size // 10])
        moves_at += 2.0 * min(floor, NOISE)
        rest = strips.rest(tiles)
        yield reading(name, "rest", rest.busiest, "code values")
        yield reading(name, "drift", arrival.drift(frame, rest.busiest), "code values")
        active = arrival.active if arrival.active is not None else np.ones(tiles.size, np.bool_)
        rest_share = np.count_nonzero(rest.tiles > moves_at) / max(1, int(np.count_nonzero(active[rest.where])))
        yield reading(name, "rest_share", float(min(1.0, rest_share)), "1")
        yield reading(name, "floor", floor, "code values")
        if (one_way := arrival.one_way(frame, tiles, rest)) is not None:
            yield reading(name, "one_way", one_way, "1")
        if (wander := arrival.wander(frame.pts, rest)) is not None:
            yield reading(name, "wander", wander, "1")
        moving_share = float(min(1.0, np.count_nonzero(flat > moves_at) / np.count_nonzero(active)))
        before, self._busiest = self._busiest, rest.busiest  # a ticker leaps all the time
        leaps = self._busiest > LEAP and self._busiest > LEAP_TIMES * before
        goes_on = frame.pts - self._new_at <= FADES_ON and self._busiest > MOVING
        if (leaps or goes_on) and frame.previous_small is not None:
            newness = picture.newness(frame.tiles, picture.tile_mean(frame.previous_small), float(flat.sum()))
            is_another = newness >= ANOTHER and moving_share >= ANOTHER_SHARE
            if is_another and leaps:
                arrival.another_at = frame.pts
            if is_another or newness >= FADES_BY:
                self._new_at = frame.pts
            yield reading(name, "newness", newness, "1")
        yield reading(name, "moving_share", moving_share, "1")
        yield reading(name, "refresh" if is_refresh else "change", float(flat[-1]), "code values")

    def _hold(self, pts: float) -> Reading:
        """No picture came at all: the last one stood all the while."""
        held = pts - self._shown_at
        return Reading(self.name, self.track_id, "hold", self._shown_at, held, held, "s")

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Collect the readings of a frame; the change against the frame before comes last and decides."""
        self._now[reading.name] = reading.value
        if reading.name == "hold":
            yield from self._held(reading)
        if reading.name not in self.decided_by:
            return
        is_far = reading.name == "key_change"
        before = self._times[-1] if self._times else reading.pts
        if is_far is not self._was_far:
            self._was_far = is_far
            for past in (self._times, self._still.past, self._beside.past):
                past.clear()
            if not is_far and max(reading.value, self._now["floor"]) <= SILENT:
                self._keys.hand_over(self._still)
            self._keys.restart()
        self._times.append(reading.pts)
        if is_far:
            yield from self._by_key_frames(reading, before)
            return
        now, limits = self._now, self.settings
        change, rest, drift, floor = reading.value, now["rest"], now["drift"], now["floor"]
        what = now.pop("newness", 0.0), reading.name == "refresh"
        self._shimmer.remember(reading.pts, change, renews=what[1])
        whole = Seen(reading.end, change, floor, now["moving_share"], *what)
        beside = Seen(reading.end, rest, 0.0, now["rest_share"], *what)
        if "wander" in now:
            self._wandered = reading.pts, now.pop("wander")
        if "one_way" in now:
            self._led = reading.pts, now.pop("one_way")
        moves = change > self._moves_beyond and rest > limits.rest_still_at
        if moves and self._gate.is_idle and self._still.is_over(reading.pts) and self._beside.is_over(reading.pts):
            self._still.moves(whole, reading.pts)  # as most of the time
            self._beside.moves(beside, reading.pts)
            return
        even = change <= limits.shimmer and not is_uneven(change, floor, drift)
        is_quiet = change <= limits.still_at or even or self._shimmer.is_steady(reading, drift, self._still.past)
        one_way = self._led[1] if reading.pts - self._led[0] < WAY else None
        stands = self._still.update(is_quiet, whole, drift, reading, one_way)
        stands_beside = self._beside.update(rest <= limits.rest_still_at, beside, drift, reading, one_way)
        if not stands:
            self._still.learn(whole)
        if not stands_beside:
            self._beside.learn(beside)
        yield from self._decide(reading)

    def _by_key_frames(self, reading: Reading, before: float) -> Iterator[Finding]:
        """Decide from a key frame and the one before; what goes on beside a strip cannot be told from them."""
        now, still = self._now, reading.value <= self.settings.shimmer
        coded, stopped = now.pop("coded_share", None), now.pop("stopped", None)
        seen = Compared(reading.pts, before, reading.value, now["moving_share"], now["alike"], coded, stopped)
        self._keys.see(self._still, seen)
        self._beside.stands, self._beside.moves_since = self._beside.stands and still, reading.pts
        if self._reason == "no_pictures" and not still:  # those between the key frames have come again
            self._still.moves_since = self._held_until
        yield from self._decide(reading)

    def _held(self, reading: Reading) -> Iterator[Finding]:
        """No picture came for a while; a stream of varying frame rate may do that at rest."""
        if self._gate.is_open or reading.value < self.settings.open_after:
            return
        self._held_until = reading.end
        self._still.update(True, Seen(reading.pts, 0.0, 0.0, 0.0), 0.0, reading._replace(duration=0.0))
        self._reason = "no_pictures"
        severity = Severity.WARNING if self._is_regular else Severity.INFO
        yield from self._gate.update(
            reading, value=1.0, say=self._say, reason=self._reason, severity=severity, confidence=0.8
        )

    @property
    def _is_regular(self) -> bool:
        """Whether the last pictures came at even intervals."""
        steps = [after - before for before, after in pairwise(self._times)]
        return len(steps) >= (3 if self._was_far else 12) and max(steps) - min(steps) <= max(0.3 * median(steps), 0.004)

    def _decide(self, reading: Reading) -> Iterator[Finding]:
        run, beside = self._still, self._beside
        reason: str = run.how
        frozen = run.stands and not run.is_a_room
        # A clock that ticks lets the whole picture stand in between, but not for as long.
        stands_beside = (
            beside.stands
            and beside.how == "motion_stopped"
            and min(beside.moved_before, beside.moved_last) >= self.settings.strip_moved_before
            and not (frozen and run.since <= beside.since + TICK)
        )
        is_strip = stands_beside and self._is_strip(beside.since, reading.end)
        if is_strip or (stands_beside and self._gate.is_open):
            run, reason, frozen = beside, "strip_moves", True
        began = self._gate.began if self._gate.is_open else None
        if began is None or (is_strip and run.since <= began + TICK):
            self._reason = reason  # that it is a clock may be known after its next tick only
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

    def _is_strip(self, since: float, now: float) -> bool:
        """Whether what moves beside a standstill stays in one place, as a ticker or clock does, and no pointer.

        Until it must be told, that need not be known.
        """
        moved_at, wander = self._wandered
        return wander <= WANDERS if moved_at >= since else now < since + self.settings.open_after - SLACK

    @property
    def is_settled(self) -> bool:
        """Something was seen, and it moves, by now."""
        if not self._times or not self._gate.is_idle:
            return False
        return self._still.is_over(self._times[-1]) and self._beside.is_over(self._times[-1])

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Motion, beside a strip, too: beyond any shimmer, or uneven, or leading away."""
        limits, change = self.settings, frames.value
        drift, floor = frames.of("drift"), frames.of("floor")
        is_no_noise = is_uneven(change, floor, drift) & ((change > STEADY) | leads_away(change, drift))
        moves = (change > self._moves_beyond) | ((change > limits.still_at) & is_no_noise)
        return moves & (frames.of("rest") > limits.rest_still_at) & ~(frames.of("hold") >= limits.open_after)

    def recall(self, frames: Frames) -> bool:
        """Only the past of either standstill grows."""
        deciding, needed = frames.deciding, ("floor", "moving_share", "rest", "rest_share")
        columns = [frames.value, *(frames.of(name) for name in needed), np.nan_to_num(frames.of("newness"))]
        if self._was_far or np.isnan(columns).any():
            return False
        ends, times = deciding.pts + deciding.duration, deciding.pts.tolist()
        renews = deciding.is_word(deciding.name, "refresh")
        change, floor, share, rest, rest_share, newness = columns
        for run, *seen in (
            (self._still, ends, change, floor, share, newness, renews),
            (self._beside, ends, rest, np.zeros(len(rest)), rest_share, newness, renews),
        ):
            run.recall([Seen(*each) for each in zip(*(column.tolist() for column in seen), strict=True)], times)
        self._shimmer.recall(zip(deciding.pts[~renews].tolist(), change[~renews].tolist(), strict=True))
        self._times.extend(times)
        self._wandered = _latest(times, frames.of("wander"), self._wandered)
        self._led = _latest(times, frames.of("one_way"), self._led)
        return True

    def note(self, values: Mapping[str, float]) -> None:
        """All but the change, which decides."""
        self._now.update(values)

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


def _latest(times: Sequence[float], told: NDArray[np.float64], before: tuple[float, float]) -> tuple[float, float]:
    """When something was told last, and what; NaN where it was not."""
    at = np.flatnonzero(~np.isnan(told))
    return (times[at[-1]], float(told[at[-1]])) if at.size else before
