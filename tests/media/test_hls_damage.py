from collections.abc import Iterator

import pytest

from origin import Answer, Origin
from segments import Media, encrypted, rendition
from watchglass.model.errors import (
    WatchglassError,
)
from watchglass.model.media import (
    NotWatched,
)
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
