"""One timeline for all tracks of a stream, from clocks that wrap, jump and restart."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Literal

from watchglass.model.media import TimelineBreak

WRAP = 2**33 / 90_000
"""Seconds after which the 33-bit clock of an MPEG transport stream begins again (ISO/IEC 13818-1, 2.4.3.7)."""

JUMP_AHEAD = 10.0
"""Seconds: a longer step forward is another clock, not a hole."""

JUMP_BACK = 0.5
"""Seconds: a longer step backward is another clock, not an overlap."""

SEAM = 0.05
"""Seconds by which two files that follow one another may miss each other: sound and picture end at different times."""

LONGEST_HOLE = 86_400.0
"""Seconds: where a manifest tells how its clock goes on, a longer step forward than this is not believed."""

FOLLOWS = 1.0
"""Seconds: a track that lands this near to where it was, with the step that another has made, makes the same one."""


def in_seconds(ticks: int, time_base: Fraction) -> float:
    """Container time in seconds; a Fraction for each frame would cost more than all its arithmetic."""
    return ticks * time_base.numerator / time_base.denominator


@dataclass(slots=True)
class _Clock:
    """What is known of one track: in raw, unwrapped seconds."""

    expected: float
    turns: int
    shift: float
    announced: bool = False
    is_told: bool = False
    """True if what comes next is on the same clock as before, whatever is announced."""
    is_outrun: bool = False
    """True if something that was there was not read before what comes next."""


class Timeline:
    """Places raw timestamps of several tracks on one line that begins at 0 and never restarts.

    When one track's clock jumps, the others are expected to follow by the same step, so that sound and picture
    stay together. Safe to share between threads.

    Args:
        arrears: Of a stream that does not wait for us: seconds of it that may be gone because we were too slow.
    """

    def __init__(self, arrears: Callable[[], float] = lambda: 0.0) -> None:
        self._arrears = arrears
        self._clocks: dict[str, _Clock] = {}
        self._shift: float | None = None
        self._reached = 0.0
        self._lock = Lock()

    @property
    def reached(self) -> float:
        """The latest end that was placed, in seconds."""
        return self._reached

    def begin_at(self, raw: float) -> None:
        """Let the line begin at this raw time (seconds), unless it has begun."""
        with self._lock:
            if self._shift is None:
                self._shift = -raw

    def announce_break(self, *, is_told: bool = False) -> None:
        """The container or the playlist says that timestamps begin anew here, on every track.

        Args:
            is_told: True if it also says how they go on (a manifest with a clock of its own): a step forward is then a
                hole, however long, and not another clock.
        """
        with self._lock:
            for clock in self._clocks.values():
                clock.announced, clock.is_told = True, is_told

    def announce_outrun(self) -> None:
        """We were too slow for what was here, on every track: its clock has gone on, and the hole is ours."""
        with self._lock:
            for clock in self._clocks.values():
                clock.is_outrun = True

    @property
    def has_begun(self) -> bool:
        """True once it is known which time of a container is its beginning."""
        return self._shift is not None

    def locate(self, raw: float, *, wraps: bool) -> float:
        """Where a time of the container's clock lies (seconds), by the clock that was set last; changes nothing."""
        with self._lock:
            if self._shift is None:
                return 0.0
            pts = raw + self._shift
            return pts - round((pts - self._reached) / WRAP) * WRAP if wraps else pts

    def clock_of(self, track: str) -> tuple[float, float] | None:
        """Of a track that was placed: the end of it by the container's clock, and what leads from there to the line.

        Both in seconds; the first as the container tells it, before a wrap or after it.
        """
        with self._lock:
            clock = self._clocks.get(track)
            if clock is None:
                return None
            turned = clock.turns * WRAP
            return clock.expected - turned, clock.shift + turned

    def place(
        self, track: str, raw: float | None, duration: float, *, wraps: bool, tolerance: float
    ) -> tuple[float, TimelineBreak | None]:
        """Place one frame or run of samples.

        Args:
            track: Id of the track.
            raw: Its timestamp in seconds of the container's clock; None where it has none.
            duration: How long it lasts, in seconds.
            wraps: Whether the clock has 33 bits.
            tolerance: Seconds by which a timestamp may miss the expected one.

        Returns:
            Seconds on the timeline, and what was wrong, if anything was.
        """
        with self._lock:
            clock = self._clocks.get(track)
            if clock is None:
                if self._shift is None:
                    self._shift = -(raw or 0.0)
                clock = _Clock(expected=-self._shift if raw is None else raw, turns=0, shift=self._shift)
                if raw is not None and wraps:  # the track may begin on the other side of a wrap
                    clock.turns = round((-clock.shift - raw) / WRAP)
                    clock.expected = raw + clock.turns * WRAP
                self._clocks[track] = clock
            broken, is_told = None, raw is not None
            if raw is None:
                raw = clock.expected
            elif wraps:
                turns = round((clock.expected - raw) / WRAP)
                raw += turns * WRAP
                if turns != clock.turns:
                    broken = self._broken(track, clock, raw, "wrap", announced=True)
                    clock.turns = turns
            jump = raw - clock.expected
            is_outrun = clock.is_outrun or tolerance < jump <= self._arrears()
            goes_on = clock.is_told if clock.announced else is_outrun
            is_seam = goes_on and -JUMP_BACK <= jump <= LONGEST_HOLE
            if not is_seam and (clock.announced or self._is_another_clock(clock, raw)):
                broken = self._reanchor(track, clock, raw) or broken
            elif abs(jump) > (max(tolerance, SEAM) if is_seam else tolerance):
                broken = self._broken(track, clock, raw, "overlap" if jump < 0 else "outrun" if is_outrun else "gap")
            clock.announced = clock.announced and not is_told
            clock.is_outrun = clock.is_outrun and not is_told
            clock.expected = raw + duration
            pts = raw + clock.shift
            self._reached = max(self._reached, pts + duration)
            return pts, broken

    def _is_another_clock(self, clock: _Clock, raw: float) -> bool:
        """Whether a step that nobody announced leads to another clock; tracks that step together go together."""
        assert self._shift is not None
        jump = raw - clock.expected
        if jump > JUMP_AHEAD:  # unless another track is there already, by the clock that both have had
            return raw + clock.shift > self._reached + FOLLOWS
        if jump > FOLLOWS and clock.shift != self._shift:  # another track may have made this step
            return abs(raw + self._shift - clock.expected - clock.shift) <= FOLLOWS
        return jump < -JUMP_BACK

    def _reanchor(self, track: str, clock: _Clock, raw: float) -> TimelineBreak | None:
        """Let a track that jumped go on where it was, together with those that jumped before it."""
        on_time = clock.expected + clock.shift
        assert self._shift is not None
        jump = raw - clock.expected
        if clock.announced and abs(jump) < SEAM:  # announced, and yet the clock simply goes on
            return None
        broken = self._broken(track, clock, raw, "discontinuity", announced=clock.announced)
        # At an announced break the step is known, and a track that ended early is late with it, not somewhere else.
        is_known = clock.shift != self._shift
        late = JUMP_AHEAD if clock.announced and is_known else FOLLOWS
        early = FOLLOWS if is_known or not clock.announced else 0.05  # a stream that is begun anew may be a second old
        if not -early <= raw + self._shift - on_time <= late:  # nobody has made this step yet
            # An announced break begins where the longest track ended; an unannounced one where this track was.
            target = max(on_time, self._reached) if clock.announced else on_time
            self._shift = target - raw
        clock.shift = self._shift
        return broken

    def _broken(
        self,
        track: str,
        clock: _Clock,
        raw: float,
        cause: Literal["wrap", "discontinuity", "gap", "overlap", "outrun"],
        *,
        announced: bool = False,
    ) -> TimelineBreak:
        return TimelineBreak(
            track=track,
            pts=clock.expected + clock.shift,
            cause=cause,
            raw_before=clock.expected,
            raw_after=raw,
            announced=announced,
        )
