"""I-frame playlists over a real server: one picture a segment, which stands until the next one comes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from key_frames import i_frame_range, i_frames
from live_channel import Channel, source_of
from live_channel import watched as watched_live
from making import clip, noise
from origin import Origin
from protecting import Lock
from protecting_ts import sealed_ts
from segments import Media, rendition
from watchglass.media.hls_choice import HlsOptions
from watchglass.model.errors import PlaylistError
from watchglass.model.media import Damage, NotWatched, TimelineBreak, Tracks
from watching import frames, of, samples, serve, watched

KINDS = ["mpegts", "fmp4"]
KEY, IV = bytes(range(16)), bytes(range(100, 116))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        server.routes["/key"] = KEY
        yield server


def assert_key_frames(items: list, count: int, seconds: float = 1.0) -> None:
    pictures = frames(items)
    assert [round(frame.pts - pictures[0].pts, 2) for frame in pictures] == [n * seconds for n in range(count)]
    assert [frame.duration for frame in pictures] == pytest.approx([seconds] * count, abs=0.01)
    assert all(frame.key_frame and not frame.is_corrupt for frame in pictures)
    assert not of(items, Damage)
    assert not of(items, TimelineBreak)
    assert not [note for note in of(items, NotWatched) if note.is_loss]
    assert of(items, Tracks)[-1].tracks[0].has_key_frames_only


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_stands_until_the_next_one(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    items = watched(serve(origin, media, i_frames(media)))
    assert_key_frames(items, 4)
    assert "the sound (an I-frame playlist has none" in of(items, NotWatched)[0].reason
    fetched = sum(len(media.files[name]) for name in media.segments)
    asked = [request.headers.get("range", "") for request in origin.requests if request.path.startswith("/s0")]
    first_and_last = [text.removeprefix("bytes=").split("-") for text in asked]
    assert sum(int(last) - int(first) + 1 for first, last in first_and_last) < fetched / 4


def test_an_init_section_of_a_transport_stream_may_be_named(origin: Origin) -> None:
    media = rendition()
    _, offset = i_frame_range(media.files["s000.ts"])
    named = f'#EXT-X-MAP:URI="s000.ts",BYTERANGE="{offset}@0"'
    assert_key_frames(watched(serve(origin, media, i_frames(media, head=named))), 4)
    assert sum("range" in request.headers for request in origin.requests) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_i_frames_are_chosen_with_the_sound_beside_them(origin: Origin, kind: str) -> None:
    picture, sound = rendition(kind=kind, audio=False), rendition(kind=kind, video=False)
    serve(origin, picture, i_frames(picture), folder="/i")
    serve(origin, sound, folder="/a")
    origin.routes["/main.m3u8"] = (
        b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/media.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/media.m3u8\n'
        b'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i/media.m3u8"\n'
    )
    items = watched(origin.url("/main.m3u8"), rendition="i-frames")
    assert_key_frames(items, 4)
    assert samples(items) == pytest.approx(4 * 48_000, abs=3_000)
    assert "/v/media.m3u8" not in origin.paths


def test_where_none_are_offered_that_is_said(origin: Origin) -> None:
    origin.routes["/main.m3u8"] = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
    with pytest.raises(PlaylistError, match=r"main\.m3u8: offers no I-frame playlist"):
        watched(origin.url("/main.m3u8"), rendition="i-frames")


@pytest.mark.parametrize("kind", KINDS)
def test_a_live_playlist_of_key_frames(origin: Origin, kind: str) -> None:
    media = rendition(8.0, kind=kind)
    channel = Channel(origin, media)
    plain = channel.at

    def at(load: int) -> bytes:
        lines = []
        for line in plain(load).decode().splitlines():
            if line in media.files:
                length, offset = i_frame_range(media.files[line])
                lines.append(f"#EXT-X-BYTERANGE:{length}@{offset}")
            lines += [line, "#EXT-X-I-FRAMES-ONLY"] if line == "#EXTM3U" else [line]
        return "\n".join(lines).encode() + b"\n"

    channel.at = at  # type: ignore[method-assign]
    assert_key_frames(watched_live(origin.url("/live.m3u8")), 8)


@pytest.mark.parametrize("kind", KINDS)
def test_encrypted_key_frames(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    lock = Lock(KEY, scheme="cbcs")
    files = {
        name: sealed_ts(data, KEY, IV) if kind == "mpegts" else lock.segment(data)
        for name, data in media.files.items()
        if name in media.segments
    }
    if kind == "fmp4":
        files["init.mp4"] = lock.init(media.files["init.mp4"])
    sealed = Media(media.playlist, files)
    line = f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key",IV=0x{IV.hex()}'
    assert_key_frames(watched(serve(origin, sealed, i_frames(sealed, head=line))), 4)


def test_key_frames_that_refer_to_no_others_but_are_numbered_among_them(origin: Origin, tmp_path: Path) -> None:
    options = {"bf": "2", "x264-params": "keyint=25:min-keyint=25:scenecut=0:open-gop=1:bframes=2"}
    path = clip(tmp_path / "a.ts", seconds=6.0, picture=noise(), video_options=options, gop=25)
    data = path.read_bytes()
    begins = [
        at
        for at in range(0, len(data), 188)
        if data[at + 1] & 0x40 and (data[at + 1] & 0x1F) << 8 | data[at + 2] == 0x100
    ]
    with_random_access = [n for n, at in enumerate(begins) if data[at + 3] & 0x20 and data[at + 5] & 0x40]
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-I-FRAMES-ONLY"]
    for n in with_random_access:
        end = [*begins, len(data)][n + 1]
        lines += ["#EXTINF:1,", f"#EXT-X-BYTERANGE:{end - begins[n]}@{begins[n]}", "a.ts"]
    assert len(with_random_access) == 6
    items = watched(serve(origin, Media("", {"a.ts": data}), "\n".join([*lines, "#EXT-X-ENDLIST"])))
    assert_key_frames(items, 6)


def test_a_missing_one_is_told(origin: Origin) -> None:
    media = rendition()
    url = serve(origin, media, i_frames(media))
    del origin.routes["/s001.ts"]
    items = watched(url)
    assert [round(frame.duration, 2) for frame in frames(items)] == [2.0, 1.0, 1.0]
    [note] = [note for note in of(items, NotWatched) if note.is_loss]
    assert "HTTP 404" in note.reason


def test_options_reach_a_live_source(origin: Origin) -> None:
    origin.routes["/live.m3u8"] = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
    with pytest.raises(PlaylistError, match="offers no I-frame playlist"):
        source_of(origin.url("/live.m3u8"), HlsOptions("i-frames"))


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
def test_a_real_playlist_of_key_frames() -> None:
    playlist = Path(os.environ["WATCHGLASS_CORPUS"]) / "hls/shaka--hls-iframe-only/media.m3u8"
    items = watched(str(playlist))
    assert [(round(frame.pts, 3), round(frame.duration, 3)) for frame in frames(items)] == [
        (0.0, 2.002),
        (2.002, 2.002),
    ]
    assert not of(items, Damage)
