import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from live_channel import APART, TS, Channel, FastClock, assert_each_once, fetched, frames, notes, source_of, watched
from origin import Answer, Origin, Request
from segments import Media, rendition
from watchglass.media.hls_choice import HlsOptions
from watchglass.model.errors import NotMediaError, PlaylistError, TransferError
from watchglass.model.media import AudioBlock, ClockAnchor, Stall, TimelineBreak, Tracks, VideoFrame
from watchglass.model.transport import SegmentArrival


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_channel_is_watched_to_its_end(origin: Origin, kind: str) -> None:
    media = TS(kind=kind)
    Channel(origin, media)
    items = watched(origin.url("/live.m3u8"))
    assert isinstance(items[0], Tracks)
    assert items[0].is_live
    assert frames(items) == 200
    assert_each_once(origin, media)
    assert not notes(items)
    assert [item.sequence for item in items if isinstance(item, SegmentArrival)] == list(range(8))
    assert next(item.source for item in items if isinstance(item, ClockAnchor)) == "arrival"


def test_who_waits_does_not_spin(origin: Origin) -> None:
    """Between two segments there is nothing to do: a wait that is over at once would take a core."""
    Channel(origin, TS())
    clock = FastClock()
    with source_of(origin.url("/live.m3u8"), clock=clock) as source:
        items = list(source)
    assert clock.looks < len(items) + 200  # each item may wake somebody, and a wait lasts at least a tenth of a second


def test_an_encoder_that_restarts_is_told_and_watched_on(origin: Origin) -> None:
    before, after = TS(), rendition(4.0, start=500.0, seed=2)
    channel = Channel(origin, before)
    for name, data in after.files.items():
        origin.routes[f"/new_{name}"] = data
    renamed = Media("\n".join(f"new_{name}" for name in after.segments), {})
    names = renamed.segments

    def restarted(count: int) -> Callable[[Request], bytes]:
        end = "#EXT-X-ENDLIST\n" if count == len(names) else ""
        body = "".join(f"#EXTINF:1.0,\n{name}\n" for name in names[:count])
        return lambda _: f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n{body}{end}".encode()

    channel.script = {4: restarted(1), 5: restarted(2), 6: restarted(4)}
    items = watched(origin.url("/live.m3u8"))
    assert "the playlist began anew: media sequence 0 after 4" in notes(items)
    assert fetched(origin) == Counter([f"/{name}" for name in before.segments[:5]] + [f"/{name}" for name in names])
    assert frames(items) == 225
    assert any(item.announced for item in items if isinstance(item, TimelineBreak))
    pts = [item.pts for item in items if isinstance(item, VideoFrame)]
    assert pts[-1] == pytest.approx(8.96, abs=0.1)


def test_a_channel_that_ends_and_begins_anew_is_watched_on_where_that_is_wanted(origin: Origin) -> None:
    before, after = Channel(origin, TS()), Channel(origin, rendition(4.0, start=500.0, seed=2), folder="/new")
    news = after.at(9).replace(b"s0", b"new/s0")
    before.script = dict.fromkeys(range(9, 12), lambda _: before.at(8)) | dict.fromkeys(range(12, 99), lambda _: news)
    count, reasons = 0, set()
    with source_of(origin.url("/live.m3u8"), HlsOptions(waits_after_end=True)) as source:
        for item in source:
            count += isinstance(item, VideoFrame)
            reasons |= {item.reason} if isinstance(item, Stall) else set()
            if count == 300:
                source.stop()
    assert count == 300
    assert "the playlist has ended" in reasons


def test_old_copies_of_the_playlist_change_nothing(origin: Origin) -> None:
    channel = Channel(origin, TS())
    channel.script = {3: lambda _: channel.at(1), 5: lambda _: channel.at(2)}
    items = watched(origin.url("/live.m3u8"))
    assert frames(items) == 200
    assert_each_once(origin, channel.media)


