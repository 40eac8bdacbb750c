import re
from collections.abc import Iterator

import pytest

from origin import Answer, Origin
from segments import Media, encrypted, rendition
from watchglass.model.errors import (
    WatchglassError,
)
from watchglass.model.media import (
    Damage,
    NotWatched,
)
from watchglass.model.transport import FetchFailure, SegmentArrival
from watching import assert_whole, frames, of, serve, watched

KEY = bytes(range(16))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.mark.parametrize(("key", "reason"), [(b"short", "5 bytes instead of 16"), (bytes(16), "key is not the one")])
def test_a_wrong_key_is_said(origin: Origin, key: bytes, reason: str) -> None:
    media = rendition(1.0)
    data = {name: encrypted(content, KEY, bytes(16)) for name, content in media.files.items()}
    playlist = media.playlist.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="key"\n#EXTINF', 1)
    origin.routes["/key"] = key
    url = serve(origin, Media(playlist, data))
    with pytest.raises(WatchglassError, match=f"{reason}|not audio or video"):
        watched(url)


def test_a_gap_is_told_and_not_fetched(origin: Origin) -> None:
    media = rendition()
    playlist = media.playlist.replace("#EXTINF:1.000000,\ns001.ts", "#EXT-X-GAP\n#EXTINF:1.000000,\ns001.ts")
    items = watched(serve(origin, media, playlist))
    assert len(frames(items)) == 75
    assert [(item.duration, "EXT-X-GAP" in item.reason) for item in of(items, NotWatched)] == [(1.0, True)]  # type: ignore[attr-defined]
    assert "/s001.ts" not in origin.paths
    [failure] = of(items, FetchFailure)
    assert (failure.what, failure.lost, "EXT-X-GAP" in failure.reason) == ("segment", 1.0, True)  # type: ignore[attr-defined]
    assert not of(items, Damage)


