"""A live DASH channel, by its manifest or by the clock, and a source that watches it faster than in real time."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from live_channel import FastClock
from manifests import Stream, Told, adaptation, mpd, period, put, template, timeline
from origin import Answer, Origin, Request
from watchglass.media.dash import DashSource
from watchglass.media.decode_options import DecodeOptions
from watchglass.media.hls_choice import HlsOptions
from watchglass.model.media import Item
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient, Timeouts

BEGINNING = 1_800_000_000.0


class FastUtc(FastClock):
    """A clock on which time also flies, ``skew`` seconds ahead of everybody else's."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self._began = self.now()

    def truth(self) -> float:
        return BEGINNING + self.now() - self._began

    def utc(self) -> float:
        return self.truth() + self.skew


class StillClock(FastUtc):
    """A clock that goes on while its source waits, and by nothing else: what is asked for takes no time."""

    def __init__(self, skew: float = 0.0) -> None:
        self._now = 0.0
        super().__init__(skew)

    def now(self) -> float:
        return self._now

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self._now += max(0.0, seconds)
        return stop.wait(1e-3)

    def wait_for(self, condition: threading.Condition, seconds: float) -> None:
        condition.wait(0.01)


def stamp(utc: float) -> str:
    return datetime.fromtimestamp(utc, UTC).isoformat().replace("+00:00", "Z")


class ListedChannel:
    """Its manifest lists its segments, of a second each, and grows by one each time somebody asks."""

    def __init__(self, origin: Origin, streams: tuple[Stream, ...], window: int = 4) -> None:
        self.streams, self.window = streams, window
        self.count = streams[0].count
        self.loads = 0
        self.script: dict[int, Callable[[Request], bytes | Answer]] = {}
        put(origin, streams)
        origin.routes["/live.mpd"] = self.answer

    def answer(self, request: Request) -> bytes | Answer:
        self.loads += 1
        scripted = self.script.get(self.loads)
        return scripted(request) if scripted else self.at(self.loads)

    def at(self, load: int, **attributes: str) -> bytes:
        """The manifest as it is at one load; attributes are those of MPD."""
        end = min(self.count, load + 2)
        first = max(0, end - self.window)
        sets = (adaptation(one, listed(one.folder, first, end)) for one in self.streams)
        begun = period(*sets, attributes='id="p0" start="PT0S"')
        return live(begun, load=load, ended=end == self.count, **attributes)


def listed(folder: str, first: int, end: int) -> str:
    """Segments ``first`` to ``end`` in a timeline."""
    entries = timeline(f't="{first * 1000}" d="1000" r="{end - first - 1}"')
    return template(folder, inside=entries).replace('startNumber="0"', f'startNumber="{first}"')


def live(*periods: str, load: int = 0, ended: bool = False, top: str = "", **attributes: str) -> bytes:
    """A live manifest that began long ago, as far as its availability is concerned."""
    if ended:
        attributes = {"type": "static", "mediaPresentationDuration": "PT8S", **attributes}
    head = {
        "type": "dynamic",
        "availabilityStartTime": stamp(BEGINNING - 1_000.0),
        "publishTime": stamp(BEGINNING + load),
        "minimumUpdatePeriod": "" if ended else "PT0.5S",
        "timeShiftBufferDepth": "PT60S",
    }
    return mpd(*periods, told=Told(head, top), **{"type": "dynamic", **attributes})


def source_of(
    url: str,
    clock: FastUtc | None = None,
    options: HlsOptions | None = None,
    decode: DecodeOptions | None = None,
) -> DashSource:
    place = StreamUrl(url)
    client = HttpClient.towards(place, timeouts=Timeouts(read=1.0))
    return DashSource(
        place,
        client=client,
        options=options or HlsOptions(),
        decode=decode or DecodeOptions(),
        clock=clock or StillClock(),
    )


def watched(url: str, clock: FastUtc | None = None) -> list[Item]:
    with source_of(url, clock) as source:
        assert source.is_live
        return list(source)