@pytest.mark.parametrize(
    "answer",
    [Answer(status=404), Answer(status=503), Answer(b"<html>"), Answer(b""), Answer(b"#EXTM3U", truncate_at=2)],
)
def test_a_playlist_that_fails_for_a_while_costs_nothing(origin: Origin, answer: Answer) -> None:
    channel = Channel(origin, TS())
    channel.script = dict.fromkeys((3, 4, 5), lambda _: answer)
    original = channel.at
    channel.at = lambda load: original(load if load < 3 else load - 3)  # type: ignore[method-assign]
    items = watched(origin.url("/live.m3u8"))
    assert frames(items) == 200
    assert_each_once(origin, channel.media)


def test_a_playlist_that_stands_still_is_a_stall_with_a_reason(origin: Origin) -> None:
    channel = Channel(origin, TS())
    channel.script = dict.fromkeys(range(3, 60), lambda _: channel.at(2))
    channel.script[60] = lambda _: channel.at(9)
    items = watched(origin.url("/live.m3u8"))
    stalls = [item for item in items if isinstance(item, Stall)]
    longest = max(stalls, key=lambda stall: stall.waited)
    assert "the playlist has not changed for" in longest.reason
    assert longest.buffer <= 0.0
    assert longest.waited > 5.0
    assert all(stall.pts > 1.0 for stall in stalls)
    assert frames(items) >= 175  # the window slid past what nobody could have had


@pytest.mark.parametrize("status", [404, 500])
def test_a_segment_that_fails_is_skipped_and_told(origin: Origin, status: int) -> None:
    media = TS()
    Channel(origin, media)
    origin.routes["/s003.ts"] = Answer(status=status)
    items = watched(origin.url("/live.m3u8"))
    assert frames(items) == 175
    assert f"HTTP {status}" in notes(items)
    assert fetched(origin)["/s003.ts"] == 3


def test_a_segment_that_breaks_off_is_resumed(origin: Origin) -> None:
    media = TS()
    Channel(origin, media)
    data = media.files["s003.ts"]
    origin.routes["/s003.ts"] = lambda _: (
        Answer(data, truncate_at=9_000) if fetched(origin)["/s003.ts"] == 1 else Answer(data)
    )
    items = watched(origin.url("/live.m3u8"))
    assert frames(items) == 200
    assert not notes(items)


def test_urls_that_expire_are_renewed(origin: Origin) -> None:
    media = TS()
    channel = Channel(origin, media, folder="/x")
    valid = {"token": "one"}

    def signed(request: Request, answer: bytes | Answer) -> bytes | Answer:
        return answer if request.query == f"t={valid['token']}" else Answer(status=403)

    def playlist(request: Request) -> bytes | Answer:
        if channel.loads == 3:
            valid["token"] = "two"
        answer = signed(request, b"")
        if isinstance(answer, Answer):
            return answer
        text = channel.answer(request)
        assert isinstance(text, bytes)
        return text.replace(b".ts", f".ts?t={valid['token']}".encode())

    origin.routes["/x/live.m3u8"] = playlist
    for name, data in media.files.items():
        origin.routes[f"/x/{name}"] = lambda request, data=data: signed(request, data)
    origin.routes["/main.m3u8"] = lambda _: (
        f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx/live.m3u8?t={valid['token']}\n".encode()
    )
    items = watched(origin.url("/main.m3u8"))
    assert frames(items) == 200
    assert origin.paths.count("/main.m3u8") > 1
    assert not notes(items)


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_sound_and_picture_that_come_apart_are_told_together(origin: Origin, kind: str) -> None:
    Channel(origin, TS(kind=kind, audio=False), folder="/v")
    Channel(origin, TS(kind=kind, video=False), folder="/a")
    origin.routes["/main.m3u8"] = APART
    items = watched(origin.url("/main.m3u8"))
    assert frames(items) == 200
    [audio] = {item.track for item in items if isinstance(item, AudioBlock)}
    samples = sum(item.samples.shape[1] for item in items if isinstance(item, AudioBlock))
    assert samples == pytest.approx(8 * 48_000, abs=3_000)
    tracks = [item for item in items if isinstance(item, Tracks)][-1]
    assert {track.id for track in tracks.tracks} == {"video:0", audio}


