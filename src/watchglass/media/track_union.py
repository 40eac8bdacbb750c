"""The tracks of several renditions, told as those of one stream."""

from collections.abc import Iterator

from watchglass.model.media import Item, Stall, Track, Tracks


class TrackUnion:
    """Merges what the converters of several renditions announce.

    Args:
        renditions: How many there are.
        is_live: Told with the tracks.
    """

    def __init__(self, renditions: int, *, is_live: bool) -> None:
        self._tracks: list[tuple[Track, ...]] = [()] * renditions
        self._is_live = is_live
        self._early: list[Item] = []
        self._has_begun = False

    def with_tracks(self, rendition: int, announced: Tracks) -> Tracks:
        """What is announced once this rendition has these tracks."""
        self._tracks[rendition] = announced.tracks
        tracks = tuple(track for tracks in self._tracks for track in tracks)
        return Tracks(announced.pts, tracks, is_live=self._is_live)

    def in_order(self, item: Item) -> Iterator[Item]:
        """The item, and those that had to wait because ``Tracks`` comes first.

        That nothing comes is told at once: perhaps nothing ever will.
        """
        if self._has_begun or isinstance(item, Stall):
            yield item
        elif isinstance(item, Tracks):
            self._has_begun = True
            yield item
            yield from self.rest()
        else:
            self._early.append(item)

    def rest(self) -> Iterator[Item]:
        """What still waits."""
        early, self._early = self._early, []
        yield from early