def test_arrivals_after_a_gap_lie_where_their_media_do(origin: Origin) -> None:
    media = rendition()
    playlist = media.playlist.replace("#EXTINF:1.000000,\ns001.ts", "#EXT-X-GAP\n#EXTINF:1.000000,\ns001.ts")
    items = watched(serve(origin, media, playlist))
    assert [round(item.pts - frames(items)[0].pts) for item in of(items, SegmentArrival)] == [0, 2, 3]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_segment_that_is_not_there_is_skipped_and_told(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    url = serve(origin, media)
    del origin.routes[f"/{media.segments[1]}"]
    items = watched(url)
    assert len(frames(items)) == 75
    [note] = of(items, NotWatched)
    assert "HTTP 404" in note.reason  # type: ignore[attr-defined]
    assert note.duration == 1.0


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_segment_that_breaks_off_is_resumed(origin: Origin, ranges: bool, is_encrypted: bool) -> None:
    media = rendition()
    data, playlist = dict(media.files), media.playlist
    if is_encrypted:
        data["s001.ts"] = encrypted(data["s001.ts"], KEY, bytes(16))
        iv = f"IV=0x{bytes(16).hex()}"
        before, after = f'#EXT-X-KEY:METHOD=AES-128,URI="key",{iv}\n', "\n#EXT-X-KEY:METHOD=NONE"
        playlist = playlist.replace("#EXTINF:1.000000,\ns001.ts", f"{before}#EXTINF:1.000000,\ns001.ts{after}")
        origin.routes["/key"] = KEY
    url = serve(origin, Media(playlist, data))
    cut = Answer(data["s001.ts"], truncate_at=20_000, ranges=ranges)
    origin.routes["/s001.ts"] = lambda _: (
        cut if origin.paths.count("/s001.ts") == 1 else Answer(data["s001.ts"], ranges=ranges)
    )
    assert_whole(watched(url))


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_segment_that_always_breaks_off_costs_only_itself(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    url = serve(origin, media)
    name = media.segments[1]
    origin.routes[f"/{name}"] = Answer(media.files[name], truncate_at=1_000, ranges=False)
    items = watched(url)
    pts = [frame.pts for frame in frames(items)]
    assert len([one for one in pts if one >= 1.999 or one < 0.999]) >= 75
    assert any("ended early" in note.reason for note in of(items, NotWatched))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "number", "body"),
    [
        ("mpegts", 0, b"<!DOCTYPE html><title>Oops</title>" + b" " * 3_000),
        ("fmp4", 1, b"\n<html>" * 99),
        ("fmp4", 3, b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ],
)
def test_a_web_page_in_place_of_a_segment_costs_only_that(origin: Origin, kind: str, number: int, body: bytes) -> None:
    media = rendition(kind=kind)
    url = serve(origin, media)
    origin.routes[f"/{media.segments[number]}"] = body
    items = watched(url)
    assert len(frames(items)) == 75
    [note] = of(items, NotWatched)
    assert "is a web page, not audio or video" in note.reason  # type: ignore[attr-defined]


def test_what_is_not_mp4_among_segments_of_mp4_costs_only_itself(origin: Origin) -> None:
    media = rendition(kind="fmp4")
    url = serve(origin, media)
    origin.routes[f"/{media.segments[1]}"] = b'{"error": "upstream"}' * 99
    items = watched(url)
    assert len(frames(items)) == 75
    assert [note.reason for note in of(items, NotWatched)] == ["a segment was skipped: s001.m4s: is not MP4"]  # type: ignore[attr-defined]


def test_a_box_that_claims_too_much_does_not_hide_the_rest(origin: Origin) -> None:
    media = rendition(16.0, kind="fmp4")
    url = serve(origin, media)
    name = media.segments[2]
    origin.routes[f"/{name}"] = b"\x3f\xff\xff\xff" + media.files[name][4:]
    items = watched(url)
    assert len(frames(items)) == 15 * 25
    assert frames(items)[-1].end == pytest.approx(16.0, abs=0.1)
    [note] = of(items, NotWatched)
    assert re.fullmatch(r"a segment is not whole: s002.m4s: ends within a box, after \d+ bytes", note.reason)  # type: ignore[attr-defined]
    assert note.duration == 1.0


@pytest.mark.parametrize("answer", [Answer(status=404), Answer(b"<html>"), Answer(b"#EXTM3U\n#EXT-X-ENDLIST\n")])
def test_sound_that_is_not_there_is_told_and_the_picture_watched(origin: Origin, answer: Answer) -> None:
    serve(origin, rendition(audio=False), folder="/v")
    origin.routes["/a/media.m3u8"] = answer
    origin.routes["/main.m3u8"] = (
        b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/media.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/media.m3u8\n'
    )
    items = watched(origin.url("/main.m3u8"))
    assert len(frames(items)) == 100
    [note] = [item for item in items if isinstance(item, NotWatched) and item.is_loss]
    assert note.reason.startswith("audio:en: http://")


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_segment_that_is_cut_at_the_origin_is_told_and_spoils_no_other(
    origin: Origin, kind: str, is_encrypted: bool
) -> None:
    """Its length is as announced, and it ends in the middle."""
    media = rendition(kind=kind, audio=False)
    files = dict(media.files)
    name = media.segments[1]
    files[name] = files[name][: len(files[name]) * 2 // 3 // 188 * 188 + 100]
    playlist = media.playlist
    if is_encrypted:
        files = {name: encrypted(data, KEY, bytes(16)) if "s0" in name else data for name, data in files.items()}
        line = f'#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x{"0" * 32}\n'
        playlist = playlist.replace("#EXTINF", f"{line}#EXTINF", 1)
        origin.routes["/key"] = KEY
    items = watched(serve(origin, Media(playlist, files)))
    [failure] = of(items, FetchFailure)
    assert (failure.is_broken, name in failure.reason, "ends within" in failure.reason) == (True, True, True)  # type: ignore[attr-defined]
    assert len([frame for frame in frames(items) if frame.pts > 1.99]) == 50
