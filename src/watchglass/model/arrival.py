"""How a picture came to be what it is: how far it is from a second ago, and the way to it.

What `video.freeze` asks of the pictures themselves; what follows from it is `standstill`'s.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture, strips, ways
from watchglass.model.media import VideoFrame

BUSY = 4.0
"""Code values of change from which the picture is taken to drift as far as it changes."""
RING_STEP = 0.1
"""Seconds between the pictures that are kept to look a second back."""
DRIFT_ROWS, DRIFT_STEP = 2, 0.075
"""Every so many rows of them, looked at every so many seconds, tell as much."""
DISSOLVES = 0.86
"""Straightness of the way to another picture from which it is a dissolve."""
DARK = 0.25
"""Light of a picture on the way, as a share of where it rests, up to which that came out of black."""
BARS_FOR = 2.0
"""Seconds for which black at the sides must have been there to be no part of the picture."""
MOVING = 1.0
"""Change of the busiest tile, in code values, above which the picture has not come to rest."""
WAY = 0.5
"""Seconds of the way to where the picture rests."""
WANDERS_IN, KEPT = 0.6, 1.8
"""Seconds after which what moves beside the rest is looked at again, and for which it is kept."""


class Arrival:
    """Keeps some pictures of the last second, and how all of them changed."""

    def __init__(self) -> None:
        self._ring: deque[tuple[float, NDArray[np.uint8]]] = deque()
        self._drifted = (0.0, 0.0)
        self._changed: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._beside: deque[tuple[float, NDArray[np.float32]]] = deque()
        """The same of pictures in which all but a strip stands, and that moves."""
        self._was_moving = False
        self._moves_since: float | None = None
        self._inside: deque[tuple[float, NDArray[np.bool_]]] = deque()
        self.active: NDArray[np.bool_] | None = None
        """Tiles that hold a picture, and no black at the sides."""
        self.another_at = 0.0
        """When another picture came last, in seconds: from before it there is no way."""

    def begin(self, frame: VideoFrame) -> None:
        """Nothing that was before can be compared with this picture."""
        self._ring.clear()
        self._changed.clear()
        self._beside.clear()
        self._inside.clear()
        self.active = None
        self.remember(frame)

    def drift(self, frame: VideoFrame, change: float) -> float:
        """How far the picture is from the one a second ago; what is busy has drifted, there is no need to look."""
        while len(self._ring) > 1 and self._ring[1][0] <= frame.pts - 1.0:
            self._ring.popleft()
        drifted_at, drift = self._drifted
        if not self._ring or change > BUSY:
            drift, drifted_at = change, frame.pts - DRIFT_STEP
        elif not 0.0 <= frame.pts - drifted_at < DRIFT_STEP - 1e-6:
            tiles = picture.tile_change(frame.small[::DRIFT_ROWS], self._ring[0][1])
            drift, drifted_at = strips.busiest_outside(tiles), frame.pts
        self._drifted = drifted_at, drift
        self.remember(frame)
        return drift

    def one_way(self, frame: VideoFrame, tiles: NDArray[np.float32], rest: strips.Rest) -> float | None:
        """Share of the last changes that led to this picture; told where it (or all but a strip) comes to rest."""
        changed = self._changed
        changed.append((frame.pts, tiles))
        while changed[0][0] <= frame.pts - KEPT:
            changed.popleft()
        was_moving, self._was_moving = self._was_moving, rest.busiest > MOVING
        moves_since, self._moves_since = self._moves_since, None
        if float(tiles.max()) > MOVING:
            self._moves_since = frame.pts if moves_since is None else moves_since
        elif moves_since is not None and frame.pts - moves_since < WAY / 2.0:
            moves_since = None  # as a clock does
        if moves_since is not None and self._moves_since is None:
            where: NDArray[np.intp] | slice = slice(None)
        elif was_moving and not self._was_moving:
            where = rest.where
        else:
            return None
        shown = [(pts, small) for pts, small in self._ring if pts >= self.another_at]  # from another there is no way
        lately = [(pts, small) for pts, small in shown if pts >= frame.pts - WAY - RING_STEP]
        now = frame.small[::DRIFT_ROWS]
        if lately and min(ways.light(small, where) for _, small in lately) <= DARK * ways.light(now, where):
            return 1.0  # it came out of black
        if len(lately) < ways.LEAST:
            return None
        way = sum(float(change.ravel()[where].sum()) for pts, change in changed if pts > lately[0][0])
        led = ways.led([small for _, small in lately], now, way, where)
        straight = ways.straight([small for _, small in shown], now, where)
        return max(led, straight if straight >= DISSOLVES else 0.0)

    def wander(self, pts: float, rest: strips.Rest) -> float | None:
        """How far what moves beside a rest has gone; told while it moves, and has moved since all else stood."""
        tiles, beside = self._changed[-1][1], self._beside
        if rest.busiest > MOVING:
            beside.clear()
            return None
        if float(tiles.max()) <= MOVING:
            return None
        beside.append((pts, tiles))
        while beside[0][0] <= pts - KEPT:
            beside.popleft()
        earlier = [at for at, _ in beside if at <= pts - WANDERS_IN]
        if not earlier:
            return None
        before = [tiles for at, tiles in beside if earlier[-1] - WANDERS_IN < at <= earlier[-1]]
        lately = [tiles for at, tiles in beside if at > pts - WANDERS_IN]
        return strips.wandered(np.maximum.reduce(before), np.maximum.reduce(lately), MOVING)

    def remember(self, frame: VideoFrame) -> None:
        """Keep a picture now and then."""
        if not self._ring or not 0.0 <= frame.pts - self._ring[-1][0] < RING_STEP - 1e-6:
            self._ring.append((frame.pts, frame.small[::DRIFT_ROWS].copy()))
            inside = strips.inside(frame.tiles)
            self._inside.append((frame.pts, inside))
            while self._inside[0][0] < frame.pts - BARS_FOR:
                self._inside.popleft()
            if not inside.all():
                inside = np.logical_or.reduce([each for _, each in self._inside])
            self.active = inside if inside.any() else None
