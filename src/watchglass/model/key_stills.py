"""Standing still, told from key frames alone: what lies between two of them is not known."""

from collections import deque
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.model.finding import Reading
from watchglass.model.media import VideoFrame
from watchglass.model.standstill import Standstill
from watchglass.model.units import CodeValues, Seconds, Share

SAME_SHOT = 0.7
"""Correlation of the tiles of two key frames from which they are of the same shot."""
MOVED, MOVED_FOR = 3, 6.0
"""Key frames in a row, and seconds, that must have differed from those before, for motion to be what stopped."""
LITTLE, NEXT_TO_NOTHING = 0.4, 0.1
"""Share of the usual size below which pictures say that nothing has changed; below which nothing else can be."""
LEAPS, AT_LEAST = 2.0, 3
"""Times the third largest of late, from which a picture is a cut or a flash; pictures that show what they do."""
BRIGHTER, CONTRAST = 16.0, (0.6, 1.7)
"""Code values by which, and times by which the contrast of, two pictures differ at most for the camera to have swept
from one to the other."""
AS_BEFORE = 0.15
"""How much less alike two key frames of one shot may be than those before, where the camera never rests."""
USUAL = 16
"""Key frames between which it is known how much was coded."""
MOVING_SHARE = 0.2
"""Share of the tiles that changes from one key frame to the next wherever people or things are filmed."""

COMPARED = frozenset({"alike", "coded_share", "stopped"})
"""Readings of ``compare``."""


class Compared(NamedTuple):
    """A key frame beside the one before."""

    pts: Seconds
    before: Seconds
    """When that one was shown."""
    change: CodeValues
    """Of the busiest tile."""
    share: Share
    """Of the tiles that changed."""
    alike: Share
    """Correlation of the tiles of both."""
    coded: Share | None = None
    """Size of the pictures between them, as a share of what is usual; None where nothing is known of them."""
    stopped: Seconds | None = None
    """How long before it they became next to nothing, where no other picture came first."""


class Between(NamedTuple):
    """What was coded between two key frames."""

    share: Share
    """Its size, as a share of what is usual."""
    stopped: Seconds | None
    """How long before the second one it became next to nothing, at once; None where it did not, or after a cut."""


class CodedSizes:
    """How much was coded between key frames."""

    def __init__(self) -> None:
        self._times: list[Seconds] = []
        self._sizes: list[int] = []
        self._before: list[int] = []
        """The same between the two key frames before."""
        self._usual: deque[float] = deque(maxlen=USUAL)

    def add(self, pts: Seconds, size: int) -> None:
        """A picture since the last key frame (bytes)."""
        self._times.append(pts)
        self._sizes.append(size)

    def until(self, pts: Seconds) -> Between | None:
        """What was coded since the last key frame, now that there is another; None if nothing was."""
        if not self._sizes:
            return None
        size = float(np.median(self._sizes))
        self._usual.append(size)
        usual = max(1.0, float(np.quantile(self._usual, 0.75)))
        between = Between(size / usual, self._stopped(pts, NEXT_TO_NOTHING * usual))
        self._times, self._sizes, self._before = [], [], self._sizes
        return between

    def _stopped(self, pts: Seconds, nothing: float) -> Seconds | None:
        """A freeze costs an encoder nothing; another picture, even a still one, costs more than any motion."""
        sizes = np.pad(self._sizes, AT_LEAST - 1, mode="reflect")  # some pictures of a freeze refine it
        middle = np.median(np.lib.stride_tricks.sliding_window_view(sizes, 2 * AT_LEAST - 1), axis=1)
        much = np.flatnonzero(middle > nothing)
        if len(much) < AT_LEAST or len(self._sizes) - 1 - much[-1] < AT_LEAST:
            return None
        third = sorted(self._sizes + self._before)[-AT_LEAST]
        return None if max(self._sizes) > LEAPS * third else pts - self._times[much[-1]]


