"""Watching streams that a test serves, and counting what came."""

import itertools
from collections import Counter

import pytest

from origin import Origin
from segments import Media
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import (
    AudioBlock,
    Item,
    NotWatched,
    TimelineBreak,
    VideoFrame,
)


def serve(origin: Origin, media: Media, playlist: str | None = None, folder: str = "") -> str:
    for name, data in media.files.items():
        origin.routes[f"{folder}/{name}"] = data
    origin.routes[f"{folder}/media.m3u8"] = (media.playlist if playlist is None else playlist).encode()
    return origin.url(f"{folder}/media.m3u8")


def watched(target: str, **options: object) -> list[Item]:
    with open_source(target, SourceOptions(**options)) as source:  # type: ignore[arg-type]
        items = list(source)
    return items


def kinds(items: list[Item]) -> Counter[str]:
    return Counter(type(item).__name__ for item in items)


def frames(items: list[Item]) -> list[VideoFrame]:
    return [item for item in items if isinstance(item, VideoFrame)]


def of(items: list[Item], kind: type) -> list[Item]:
    return [item for item in items if isinstance(item, kind)]


def samples(items: list[Item], track: str = "audio:0") -> int:
    return sum(item.samples.shape[1] for item in items if isinstance(item, AudioBlock) and item.track == track)


def assert_whole(items: list[Item], seconds: float = 4.0) -> None:
    """Every picture and all sound, evenly, without a break or a note of anything missing."""
    pts = [frame.pts for frame in frames(items)]
    assert len(pts) == seconds * 25
    assert [round(b - a, 6) for a, b in itertools.pairwise(pts)] == [0.04] * (len(pts) - 1)
    assert samples(items) == pytest.approx(seconds * 48_000, abs=3_000)
    assert not of(items, TimelineBreak)
    assert not of(items, NotWatched)
