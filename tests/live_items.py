"""What live sources of one peer yield, until it is enough."""

from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Stall, VideoFrame


def seen(target, enough=lambda items: False, *, patience=30, options=None):
    """The items of a source until there are enough of them; or a number of ``Stall`` that is more than enough."""
    items, stalls = [], 0
    with open_source(target, options or SourceOptions()) as source:
        assert source.is_live
        for item in source:
            items.append(item)
            stalls += isinstance(item, Stall)
            if enough(items) or stalls > patience:
                source.stop()
    return items


def of(kind, items):
    return [item for item in items if isinstance(item, kind)]


def pictures(n):
    return lambda items: len(of(VideoFrame, items)) >= n
