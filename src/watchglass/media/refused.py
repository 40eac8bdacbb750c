"""What a strict decoder refuses of an excerpt: a browser may end there, where other players show a damaged picture.

Chromium without a decoder in hardware ends at the first slice that is damaged.
"""

from dataclasses import replace
from typing import Any, cast

import av
from av.packet import Packet

from watchglass.media.excerpt import Excerpt, ExcerptTrack

_PASSES = 4
"""Without what was refused a decoder may refuse something else; after so many times one gives up."""


def refused(excerpt: Excerpt) -> dict[str, list[int]]:
    """The numbers of the packets of each track that a strict decoder refuses, where there are any.

    All of it is decoded, without the finish that nobody looks at.
    """
    found = {track.id: _refused(track) for track in excerpt.tracks}
    return {track: numbers for track, numbers in found.items() if numbers}


def first_stop(excerpt: Excerpt, numbers: dict[str, list[int]]) -> float | None:
    """Where a browser stops first, in seconds from the beginning; None where it does not."""
    stops = [t.seconds(t.packets[numbers[t.id][0]].pts) for t in excerpt.tracks if numbers.get(t.id)]
    return min(stops, default=None)


def without_refused(excerpt: Excerpt, numbers: dict[str, list[int]]) -> Excerpt:
    """The excerpt without what a strict decoder refuses, and with a word about it."""
    left_out: dict[str, int] = {}
    for _ in range(_PASSES):
        if not numbers:
            break
        tracks = []
        for track in excerpt.tracks:
            gone = set(numbers.get(track.id, ()))
            left_out[track.id] = left_out.get(track.id, 0) + len(gone)
            kept = [packet for number, packet in enumerate(track.packets) if number not in gone]
            tracks += [replace(track, packets=kept)] if kept else []
        excerpt = replace(excerpt, tracks=tuple(tracks))
        numbers = refused(excerpt)
    notes = (f"{count} packets of {track} that came damaged" for track, count in left_out.items() if count)
    return replace(excerpt, left_out=(*excerpt.left_out, *notes))


def _refused(track: ExcerptTrack) -> list[int]:
    decoder: Any = track.form.decoder()
    found = []
    for number, coded in enumerate(track.packets):
        packet: Packet[Any] = Packet(cast("bytes", coded.data))  # or a view, which it copies likewise
        packet.pts, packet.dts, packet.time_base = coded.pts, coded.dts, track.time_base
        packet.is_keyframe = coded.is_key
        try:
            decoder.decode(packet)
        except (av.FFmpegError, ValueError):
            found.append(number)
    return found
