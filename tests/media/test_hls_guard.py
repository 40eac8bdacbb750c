from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from origin import Answer, Canary, Origin
from segments import rendition
from watchglass.model.errors import (
    AddressRefusedError,
    NotFoundError,
    PlaylistError,
    TransferError,
    WatchglassError,
)
from watchglass.model.media import (
    AudioBlock,
    NotWatched,
    VideoFrame,
)
from watchglass.net.guard import parse_networks
from watching import assert_whole, frames, serve, watched


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.mark.parametrize(
    ("playlist", "error", "reason"),
    [
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n", PlaylistError, "leads to itself"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nother.m3u8\n", PlaylistError, "from one list of renditions"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhtml.m3u8\n", PlaylistError, "is a web page"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnone.m3u8\n", TransferError, "HTTP 404"),
        ("<html></html>", PlaylistError, "is a web page"),
        ("", PlaylistError, "is empty"),
        ("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST", PlaylistError, "file:///etc/passwd"),
        ("#EXTM3U\n#EXTINF:1,\nftp://h/x\n#EXT-X-ENDLIST", PlaylistError, "ftp"),
        ("#EXTM3U\n#EXTINF:1,\nconcat:a|b\n#EXT-X-ENDLIST", PlaylistError, "not followed"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n", PlaylistError, "file:///etc/passwd"),
        ("#EXTM3U\n#EXTINF:1,\nhttp://169.254.169.254/x\n#EXT-X-ENDLIST", AddressRefusedError, "169.254.169.254"),
        ("#EXTM3U\n#EXTINF:1,\nhttp://10.0.0.1/x\n#EXT-X-ENDLIST", AddressRefusedError, "10.0.0.1.*allow-private"),
        ('#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k",KEYFORMAT="com.drm"\n#EXTINF:1,\na\n#EXT-X-ENDLIST',
         PlaylistError, "SAMPLE-AES"),
        ("#EXTM3U\n#EXTINF:1,\nnone.ts\n#EXTINF:1,\nnone2.ts\n#EXT-X-ENDLIST", TransferError, "HTTP 404"),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST", WatchglassError, "nothing in it"),
        ("#EXTM3U\n#EXTINF:1,\nother.m3u8\n#EXT-X-ENDLIST", WatchglassError, "not audio or video"),
    ],
)  # fmt: skip
def test_what_cannot_be_watched_is_refused_with_a_sentence(
    origin: Origin, playlist: str, error: type[Exception], reason: str
) -> None:
    origin.routes["/main.m3u8"] = playlist.encode()
    origin.routes["/other.m3u8"] = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n"
    origin.routes["/html.m3u8"] = b"<html>"
    with pytest.raises(error, match=reason):
        watched(origin.url("/main.m3u8"))


def nested(target: str, hop: str) -> Mapping[str, str | Answer]:
    """Playlists that lead to ``target``, or to ``hop`` that redirects there, in every way that a playlist can."""
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
    end = "#EXTINF:1.0,\ns000.ts\n#EXT-X-ENDLIST\n"
    variant = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1{}\n{}\n"
    audio = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="{}"\n'
    return {
        "segment": f"{head}#EXTINF:1.0,\n{target}\n{end}",
        "segment after good ones": f"{head}#EXTINF:1.0,\ns000.ts\n#EXTINF:1.0,\n{target}\n#EXT-X-ENDLIST\n",
        "segment by redirect": f"{head}#EXTINF:1.0,\n{hop}\n{end}",
        "byte range": f"{head}#EXTINF:1.0,\n#EXT-X-BYTERANGE:10@0\n{target}\n{end}",
        "network path": f"{head}#EXTINF:1.0,\n{target.removeprefix('http:')}\n{end}",
        "key": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n{end}',
        "key by redirect": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{hop}"\n{end}',
        "init": f'{head}#EXT-X-MAP:URI="{target}"\n{end}',
        "init by redirect": f'{head}#EXT-X-MAP:URI="{hop}"\n{end}',
        "init byte range": f'{head}#EXT-X-MAP:URI="{target}",BYTERANGE="10@0"\n{end}',
        "key of init": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{target}",IV=0x1\n#EXT-X-MAP:URI="s000.ts"\n{end}',
        "variant": variant.format("", target),
        "variant by redirect": variant.format("", hop),
        "audio": "#EXTM3U\n" + audio.format(target) + variant.format(',AUDIO="a"', "media.m3u8")[8:],
        "audio by redirect": "#EXTM3U\n" + audio.format(hop) + variant.format(',AUDIO="a"', "media.m3u8")[8:],
        "variable": f'{head}#EXT-X-DEFINE:NAME="u",VALUE="{target}"\n#EXTINF:1.0,\n{{$u}}\n{end}',
        "playlist by redirect": Answer(status=302, headers={"Location": target}),
    }  # fmt: skip


