"""Live: renditions run in threads by the clock, and their items meet in one place.

Sound and picture of the same time come together although they arrive separately: whoever is ahead waits a target
duration for whoever is behind, then goes on alone. The one who waits for items is the only reader of a clock and tells
once a second when nothing arrives.
"""

import logging
import threading
from collections import deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from watchglass.media.hls_schedule import Clock
from watchglass.media.lane import TICK, Lane, LiveItems
from watchglass.media.presence import running_time
from watchglass.model.errors import SourceError, WatchglassError
from watchglass.model.media import Item, NotWatched, Stall
from watchglass.model.transport import Aside
from watchglass.net.address import redact

log = logging.getLogger(__name__)

_NOTHING_OF_IT, _NOTHING_NEW = "bytes come, and there is no picture and no sound in them", "nothing new in the playlist"
_MISHAPS = 3
"""Errors of our own in a row, without a picture or sound in between, after which a rendition is given up."""
_LOOK = 0.25
"""Seconds after which whoever waits looks whether there is something to tell, or to end."""
_GROWTH, _MOST_GROWTH = 0.02, 0.25
"""Seconds after which one looks again whether more sound has been decoded, and for which one waits for it at most."""
_BUSY = 0.5
"""Seconds between two looks of the consumer from which on nothing is known of what came meanwhile."""
_LEAVE = 0.5
"""Seconds that threads are given to end; those that still wait for a name or a connection end by themselves."""


