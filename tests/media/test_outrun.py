"""Whoever takes pictures more slowly than they come misses some; that is no fault of the stream."""

import time
from collections.abc import Callable, Iterator

import pytest

from on_air import OnAir
from origin import Answer, Origin, Request
from segments import rendition
from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.media.hls import HlsSource
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import Item, NotWatched, VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.watch import watch
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

LOOKED_FOR = ["transport", "sync", "audio.lost", "audio.silence", "video.freeze", "video.stutter", "video.corrupt"]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def seen(origin: Origin, pause: float, is_enough: Callable[[list[NotWatched], float], bool]) -> tuple[list, list]:
    """What was not watched, and alarms, of a source that is given ``pause`` seconds for each picture."""
    missed: list[NotWatched] = []
    place = StreamUrl(origin.url("/live.m3u8"))
    with HlsSource(place, client=HttpClient.towards(place)) as source:

        def slowly() -> Iterator[Item]:
            for item in source:
                if isinstance(item, NotWatched):
                    missed.append(item)
                if isinstance(item, VideoFrame):
                    time.sleep(pause)
                if is_enough(missed, item.reach):
                    source.stop()
                yield item

        told = list(Context().weigh(watch(slowly(), crew(Config(), LOOKED_FOR), is_stopped=lambda: True)))
    alarms = [
        each
        for each in told
        if isinstance(each, Finding) and each.severity > Severity.INFO and each.explained_by is None
    ]
    return missed, alarms


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_who_is_too_slow_tells_what_was_not_watched(origin: Origin, kind: str) -> None:
    OnAir().put(origin, rendition(60.0, kind=kind))
    missed, alarms = seen(origin, 0.08, lambda missed, reach: len(missed) >= 2 or reach > 50.0)
    assert [(each.detector, each.message) for each in alarms] == []
    assert [each.reason for each in missed] == ["this machine did not keep up"] * 2
    assert all(1.0 <= each.duration <= 10.0 for each in missed)


def test_a_segment_that_is_not_there_when_it_is_asked_for_in_time_is_a_fault(origin: Origin) -> None:
    media = rendition(60.0)
    OnAir().put(origin, media)
    for name in media.segments[8:10]:
        origin.routes[f"/{name}"] = Answer(status=404)
    missed, alarms = seen(origin, 0.0, lambda missed, reach: reach > 10.0)
    assert {each.detector for each in alarms} == {"transport.segment_failed"}
    assert not any(each.is_outrun for each in missed)


def test_a_window_that_jumps_although_it_was_looked_at_in_time_is_a_fault(origin: Origin) -> None:
    air, media = OnAir(), rendition(60.0)
    air.put(origin, media)

    def jumping(request: Request) -> bytes:
        if air.complete == 10:
            air.skip(8)
        return air.playlist(media)

    origin.routes["/live.m3u8"] = jumping
    missed, alarms = seen(origin, 0.0, lambda missed, reach: reach > 18.0)
    assert {each.detector for each in alarms} == {"sync.timestamps", "audio.lost"}
    assert [each.is_outrun for each in missed] == [False]
    assert "left the playlist before they were fetched" in missed[0].reason
