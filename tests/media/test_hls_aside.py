"""What is told of playlists and of what does not come, while it happens."""

from collections.abc import Iterator

import pytest

from live_channel import APART, TS, Channel, frames, source_of, watched
from origin import Answer, Origin
from segments import rendition
from watchglass.model.media import Item, Tracks
from watchglass.model.transport import FetchFailure, ManifestCheck
from watching import serve
from watching import watched as checked


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def copies(items: list[Item], rendition: str = "video") -> list[ManifestCheck]:
    return [item for item in items if isinstance(item, ManifestCheck) and item.rendition == rendition]


def failures(items: list[Item]) -> list[FetchFailure]:
    return [item for item in items if isinstance(item, FetchFailure)]


def test_each_copy_is_told_after_the_tracks(origin: Origin) -> None:
    channel = Channel(origin, TS())
    items = watched(origin.url("/live.m3u8"))
    assert isinstance(items[0], Tracks)
    assert len(copies(items)) == channel.loads
    assert not any(copy.breaks for copy in copies(items))
    assert {copy.target_duration for copy in copies(items)[:-1]} == {1.0}
    assert copies(items)[-1].target_duration == 0.0  # nothing will be added
    assert failures(items) == []


def test_a_playlist_that_stands_still_is_told_while_it_does(origin: Origin) -> None:
    channel = Channel(origin, TS())
    channel.script = dict.fromkeys(range(4, 12), lambda _: channel.at(3))
    items = watched(origin.url("/live.m3u8"))
    waited = [copy.unchanged for copy in copies(items)]
    worst = max(waited)
    assert worst >= 7 * 0.5  # it is loaded again after half a target duration at the earliest
    told = next(copy for copy in copies(items) if copy.unchanged == worst)
    after = items[items.index(told) :]
    assert frames(items) == 200
    assert frames(after) <= 200 - 25 * 4, "it is told before what comes after it"
    assert waited[waited.index(worst) + 1] == 0.0


def test_a_playlist_that_breaks_rules_is_told(origin: Origin) -> None:
    channel = Channel(origin, TS())
    channel.script = {3: lambda _: channel.at(3).replace(b"DURATION:1", b"DURATION:2")}
    told = [{one.rule for one in copy.breaks} for copy in copies(watched(origin.url("/live.m3u8")))]
    assert told[1:5] == [set(), {"target_duration_changed", "too_short"}, {"target_duration_changed"}, set()]


@pytest.mark.parametrize("what", ["segment", "playlist"])
def test_what_comes_in_the_end_has_failed_and_is_over(origin: Origin, what: str) -> None:
    channel = Channel(origin, TS())
    if what == "playlist":
        channel.script[3] = lambda _: Answer(status=503)
    else:
        answers = [Answer(status=503)]
        origin.routes["/s003.ts"] = lambda _: answers.pop() if answers else channel.media.files["s003.ts"]
    items = watched(origin.url("/live.m3u8"))
    first, over = failures(items)
    assert (first.what, first.rendition, first.status, first.lost, first.is_over) == (what, "video", 503, 0.0, False)
    assert "HTTP 503" in first.reason
    assert (over.what, over.is_over) == (what, True)
    assert over.since > 0.0
    assert frames(items) == 200


def test_a_segment_that_never_comes_is_lost(origin: Origin) -> None:
    Channel(origin, TS())
    del origin.routes["/s003.ts"]
    told = failures(watched(origin.url("/live.m3u8")))
    assert [each.lost for each in told] == [0.0, 0.0, 0.0, 1.0]
    assert {each.status for each in told} == {404}


def test_each_rendition_speaks_for_itself(origin: Origin) -> None:
    Channel(origin, TS(audio=False), folder="/v")
    sound = Channel(origin, TS(video=False), folder="/a")
    origin.routes["/main.m3u8"] = APART
    sound.script = dict.fromkeys(range(4, 8), lambda _: sound.at(3))
    items = watched(origin.url("/main.m3u8"))
    assert max(copy.unchanged for copy in copies(items, "audio:en")) >= 1.5
    assert copies(items, "renditions")[0].breaks[0].rule == "codecs_missing"


def test_on_demand_there_is_one_copy(origin: Origin) -> None:
    media = rendition(2.0)
    [copy] = copies(checked(serve(origin, media, media.playlist.replace("DURATION:1", "DURATION:0"))))
    assert [one.rule for one in copy.breaks] == ["target_duration_exceeded"]
    assert (copy.pts, copy.target_duration) == (0.0, 0.0)


def test_a_source_that_is_stopped_has_not_failed(origin: Origin) -> None:
    Channel(origin, TS())
    with source_of(origin.url("/live.m3u8")) as source:
        told = []
        for item in source:
            told.append(item)
            if len(told) == 50:
                source.stop()
    assert failures(told) == []


def test_a_segment_without_an_end_is_left(origin: Origin) -> None:
    Channel(origin, TS())
    origin.routes["/s003.ts"] = Answer((b"\x47\x1f\xff\x10" + bytes(184)) * 500, endless=True)  # null packets
    items = watched(origin.url("/live.m3u8"))
    told = failures(items)
    assert [each.lost for each in told] == [0.0, 1.0]
    assert "more than 32 MiB for 1 s of media" in told[0].reason
    assert frames(items) >= 175
