"""A live channel that moves on when it is asked, and a source that watches it faster than in real time."""

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable

from origin import Answer, Origin, Request
from segments import Media, rendition
from watchglass.media.decode import DecodeOptions
from watchglass.media.hls import HlsSource
from watchglass.media.hls_choice import HlsOptions
from watchglass.media.hls_schedule import Clock
from watchglass.model.media import (
    Item,
    NotWatched,
    VideoFrame,
)
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient, Timeouts


class FastClock(Clock):
    """Ten seconds in one: the source's own rhythm, without our waiting for it."""

    SPEED = 10.0

    looks = 0
    """How often somebody has waited for something to come."""

    def now(self) -> float:
        return time.monotonic() * self.SPEED

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait(max(0.0, seconds) / self.SPEED)

    def wait_for(self, condition: threading.Condition, seconds: float) -> None:
        self.looks += 1
        condition.wait(max(0.0, seconds) / self.SPEED)


class Channel:
    """A live playlist that moves on by one segment each time somebody asks, unless its script says otherwise."""

    def __init__(self, origin: Origin, media: Media, folder: str = "", window: int = 4) -> None:
        self.media, self.window, self.folder = media, window, folder
        self.loads = 0
        self.script: dict[int, Callable[[Request], bytes | Answer]] = {}
        for name, data in media.files.items():
            origin.routes[f"{folder}/{name}"] = data
        origin.routes[f"{folder}/live.m3u8"] = self.answer

    def answer(self, request: Request) -> bytes | Answer:
        self.loads += 1
        scripted = self.script.get(self.loads)
        return scripted(request) if scripted else self.at(self.loads)

    def at(self, load: int) -> bytes:
        names = self.media.segments
        end = min(len(names), load + 2)
        first = max(0, end - self.window)
        head = f"#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        body = "".join(f"#EXTINF:1.0,\n{name}\n" for name in names[first:end])
        mapped = '#EXT-X-MAP:URI="init.mp4"\n' if "init.mp4" in self.media.files else ""
        return (head + mapped + body + ("#EXT-X-ENDLIST\n" if end == len(names) else "")).encode()


TS = functools.partial(rendition, 8.0)
APART = (
    b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/live.m3u8"\n'
    b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/live.m3u8\n'
)


def source_of(
    url: str,
    options: HlsOptions | None = None,
    decode: DecodeOptions | None = None,
    clock: FastClock | None = None,
) -> HlsSource:
    return HlsSource(
        StreamUrl(url),
        client=HttpClient.towards(StreamUrl(url), timeouts=Timeouts(read=1.0)),
        options=options or HlsOptions(),
        decode=decode or DecodeOptions(),
        clock=clock or FastClock(),
    )


def watched(url: str) -> list[Item]:
    with source_of(url) as source:
        assert source.is_live
        return list(source)


def frames(items: list[Item]) -> int:
    return sum(isinstance(item, VideoFrame) for item in items)


def notes(items: list[Item]) -> str:
    return "; ".join(item.reason for item in items if isinstance(item, NotWatched))


def fetched(origin: Origin) -> Counter[str]:
    return Counter(path for path in origin.paths if path.endswith((".ts", ".m4s")))


def assert_each_once(origin: Origin, media: Media) -> None:
    assert fetched(origin) == Counter(f"/{name}" for name in media.segments)
