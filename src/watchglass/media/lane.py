"""A live rendition on its way from its thread to whoever takes its items."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from watchglass.media.hls_schedule import ModelPlayer
from watchglass.media.own_time import OwnTime
from watchglass.media.together import is_short, taken
from watchglass.model.coded import Played
from watchglass.model.errors import WatchglassError
from watchglass.model.media import Item, VideoFrame
from watchglass.model.transport import Aside

TICK = 1.0
"""Seconds between two ``Stall`` items."""
_MOST_FRAMES = 2
"""Decoded pictures of a rendition that may wait: they are views on the decoder's own buffers."""
_MOST_ITEMS = 96
_BARREN, _BARREN_AT_FIRST = 5.0, 30.0
"""Seconds of bytes without a picture or a sound after which nothing has come; at first one must find one's feet."""


class Feed(Protocol):
    """Where the bytes of a lane come from."""

    label: str
    listener: Callable[[float], None]
    """Is told when bytes arrive (media seconds that are complete with them, 0.0 for a part)."""
    own: OwnTime
    """How long its thread was kept from fetching by us."""

    @property
    def trouble(self) -> str:
        """What keeps it from delivering, in words; empty while all is well."""
        ...

    @property
    def waits_for(self) -> str:
        """What is not here yet, in words; empty where that goes without saying."""
        ...

    @property
    def aside(self) -> deque[Aside]:
        """What is known and does not wait for media; its time is set where it is taken."""
        ...

    @property
    def target_duration(self) -> float:
        """Seconds of media that come at a time."""
        ...


class LiveItems(Protocol):
    """The items of a lane; iterated over anew, they go on."""

    name: str
    reach: float
    """End of the latest picture or sound, in seconds on the timeline."""

    @property
    def rendition(self) -> Feed:
        """Where its bytes come from."""
        ...

    def __iter__(self) -> Iterator[Item]: ...


class Lane:
    """One rendition on its way from its thread to the consumer."""

    def __init__(self, number: int, items: LiveItems, now: float, *, is_awaited: bool) -> None:
        self.number = number
        self.is_awaited = is_awaited
        """False if nobody waits for it, and nothing ends or stalls with it."""
        self.items = items
        self.rendition = items.rendition
        self.player = ModelPlayer()
        self.queue: deque[Item] = deque()
        self.frames = 0
        self.is_done = False
        self.failure: WatchglassError | None = None
        self.mishaps = 0
        """Errors of our own since the last picture or sound."""
        self.arrived_at = self.fed_at = now
        """When bytes came last, and when there was something to see or hear of them."""
        self.patience = _BARREN_AT_FIRST
        self.is_late = False
        """True if others no longer wait for it, until it has caught up."""

    @property
    def is_full(self) -> bool:
        """Whether its thread has to wait until something is taken."""
        return self.frames >= _MOST_FRAMES or len(self.queue) >= _MOST_ITEMS

    @property
    def grows(self) -> bool:
        """Whether its thread is decoding what can be listened to together with what waits, and no picture waits."""
        is_at_work = self.rendition.own.is_ours and not (self.is_done or self.is_full)
        return is_at_work and not self.frames and is_short(self.queue)

    def push(self, item: Item, now: float) -> None:
        """One more item."""
        self.queue.append(item)
        self.frames += isinstance(item, VideoFrame)
        if isinstance(item, Played):
            self.mishaps = 0
            self.fed_at, self.patience = now, _BARREN

    def waited(self, now: float) -> float:
        """Seconds without bytes, or, once that is long, without anything that could be made of them.

        It is long at once where a player has run dry: bytes drip.
        """
        silent, barren = now - self.arrived_at, now - self.fed_at
        patience = TICK if self.is_dry(now) else self.patience + self.rendition.target_duration
        return barren if silent < TICK and barren >= patience else silent

    def is_dry(self, now: float) -> bool:
        """Whether a player that had whole segments has none left."""
        return self.player.buffer(now) < 0.0

    def stood_still(self, seconds: float, now: float) -> None:
        """For so long, up to now, we did not look: it is not known to have waited."""
        self.arrived_at, self.fed_at = min(now, self.arrived_at + seconds), min(now, self.fed_at + seconds)
        self.player.stood_still(seconds)

    def pop(self) -> Item:
        """The next item; sound with what it goes on in."""
        item = taken(self.queue)
        self.frames -= isinstance(item, VideoFrame)
        return item
