"""Looks at the renditions of a stream that are not watched: one after the other, a playlist at a time.

Now and then the first picture of a segment of theirs is held against that of the rendition that is watched.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from watchglass.media.hls_schedule import Clock
from watchglass.media.ladder import differences, pairs, shows_other
from watchglass.media.playlist import MediaPlaylist, Segment
from watchglass.media.playlist_history import PlaylistHistory
from watchglass.media.segment_origin import Place
from watchglass.model.errors import WatchglassError
from watchglass.model.transport import Aside, ManifestCheck, RuleBreak

log = logging.getLogger(__name__)

_LEAST = 1.0
"""Seconds between two loads, however short segments are."""
_PICTURES = 60.0
"""Seconds between two comparisons of pictures."""
_STALLED = 2
"""Segments that the watched one must be further since another one last changed, where there is no clock."""

Listed = tuple[Place, MediaPlaylist]
Picture = Callable[[str, Listed, Segment], "NDArray[np.float32] | None"]
"""The first picture of a segment, as means of its tiles; None where there is none."""


class Rung:
    """A rendition that is not watched.

    Args:
        label: ``360p 800 kb/s``.
        load: Its playlist now, and the place that its references are relative to.
    """

    def __init__(self, label: str, load: Callable[[], Listed]) -> None:
        self.label = label
        self.load = load
        self.history = PlaylistHistory()
        self.changed: tuple[object, int] = (None, 0)
        """Its newest segment, and the newest of the watched one when it was first seen."""


class LadderWatch:
    """Watches over all of them.

    Args:
        rungs: The others.
        reference: The label, and the latest playlist of the rendition that is watched.
        picture: Decodes a picture.
        clock: For the pauses.
    """

    def __init__(
        self, rungs: Sequence[Rung], reference: tuple[str, Callable[[], Listed]], picture: Picture, clock: Clock
    ) -> None:
        self._rungs = rungs
        self._label, self._reference = reference
        self._picture = picture
        self._clock = clock

    def follow(self, aside: deque[Aside], stop: threading.Event) -> None:
        """Go round until ``stop`` is set; what is found goes to ``aside``."""
        compared_at = self._clock.now()
        if not self._rungs:
            return
        try:
            for rung in cycle(self._rungs):
                target = self._reference()[1].target_duration
                if self._clock.wait(stop, max(_LEAST, target)):
                    return
                with_picture = self._clock.now() - compared_at >= _PICTURES
                compared_at = self._clock.now() if with_picture else compared_at
                aside.extend(self.look(rung, with_picture=with_picture))
        except Exception:  # what is watched goes on without it
            log.exception("the other renditions are no longer looked at")

    def once(self) -> Iterator[ManifestCheck]:
        """Look at each of them once, and at a picture of each."""
        for rung in self._rungs:
            yield from self.look(rung, with_picture=True)

    def look(self, rung: Rung, *, with_picture: bool = False) -> Iterator[ManifestCheck]:
        """What is wrong with a rendition, by itself and beside the one that is watched."""
        base, reference = self._reference()
        try:
            listed = rung.load()
        except WatchglassError as error:
            yield ManifestCheck(0.0, "ladder", rung.label, (RuleBreak("unavailable", str(error)),))
            return
        yield ManifestCheck(0.0, "hls", rung.label, rung.history.breaks(listed[1]))
        breaks = [*differences(reference, listed[1]), *self._stalled(rung, reference, listed[1])]
        if with_picture:
            breaks += self._content(rung, (base, reference), listed)
        yield ManifestCheck(0.0, "ladder", rung.label, tuple(breaks))

    def _stalled(self, rung: Rung, reference: MediaPlaylist, other: MediaPlaylist) -> Iterator[RuleBreak]:
        """Without a clock of the programme: it has not changed while the watched one has gone on."""
        if not reference.segments or not other.segments or reference.segments[-1].utc is not None:
            return
        newest, now = other.segments[-1].uri, reference.segments[-1].sequence
        if newest != rung.changed[0]:
            rung.changed = newest, now
        elif now - rung.changed[1] > _STALLED and not other.is_ended:
            yield RuleBreak("behind", f"nothing new while {now - rung.changed[1]} segments came of {self._label}")

    def _content(self, rung: Rung, watched: Listed, listed: Listed) -> Iterator[RuleBreak]:
        """The picture in the middle, where both have the same segment."""
        found = pairs(watched[1], listed[1])
        if not found:
            return
        pair = found[len(found) // 2]
        mine = self._picture(self._label, watched, pair.reference)
        theirs = self._picture(rung.label, listed, pair.other)
        if mine is not None and theirs is not None and shows_other(mine, theirs):
            yield RuleBreak("content_differs", f"segment {pair.other.sequence} and {pair.reference.sequence}")