class LiveSource:
    """Merges live renditions.

    Args:
        renditions: What to run, the picture first.
        clock: Seconds.
        stop: Ends everything when set.
        aside: What is known of none of them alone; its time is that of the picture.
        unawaited: Numbers of those that nobody waits for, such as subtitles.
    """

    def __init__(
        self,
        renditions: Sequence[LiveItems],
        *,
        clock: Clock,
        stop: threading.Event,
        aside: deque[Aside] | None = None,
        unawaited: Container[int] = (),
    ) -> None:
        self._clock = clock
        self._stop = stop
        self._changed = threading.Condition()
        self._lanes = [
            Lane(number, items, clock.now(), is_awaited=number not in unawaited)
            for number, items in enumerate(renditions)
        ]
        self._awaited = [lane for lane in self._lanes if lane.is_awaited]
        self._of_all = deque() if aside is None else aside
        self._told_at = clock.now()
        self._is_troubled = False
        self._missed = clock.presence.missed()
        """Seconds in which this process did not run that have been taken into account."""
        self._left_at: float | None = None
        """When the consumer was last handed something."""
        self._idle = 0.0
        """Seconds that the consumer has waited for items."""

    def __iter__(self) -> Iterator[tuple[int, Item]]:
        """Numbers of renditions and their items, with a ``Stall`` a second while nothing arrives.

        Raises:
            WatchglassError: If a rendition cannot be watched at all.
        """
        with self._clock.presence:
            yield from self._merged()

    def _merged(self) -> Iterator[tuple[int, Item]]:
        threads = [threading.Thread(target=self._run, args=(lane,), daemon=True) for lane in self._lanes]
        for lane in self._lanes:
            lane.rendition.listener = self._listener(lane)
        try:
            for thread in threads:
                thread.start()
            while True:
                entry = self._next()
                if entry is None:
                    return
                self._left_at = running_time()
                yield entry
        finally:
            self._stop.set()
            with self._changed:
                self._changed.notify_all()
            until = self._clock.now() + _LEAVE
            for thread in threads:
                if thread.ident is not None:
                    thread.join(timeout=max(0.0, until - self._clock.now()))

    def _run(self, lane: Lane) -> None:
        """The thread of a rendition; begun anew, its items go on with the next segment."""
        try:
            while not self._stop.is_set():
                try:
                    for item in lane.items:
                        self._hand_over(lane, item)
                    return
                except WatchglassError as error:
                    lane.failure = error
                    return
                except Exception as error:  # foreign bytes reach deep into the decoders: the others watch on
                    log.exception("the rendition %s failed", lane.rendition.label)
                    if self._stop.is_set() or self._gives_up(lane, error):
                        return
        finally:
            with self._changed:
                lane.is_done = True
                self._changed.notify_all()

    def _hand_over(self, lane: Lane, item: Item) -> None:
        with self._changed:
            idle = self._idle
            while lane.is_full and not self._stop.is_set():
                self._changed.wait(1.0)
            lane.rendition.own.excuse(self._idle - idle)  # another lane was waited for, not the consumer
            if not self._stop.is_set():
                lane.push(item, self.now())
            self._changed.notify_all()

    def _gives_up(self, lane: Lane, error: Exception) -> bool:
        """Tell of an error of our own; True if it came too often, else after a pause."""
        lane.mishaps += 1
        is_over = lane.mishaps >= _MISHAPS
        said = redact(f"{type(error).__name__}: {error}")[:200]
        what = f"{lane.rendition.label}: watchglass itself failed over it ({said})" + ("; given up" if is_over else "")
        if is_over:
            lane.failure = _GivenUpError(f"{lane.items.name}: {what}")
        lost = 0.0 if is_over else lane.rendition.target_duration
        self._hand_over(lane, NotWatched(lane.items.reach, what, duration=lost))
        return is_over or self._clock.wait(self._stop, lane.rendition.target_duration / 2)

    def _listener(self, lane: Lane) -> "_Listener":
        return _Listener(lane, self, self._changed)

    def now(self) -> float:
        """Seconds; what this process slept through, nobody is told to have been silent. With the lock held."""
        now, missed = self._clock.now(), self._clock.presence.missed()
        if missed > self._missed:
            self._stood_still(missed - self._missed, now)
            self._missed = missed
        return now

    def _stood_still(self, seconds: float, now: float) -> None:
        for lane in self._lanes:
            lane.stood_still(seconds, now)
        self._told_at = min(now, self._told_at + seconds)

    def _returned(self) -> None:
        """The consumer is back: of the time in which it was busy it is not known what there was to wait for."""
        if self._left_at is None or running_time() - self._left_at < _BUSY:
            return
        missed = self._missed
        now = self.now()
        busy = running_time() - self._left_at - (self._missed - missed)
        if busy > 0.0:
            self._stood_still(busy, now)

    def _next(self) -> tuple[int, Item] | None:
        """The next item, waiting for it; None at the end."""
        grown = 0.0
        with self._changed:
            self._returned()
            while not self._stop.is_set():
                now = self.now()
                told = self._aside(now)
                if told is not None:
                    return told
                lane = self._ready(now)
                if lane is not None and lane.grows and grown < _MOST_GROWTH:
                    grown += self._wait(_GROWTH)
                    continue
                if lane is not None:
                    item = lane.pop()
                    self._changed.notify_all()
                    return lane.number, item
                self._raise_failure()
                if all(lane.is_done for lane in self._awaited):
                    return None
                stall = self._stall(now)
                if stall is not None:
                    return 0, stall
                until_next = self._told_at + TICK - now  # over when nothing has been missed for that long yet
                self._wait(min(_LOOK, until_next) if until_next > 0.0 else _LOOK / 2)
        return None

    def _wait(self, seconds: float) -> float:
        """At most so long; the seconds that it took."""
        began, missed = running_time(), self._clock.presence.missed()
        self._clock.wait_for(self._changed, seconds)
        waited = running_time() - began - (self._clock.presence.missed() - missed)
        self._idle += waited
        return waited

    def _aside(self, now: float) -> tuple[int, Item] | None:
        """What is known and does not wait for media, where the timeline would be by now."""
        for lane in self._lanes:
            aside = lane.rendition.aside or (self._of_all if lane.number == 0 else None)
            if aside:
                at = lane.items.reach + max(0.0, now - lane.arrived_at)
                return lane.number, replace(aside.popleft(), pts=at)
        return None

    def _ready(self, now: float) -> Lane | None:
        """The lane whose next item is due."""
        full = [lane for lane in self._lanes if lane.queue]
        if not full:
            return None
        first = min(full, key=lambda lane: lane.queue[0].pts)
        due = first.queue[0].pts
        for lane in self._awaited:
            target = lane.rendition.target_duration
            lane.is_late = lane.is_late and lane.items.reach < due - target / 2
            if lane.queue or lane.is_done or lane.is_late or lane.items.reach > due:
                continue
            if now - lane.arrived_at < target and now - lane.fed_at < 2 * target + TICK:
                return None
            lane.is_late = True
        return first

    def _stall(self, now: float) -> Stall | None:
        """What there is to tell while nothing arrives: once a second, and at once when there is new trouble."""
        waiting = [lane for lane in self._awaited if not lane.is_done and not lane.queue]
        if not waiting:
            return None
        lane = max(waiting, key=lambda lane: lane.waited(now))
        trouble = next((one.rendition.trouble for one in waiting if one.rendition.trouble), "")
        wanted = lane.rendition.waits_for
        is_new, self._is_troubled = bool(trouble) and not self._is_troubled, bool(trouble)
        waited = lane.waited(now)
        is_barren = waited > now - lane.arrived_at + TICK
        is_useless = is_barren and not (wanted and lane.is_dry(now))
        if not is_new and (waited < TICK or now - self._told_at < TICK):
            return None
        self._told_at = now
        return Stall(
            pts=lane.items.reach + waited,
            waited=waited,
            buffer=min(one.player.buffer(now, one.waited(now)) for one in self._awaited if not one.is_done),
            reason=trouble or (_NOTHING_OF_IT if is_useless else f"waiting for {wanted}" if wanted else _NOTHING_NEW),
            is_trouble=bool(trouble) or is_barren,
        )

    def _raise_failure(self) -> None:
        """A picture that failed is the end, a sound is not; what we failed over ends nothing that goes on."""
        failure = self._lanes[0].failure
        goes_on = any(not lane.is_done for lane in self._awaited)
        if failure is not None and not (goes_on and isinstance(failure, _GivenUpError)):
            raise failure


class _GivenUpError(SourceError):
    """Raised for a rendition that we failed over, when nothing else is left to watch."""


class _Listener:
    """Told by a loader, in its thread, that bytes or whole segments are here."""

    def __init__(self, lane: Lane, source: LiveSource, changed: threading.Condition) -> None:
        self._lane = lane
        self._source = source
        self._changed = changed

    def __call__(self, seconds: float) -> None:
        lane = self._lane
        with self._changed:
            lane.arrived_at = now = self._source.now()
            if seconds:
                limit = 3.0 * lane.rendition.target_duration + max(seconds, lane.rendition.target_duration)
                lane.player.arrived(seconds, now, limit)
