"""Keeping what is measured in a stretch of watching, in the process of a stream."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from watchglass.config.keep import header
from watchglass.model.errors import WatchglassError
from watchglass.model.media import Item
from watchglass.model.stored import End
from watchglass.supervisor.spec import StreamSpec
from watchglass.supervisor.words import Archiving

if TYPE_CHECKING:
    from watchglass.store.shelf import Shelf


def shelving(spec: StreamSpec, run: str, now: float, tell: Callable[[Archiving], None]) -> "Shelving | None":
    """Who keeps it, if that is wanted.

    Args:
        spec: What is watched, and where its readings go.
        run: What this stretch of watching is called.
        now: UTC in seconds since 1970.
        tell: Hears whether it is kept.
    """
    if spec.archive is None:
        return None
    from watchglass.store.shelf import Shelf

    about = header(spec.plan, spec.name, run)  # by its name, as incidents are, so that findings have the same ids
    return Shelving(Shelf(spec.archive, spec.name, about, now), tell)


class Shelving:
    """Keeps it, and says when it does not."""

    def __init__(self, shelf: "Shelf", tell: Callable[[Archiving], None]) -> None:
        self.add = shelf.add
        self._shelf, self._tell = shelf, tell
        self._told = shelf.trouble
        tell(Archiving(shelf.trouble))

    def watching(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of the source through."""
        return self._shelf.watching(items)

    def reached(self, now: float) -> None:
        """Time goes by; UTC in seconds since 1970."""
        self._shelf.reached(now)
        self._say()

    def close(self, *, is_over: bool) -> None:
        """The stretch is over; True if the media are, too, unless something is being raised."""
        error = sys.exception()
        why = str(error) if isinstance(error, WatchglassError) else None
        self._shelf.close(End(self._shelf.end, "ended" if is_over and error is None else "unwatched", why))
        self._say()

    def _say(self) -> None:
        if self._shelf.trouble != self._told:
            self._told = self._shelf.trouble
            self._tell(Archiving(self._told))