def test_sound_that_is_not_there_yet_is_waited_for_while_the_picture_goes_on(origin: Origin) -> None:
    Channel(origin, TS(audio=False), folder="/v")
    sound = Channel(origin, TS(video=False), folder="/a")
    sound.script = dict.fromkeys(range(4), lambda _: Answer(status=404))
    original = sound.at
    sound.at = lambda load: original(load - 3)  # type: ignore[method-assign]
    origin.routes["/main.m3u8"] = APART
    items = watched(origin.url("/main.m3u8"))
    assert frames(items) == 200
    samples = sum(item.samples.shape[1] for item in items if isinstance(item, AudioBlock))
    assert samples == pytest.approx(8 * 48_000, abs=3_000)


def test_sound_that_fails_does_not_end_the_picture(origin: Origin) -> None:
    Channel(origin, TS(audio=False), folder="/v")
    channel = Channel(origin, TS(video=False), folder="/a")
    channel.script = dict.fromkeys(range(3, 1_000), lambda _: Answer(status=404))
    origin.routes["/main.m3u8"] = APART
    count = 0
    with source_of(origin.url("/main.m3u8")) as source:
        for item in source:
            count += isinstance(item, VideoFrame)
            if isinstance(item, Stall) and "HTTP 404" in item.reason and count == 200:
                source.stop()
    assert count == 200


@pytest.mark.parametrize("what", ["segment", "playlist"])
def test_what_is_waited_for_is_told(origin: Origin, what: str) -> None:
    over = threading.Event()
    channel = Channel(origin, TS())
    if what == "segment":
        origin.routes["/s003.ts"] = Answer(b"", silent=over)
    else:
        channel.script = dict.fromkeys(range(3, 100), lambda _: Answer(b"", silent=over))
    with source_of(origin.url("/live.m3u8")) as source:
        reasons = (item.reason for item in source if isinstance(item, Stall))
        assert any(reason.startswith("waiting for the server to deliver") and what in reason for reason in reasons)
        over.set()


def test_a_segment_that_drips_is_a_stall_once_a_player_has_run_dry(origin: Origin) -> None:
    """Bytes come, and nothing can be played."""
    Channel(origin, TS())
    origin.routes["/s004.ts"] = Answer(TS().files["s004.ts"], drip=threading.Event())
    with source_of(origin.url("/live.m3u8")) as source:
        for item in source:
            if isinstance(item, Stall) and item.buffer < -2.0:
                source.stop()
                assert item.waited > 2.0
                assert item.reason == "waiting for the server to deliver a segment"
                assert item.is_trouble
                return
    raise AssertionError("nothing was told")


def test_stop_ends_a_source_that_waits(origin: Origin) -> None:
    over = threading.Event()
    channel = Channel(origin, TS())
    channel.script = dict.fromkeys(range(2, 100), lambda _: Answer(b"", silent=over))
    with source_of(origin.url("/live.m3u8")) as source:
        for item in source:
            if isinstance(item, Stall):
                threading.Thread(target=source.stop).start()
    over.set()
    assert threading.active_count() < 20


def test_leaving_early_leaves_no_thread_behind(origin: Origin) -> None:
    Channel(origin, TS())
    before = {thread.ident for thread in threading.enumerate()}
    with source_of(origin.url("/live.m3u8")) as source:
        for item in source:
            if isinstance(item, VideoFrame):
                break
    mine = [t for t in threading.enumerate() if t.ident not in before and "_run" in t.name]
    for thread in mine:
        thread.join(5.0)
    assert not any(thread.is_alive() for thread in mine)


def test_a_channel_that_is_not_there_is_an_error(origin: Origin) -> None:
    with pytest.raises(TransferError, match="HTTP 404"):
        source_of(origin.url("/live.m3u8"))


def test_a_channel_of_something_else_is_an_error(origin: Origin) -> None:
    names = [f"{number}.ts" for number in range(8)]
    Channel(origin, Media("\n".join(names), dict.fromkeys(names, b"this is no media " * 999)))
    with pytest.raises(NotMediaError, match="not audio or video"):
        watched(origin.url("/live.m3u8"))
    origin.routes["/live.m3u8"] = (
        b'#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k",KEYFORMAT="com.drm"\n#EXTINF:1,\na.ts\n'
    )
    with pytest.raises(PlaylistError, match="SAMPLE-AES"):
        source_of(origin.url("/live.m3u8"))