def compare(detector: str, frame: VideoFrame, before: NDArray[np.float32], coded: CodedSizes) -> Iterator[Reading]:
    """How alike a key frame is to the one that had the tiles ``before``, and what was coded between them."""
    like, between = frame.likeness(before), coded.until(frame.pts)
    yield frame.reading(detector, "alike", like.correlation, "1")
    if between is None:
        return
    yield frame.reading(detector, "coded_share", between.share, "1")
    is_exposed_alike = abs(like.brighter) <= BRIGHTER and CONTRAST[0] <= like.contrast <= CONTRAST[1]
    if between.stopped is not None and is_exposed_alike:  # nor does a plain picture or a card cost anything
        yield frame.reading(detector, "stopped", between.stopped, "s")


class KeyStills:
    """Lets a ``Standstill`` begin and end with key frames.

    Args:
        still_at: Change up to which the picture stands still.
        shimmer: Change up to which it may go on standing: an encoder makes other key frames of one picture.
    """

    def __init__(self, *, still_at: CodeValues, shimmer: CodeValues) -> None:
        self._still_at = still_at
        self._shimmer = shimmer
        self.restart()

    def restart(self) -> None:
        """Pictures between key frames were seen as well: what moved there is known better."""
        self._moves_since: Seconds | None = None
        self._moves = 0
        self._last: Compared | None = None
        """The latest that moved."""
        self._likeness: deque[Share] = deque(maxlen=MOVED)
        """Of those that moved before."""
        self._share: Share = 1.0
        self._rests_since: Seconds | None = None
        """Since when nothing changed that may not be the encoder's."""

    def see(self, run: Standstill, seen: Compared) -> None:
        """Take a key frame into account; ``run`` is what stands, or does not."""
        if seen.change > self._shimmer:
            if run.stands or self._rests_since is not None:
                run.stands, run.moves_since = False, seen.pts
                self.restart()
            self._moves_since = seen.before if self._moves_since is None else self._moves_since
            if self._last is not None:
                self._likeness.append(self._last.alike)
            self._moves, self._last, self._share = self._moves + 1, seen, min(self._share, seen.share)
            return
        is_first = self._rests_since is None
        if self._rests_since is None:
            self._rests_since = seen.before - (self._last.stopped or 0.0 if self._last else 0.0)
        # Two may be alike by chance, as in animation that goes in circles; what was coded between them tells.
        is_sure = not is_first if seen.coded is None else seen.coded <= LITTLE
        is_certain = seen.coded is not None and seen.coded <= NEXT_TO_NOTHING
        if not run.stands and (is_certain or (is_sure and seen.change <= self._still_at)):
            self._stands(run)

    def hand_over(self, run: Standstill) -> None:
        """Every picture is seen from now on, and the first stands still: so did the last key frames, if they did."""
        if not run.stands and self._rests_since is not None:
            self._stands(run)

    def _stands(self, run: Standstill) -> None:
        assert self._rests_since is not None
        run.stands, run.since, run.moves_since, run.how = True, self._rests_since, None, self._how()
        run.moved_before = run.moved_last = 1.0  # a room's noise would differ in each picture

    def _how(self) -> Literal["start", "cut", "came_to_rest", "motion_stopped"]:
        """A shot in which everything stands at last has been stopped; another picture may be a slide."""
        if self._last is None or self._moves_since is None:
            return "start"
        stopped = self._last.stopped is not None
        if self._last.alike < SAME_SHOT and not (stopped and self._is_swept(self._last.alike)):
            return "cut"
        moved_for = self._last.pts - self._moves_since
        is_filmed = self._share >= MOVING_SHARE and self._moves >= MOVED and moved_for >= MOVED_FOR
        dissolved = not stopped and self._likeness and self._likeness[-1] < SAME_SHOT
        return "motion_stopped" if is_filmed and not dissolved else "came_to_rest"

    def _is_swept(self, alike: Share) -> bool:
        """Whether the camera moved all the time, so far that no two key frames were alike."""
        return len(self._likeness) == MOVED and alike >= min(self._likeness) - AS_BEFORE
