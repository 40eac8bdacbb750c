"""Watching into a ring, and comparing clips with what they were cut from."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from watchglass.media.clip import Clip
from watchglass.media.content_keys import ContentKeys
from watchglass.media.decode import DecodeOptions
from watchglass.media.ring import PacketRing
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import AudioBlock, Item, VideoFrame

Shown = list[tuple[float, str]]
"""Times in seconds, and what they are of."""


def watched_into(ring: PacketRing, target: str, *, keys: Sequence[str] = (), **decode: Any) -> list[Item]:
    options = SourceOptions(decode=DecodeOptions(ring=ring, **decode), keys=ContentKeys.parse(keys))
    with open_source(target, options) as source:
        return [each for each in source if not isinstance(each, VideoFrame | AudioBlock)]


def kept(path: Path | str, seconds: float = 20.0, **options: Any) -> PacketRing:
    """The ring after all of a file or an on-demand stream has been watched."""
    ring = PacketRing(seconds)
    watched_into(ring, str(path), **options)
    return ring


def digest(frame: av.VideoFrame) -> str:
    """Of the code values of all planes."""
    made = hashlib.sha1()
    for plane in frame.planes:
        rows = memoryview(plane)
        for row in range(plane.height):
            made.update(rows[row * plane.line_size : row * plane.line_size + plane.width])
    return made.hexdigest()


def pictures(path: Path | str) -> Shown:
    """All pictures of a file, as FFmpeg decodes them in one go."""
    with av.open(str(path)) as container:
        [stream] = container.streams.video
        stream.thread_type = "NONE"
        return [(float(frame.time or 0.0), digest(frame)) for frame in container.decode(stream)]


def sound(path: Path | str, track: int = 0) -> Shown:
    """The coded frames of a sound, without headers of ADTS."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None:
                data = bytes(packet)
                if stream.codec_context.name == "aac" and data[:2] in (b"\xff\xf1", b"\xff\xf9"):
                    data = data[7:]
                found.append((float(packet.pts * packet.time_base), hashlib.sha1(data).hexdigest()))
    return found


def places(part: Shown, whole: Shown) -> list[int]:
    """Where a part lies in the whole, entry by entry; a tone repeats itself."""
    wanted, there = [what for _, what in part], [what for _, what in whole]
    found = [at for at in range(len(there) - len(wanted) + 1) if there[at : at + len(wanted)] == wanted]
    assert found, f"{len(wanted)} of {len(there)}, and they are not there in this order"
    return found


def assert_cut_from(clip: Clip, source: Path | str, *, tolerance: float = 1e-3) -> None:
    """Pictures are the same bit by bit, sounds byte by byte, and all lie as they lay."""
    shown, whole = pictures(clip.path), pictures(source)
    assert shown
    [at] = places(shown, whole)
    shift = whole[at][0] - shown[0][0]
    _assert_moved(shown, whole[at:], shift, tolerance)
    for number in range(sum(track.id.startswith("audio") for track in clip.tracks)):
        heard, all_of_it = sound(clip.path, number), sound(source, number)
        assert heard
        at = min(places(heard, all_of_it), key=lambda at: abs(all_of_it[at][0] - heard[0][0] - shift))
        _assert_moved(heard, all_of_it[at:], shift, tolerance)


def _assert_moved(part: Shown, whole: Shown, shift: float, tolerance: float) -> None:
    """To the tick: of a clock of 90 kHz, or of samples, whichever is coarser."""
    for (here, _), (there, _) in zip(part, whole, strict=False):
        assert there - here == pytest.approx(shift, abs=tolerance)


def assert_goes_on(times: Iterable[float], step: float, tolerance: float = 1e-3) -> None:
    for before, after in pairwise(times):
        assert after - before == pytest.approx(step, abs=tolerance)
