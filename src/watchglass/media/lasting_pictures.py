"""Pictures of which each stands until the next one comes, however long a container says that it lasts."""

from collections.abc import Iterable, Iterator

from watchglass.media.pictures import LONGEST_ALONE
from watchglass.model.media import Item, NotWatched, Progress, TimelineBreak, Tracks, VideoFrame


def lasting(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each picture held until it is known when the next one comes.

    The last one, and one before a hole, lasts as long as the one before it.
    """
    held: VideoFrame | None = None
    usual: float | None = None
    for item in items:
        if isinstance(item, VideoFrame):
            if held is not None:
                if 0.0 < item.pts - held.pts <= LONGEST_ALONE:
                    usual = item.pts - held.pts
                yield _until(held, usual)
            held = item
            continue
        if held is not None and isinstance(item, Tracks | TimelineBreak | NotWatched):
            yield _until(held, usual)
            held = None
        if not isinstance(item, Progress) or held is None:
            yield item
    if held is not None:
        yield _until(held, usual)


def _until(frame: VideoFrame, seconds: float | None) -> VideoFrame:
    frame.duration = seconds or frame.duration
    return frame
