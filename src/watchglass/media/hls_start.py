"""Beginning in the middle of an on-demand stream, on its own timeline."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import av

from watchglass.media.opening import open_container
from watchglass.media.playlist import MediaPlaylist
from watchglass.media.segment_run import Run
from watchglass.model.errors import WatchglassError


def from_second(playlist: MediaPlaylist, start: float) -> MediaPlaylist:
    """The playlist without what ends before ``start`` (seconds by declared durations), but for one segment.

    Durations are declared roughly, and decoders need to find their feet: hence the one.
    """
    return replace(playlist, segments=playlist.segments[_left_out(playlist, start) :])


def known(playlist: MediaPlaylist, start: float) -> Iterator[tuple[MediaPlaylist, float]]:
    """Segments whose time tells when the stream begins, each with its declared seconds from there; the best first.

    The first segment tells it exactly, as long as its clock is still that of ``start``.
    """
    segments = playlist.segments
    index = _left_out(playlist, start)
    if segments and segments[0].discontinuity == segments[index].discontinuity:
        yield replace(playlist, segments=segments[:1]), 0.0
    yield (
        replace(playlist, segments=segments[index : index + 1]),
        sum(segment.duration for segment in segments[:index]),
    )


def begins_at(run: Run, max_pixels: int) -> float | None:
    """Seconds of its own clock at which a run begins; None where it does not say.

    Args:
        run: Read as far as that takes.
        max_pixels: The largest picture that is decoded on the way.
    """
    try:
        run.look_for_clock()
        with ExitStack() as opened:
            container = opened.enter_context(open_container(run, "the first segment", run.format, max_pixels, opened))
            begins = container.start_time
    except WatchglassError:
        return None  # whoever watches it will say so
    return None if begins is None else begins / av.time_base + (run.clock or 0.0) + (run.first.offset or 0.0)


def _left_out(playlist: MediaPlaylist, start: float) -> int:
    index, end = 0, 0.0
    for number, segment in enumerate(playlist.segments):
        end += segment.duration
        if end > start:
            break
        index = number
    return index