@pytest.mark.parametrize("way", nested("http://127.0.0.2/", "http://127.0.0.1/"))
def test_no_way_leads_to_a_private_listener(origin: Origin, way: str) -> None:
    serve(origin, rendition(1.0))
    with Canary() as canary:
        origin.routes["/hop"] = Answer(status=302, headers={"Location": canary.url()})
        playlist = nested(canary.url(), origin.url("/hop"))[way]
        origin.routes["/main.m3u8"] = playlist if isinstance(playlist, Answer) else playlist.encode()
        try:
            told = " ".join(item.reason for item in watched(origin.url("/main.m3u8")) if isinstance(item, NotWatched))
        except WatchglassError as error:
            told = str(error)
        assert canary.connects == 0
        assert "127.0.0.2" in told
        assert "--allow-private 127.0.0.2/32" in told


def test_the_same_listener_is_reached_where_it_is_allowed(origin: Origin) -> None:
    media = rendition(1.0)
    with Origin("127.0.0.2") as other:
        serve(other, media)
        origin.routes["/main.m3u8"] = f"#EXTM3U\n#EXTINF:1,\n{other.url('/s000.ts')}\n#EXT-X-ENDLIST\n".encode()
        items = watched(origin.url("/main.m3u8"), allow_private=parse_networks(["127.0.0.2"]))
        assert len(frames(items)) == 25


def test_another_name_of_the_typed_loopback_address_is_followed(origin: Origin) -> None:
    media = rendition()
    there = f"http://localhost:{origin.port}/s"
    assert_whole(watched(serve(origin, media, media.playlist.replace("\ns", f"\n{there}"))))
    with Canary() as canary:
        with pytest.raises(AddressRefusedError, match=r"127\.0\.0\.2"):
            watched(serve(origin, media, media.playlist.replace("\ns", f"\n{canary.url('/s')}")))
        assert canary.connects == 0


def test_headers_and_secrets_stay_at_home(origin: Origin) -> None:
    media = rendition(2.0)
    with Origin("127.0.0.2") as other:
        serve(other, media)
        playlist = f"#EXTM3U\n#EXTINF:1,\n{other.url('/s000.ts')}\n#EXTINF:1,\ns001.ts?sig=SECRET\n#EXT-X-ENDLIST\n"
        serve(origin, media, playlist)
        items = watched(
            origin.url("/media.m3u8?token=SECRET").replace("//", "//me:SECRET@"),
            allow_private=parse_networks(["127.0.0.2"]),
            headers={"X-Key": "SECRET"},
        )
        assert "SECRET" not in str(other.requests)
    assert [request.headers["x-key"] for request in origin.requests] == ["SECRET"] * len(origin.requests)
    assert "SECRET" not in str([item for item in items if not isinstance(item, VideoFrame | AudioBlock)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "below").mkdir(parents=True)
    media = rendition(2.0)
    for name, data in media.files.items():
        (tmp_path / "in" / "below" / name).write_bytes(data)
    (tmp_path / "s000.ts").write_bytes(media.files["s000.ts"])
    return tmp_path / "in"


def local(folder: Path, *references: str) -> str:
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + "".join(f"#EXTINF:1,\n{one}\n" for one in references)
    (folder / "media.m3u8").write_text(text + "#EXT-X-ENDLIST\n")
    return str(folder / "media.m3u8")


def test_a_local_playlist_opens_files_below_it(folder: Path) -> None:
    assert len(frames(watched(local(folder, "below/s000.ts", "./below/s001.ts")))) == 50


@pytest.mark.parametrize(
    "reference",
    ["../s000.ts", "below/../../s000.ts", "%2e%2e/s000.ts", "/etc/passwd", "{above}/s000.ts", "link.ts", "//etc/passwd",
     "file:///etc/passwd", "concat:below/s000.ts", "below/s000.ts\0"],
)  # fmt: skip
def test_a_local_playlist_opens_nothing_else(folder: Path, reference: str) -> None:
    (folder / "link.ts").symlink_to(folder.parent / "s000.ts")
    with pytest.raises((AddressRefusedError, PlaylistError)):
        watched(local(folder, reference.replace("{above}", str(folder.parent))))


def test_a_local_playlist_does_not_reach_into_the_house(folder: Path) -> None:
    with Canary("127.0.0.1") as canary:
        path = local(folder, canary.url())
        with pytest.raises(AddressRefusedError, match="--allow-private 127"):
            watched(path)
        assert canary.connects == 0


def test_a_local_playlist_may_name_what_is_allowed(folder: Path, origin: Origin) -> None:
    serve(origin, rendition(2.0))
    items = watched(local(folder, origin.url("/s000.ts")), allow_private=parse_networks(["127.0.0.0/8"]))
    assert len(frames(items)) == 25


def test_a_local_playlist_that_may_grow_is_watched_as_it_is(folder: Path) -> None:
    path = Path(local(folder, "below/s000.ts"))
    path.write_text(path.read_text().replace("#EXT-X-ENDLIST", ""))
    assert len(frames(watched(str(path)))) == 25


def test_no_playlist_is_no_playlist(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        watched(str(tmp_path / "none.m3u8"))
