"""Holes in a stream that does not wait for us, told as not watched."""

from collections.abc import Iterator

from watchglass.model.media import OUTRUN, Item, NotWatched, TimelineBreak


class OutrunHoles:
    """Tells each hole once, however many tracks have it."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def before(self, item: Item) -> Iterator[NotWatched]:
        """What is to be told before an item."""
        if isinstance(item, TimelineBreak) and item.cause == "outrun" and item.pts >= self._until:
            self._until = item.pts + item.jump
            yield NotWatched(item.pts, OUTRUN, duration=item.jump, is_outrun=True)
