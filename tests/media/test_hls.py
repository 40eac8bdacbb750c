import itertools
import os
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from origin import Answer, Canary, Origin
from segments import Media, encrypted, packed, rendition
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.errors import (
    AddressRefusedError,
    NotFoundError,
    PlaylistError,
    SourceError,
    TransferError,
    WatchglassError,
)
from watchglass.model.media import (
    AudioBlock,
    ClockAnchor,
    Item,
    NotWatched,
    SegmentArrival,
    TimelineBreak,
    Tracks,
    VideoFrame,
)
from watchglass.net.guard import parse_networks

KEY = bytes(range(16))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


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


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_segments_become_one_stream(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    items = watched(serve(origin, media))
    assert isinstance(items[0], Tracks)
    assert not items[0].is_live
    assert_whole(items)
    arrivals = [item for item in items if isinstance(item, SegmentArrival)]
    assert [(a.sequence, a.size) for a in arrivals] == [(n, len(media.files[s])) for n, s in enumerate(media.segments)]
    assert [a.pts for a in arrivals] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.05)
    assert Counter(origin.paths).most_common(1)[0][1] == 1  # nothing is fetched twice


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
@pytest.mark.parametrize("iv", [None, bytes(range(100, 116))])
def test_encrypted_segments_are_decrypted(origin: Origin, kind: str, iv: bytes | None) -> None:
    media = rendition(kind=kind)
    data = dict(media.files)
    for number, name in enumerate(media.segments):
        data[name] = encrypted(data[name], KEY, iv or number.to_bytes(16, "big"))
    told = f",IV=0x{iv.hex()}" if iv else ""
    playlist = media.playlist.replace("#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="key"{told}\n#EXTINF', 1)
    origin.routes["/key"] = KEY
    assert_whole(watched(serve(origin, Media(playlist, data))))
    assert origin.paths.count("/key") == 1


def test_an_encrypted_init_section_is_decrypted(origin: Origin) -> None:
    media = rendition(kind="fmp4")
    iv = bytes(16)
    data = {name: encrypted(content, KEY, iv) for name, content in media.files.items()}
    playlist = media.playlist.replace("#EXT-X-MAP", f'#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x{iv.hex()}\n#EXT-X-MAP')
    origin.routes["/key"] = KEY
    assert_whole(watched(serve(origin, Media(playlist, data))))


@pytest.mark.parametrize(("key", "reason"), [(b"short", "5 bytes instead of 16"), (bytes(16), "key is not the one")])
def test_a_wrong_key_is_said(origin: Origin, key: bytes, reason: str) -> None:
    media = rendition(1.0)
    data = {name: encrypted(content, KEY, bytes(16)) for name, content in media.files.items()}
    playlist = media.playlist.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="key"\n#EXTINF', 1)
    origin.routes["/key"] = key
    url = serve(origin, Media(playlist, data))
    with pytest.raises(WatchglassError, match=f"{reason}|not audio or video"):
        watched(url)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_byte_ranges_of_one_file(origin: Origin, kind: str, ranges: bool) -> None:
    media = rendition(kind=kind)
    whole, playlist = media.files.get("init.mp4", b""), media.playlist
    playlist = playlist.replace('"init.mp4"', f'"all",BYTERANGE="{len(whole)}@0"')
    for number, name in enumerate(media.segments):
        at = f"@{len(whole)}" if number == 0 else ""
        playlist = playlist.replace(name, f"#EXT-X-BYTERANGE:{len(media.files[name])}{at}\nall")
        whole += media.files[name]
    origin.routes["/all"] = Answer(whole, ranges=ranges)
    assert_whole(watched(serve(origin, Media(playlist, {}))))


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_separate_audio_rendition_comes_together_with_the_picture(origin: Origin, kind: str) -> None:
    serve(origin, rendition(kind=kind, audio=False), folder="/v")
    serve(origin, rendition(kind=kind, video=False), folder="/de")
    serve(origin, rendition(kind=kind, video=False), folder="/fr")
    origin.routes["/main.m3u8"] = (
        b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="de",LANGUAGE="de",URI="de/media.m3u8"\n'
        b'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="fr",LANGUAGE="fr",URI="fr/media.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/media.m3u8\n'
    )
    items = watched(origin.url("/main.m3u8"))
    tracks = [item for item in items if isinstance(item, Tracks)][-1].tracks
    audio = [track.id for track in tracks if track.kind == "audio"]
    assert audio == ["audio:0", "audio:1"]  # the picture has none of its own
    assert len(frames(items)) == 100
    for track in audio:
        assert samples(items, track) == pytest.approx(4 * 48_000, abs=3_000)
    reached = {"video:0": 0.0, **dict.fromkeys(audio, 0.0)}
    for item in items:
        if isinstance(item, VideoFrame | AudioBlock):
            reached[item.track] = item.end
            assert max(reached.values()) - min(reached.values()) < 0.3
    assert kinds(items) == kinds(watched(origin.url("/main.m3u8")))  # on demand, always the same


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_discontinuity_is_announced_and_the_timeline_goes_on(origin: Origin, kind: str) -> None:
    programme, advert = rendition(2.0, kind=kind), rendition(2.0, kind=kind, start=1_000.0, seed=1)
    data = {f"a{name}": content for name, content in programme.files.items()}
    data |= {f"b{name}": content for name, content in advert.files.items()}
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
    for prefix, media in (("a", programme), ("b", advert)):
        playlist += "#EXT-X-DISCONTINUITY\n" if prefix == "b" else ""
        playlist += f'#EXT-X-MAP:URI="{prefix}init.mp4"\n' if kind == "fmp4" else ""
        playlist += "".join(f"#EXTINF:1,\n{prefix}{name}\n" for name in media.segments)
    items = watched(serve(origin, Media(playlist + "#EXT-X-ENDLIST\n", data)))
    pts = [frame.pts for frame in frames(items)]
    assert len(pts) == 100
    assert pts == sorted(pts)
    assert pts[-1] == pytest.approx(3.96, abs=0.1)
    breaks = [item for item in items if isinstance(item, TimelineBreak)]
    assert breaks
    assert all(item.announced for item in breaks)


def test_a_gzipped_playlist_is_read(origin: Origin) -> None:
    media = rendition()
    url = serve(origin, media)
    origin.routes["/media.m3u8"] = Answer(media.playlist.encode(), gzip=True)
    assert_whole(watched(url))


def test_the_programme_clock_is_told_once(origin: Origin) -> None:
    media = rendition()
    playlist = media.playlist
    for number, name in enumerate(media.segments):
        playlist = playlist.replace(
            f"#EXTINF:1.000000,\n{name}",
            f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:0{number}Z\n#EXTINF:1.000000,\n{name}",
        )
    anchors = [item for item in watched(serve(origin, media, playlist)) if isinstance(item, ClockAnchor)]
    assert [(anchor.source, anchor.utc) for anchor in anchors] == [("program-date-time", 1_767_225_600.0)]
    assert anchors[0].pts == pytest.approx(0.0, abs=0.05)


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
        ('#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n#EXTINF:1,\na\n#EXT-X-ENDLIST', PlaylistError, "SAMPLE-AES"),
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


def test_bytes_in_any_pieces_decrypt_alike() -> None:
    from watchglass.media.crypt import decrypted

    rng = random.Random(3)
    for size in (0, 1, 15, 16, 17, 4_000):
        clear = rng.randbytes(size)
        wire, pieces = encrypted(clear, KEY, bytes(16)), []
        while wire:
            cut = rng.randrange(1, 50)
            pieces.append(wire[:cut])
            wire = wire[cut:]
        assert b"".join(decrypted(iter(pieces), KEY, bytes(16), "x")) == clear


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
@pytest.mark.parametrize(
    ("playlist", "pictures"),
    [
        ("shaka--hls-ts-rollover/playlist.m3u8", 480),
        ("shaka--hls-text-no-discontinuity/index.m3u8", None),
        ("shaka--hls-chapters/index.m3u8", None),
        ("shaka--hls-interstitial/list.m3u8", None),
        ("shaka--hls-interstitial/main.m3u8", None),
        ("shaka--hls-interstitial/ad.m3u8", None),
        ("shaka--hls-interstitial/ad1.m3u8", None),
    ],
)
def test_real_streams_play(playlist: str, pictures: int | None, tmp_path: Path) -> None:
    source = Path(os.environ["WATCHGLASS_CORPUS"]) / "hls" / playlist
    shutil.copytree(source.parent, tmp_path / "set")
    items = watched(str(tmp_path / "set" / source.name))
    pts = [frame.pts for frame in frames(items)]
    assert pts
    assert pts == sorted(pts)
    assert pictures is None or len(pts) == pictures


def test_the_next_segment_is_fetched_while_the_present_one_is_decoded(origin: Origin) -> None:
    media, asked = rendition(), threading.Event()
    url = serve(origin, media)
    origin.routes["/s001.ts"] = lambda request: asked.set() or media.files["s001.ts"]
    with open_source(url) as source:
        items = iter(source)
        first = next(items)
        assert asked.wait(20.0)  # although nobody has read on
        assert_whole([first, *items])


def test_packed_audio_lies_where_its_tags_say(origin: Origin) -> None:
    serve(origin, rendition(audio=False, start=50.0), folder="/v")
    media = packed(rendition(video=False, start=50.0))
    serve(origin, media, folder="/a")
    origin.routes["/main.m3u8"] = (
        b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/media.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/media.m3u8\n'
    )
    items = watched(origin.url("/main.m3u8"))
    assert_whole(items)
    blocks = [item for item in items if isinstance(item, AudioBlock)]
    assert blocks[0].pts == pytest.approx(0.0, abs=0.1)
    assert blocks[-1].end == pytest.approx(4.0, abs=0.1)
    origin.routes[f"/a/{media.segments[1]}"] = Answer(status=404)
    blocks = [item for item in watched(origin.url("/main.m3u8")) if isinstance(item, AudioBlock)]
    assert blocks[-1].end == pytest.approx(4.0, abs=0.1)  # what is missing is missing, and moves nothing


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_part_is_fetched_alone_and_has_its_own_times(origin: Origin, kind: str) -> None:
    media = rendition(8.0, kind=kind, start=100.0)
    url = serve(origin, media)
    whole = watched(url)
    expected = [frame.pts for frame in frames(whole) if frame.end > 5.5 + 1e-6 and frame.pts < 6.2]
    origin.requests.clear()
    part = watched(url, decode=DecodeOptions(start=5.5, stop=6.2))
    assert [frame.pts for frame in frames(part)] == pytest.approx(expected, abs=1e-4)
    assert not set(origin.paths) & {f"/{media.segments[number]}" for number in (1, 2, 3)}
    loud = [item for item in part if isinstance(item, AudioBlock)]
    assert loud[0].pts <= 5.5 < loud[0].end


def test_a_part_after_a_break_is_placed_by_the_durations(origin: Origin) -> None:
    first, second = rendition(3.0), rendition(4.0, start=900.0, seed=5)
    for name, data in second.files.items():
        origin.routes[f"/b_{name}"] = data
    tail = second.playlist.split("#EXT-X-MEDIA-SEQUENCE:0\n")[1].split("\n", 1)[1]
    tail = "\n".join(f"b_{line}" if line.endswith(".ts") else line for line in tail.splitlines())
    url = serve(origin, first, first.playlist.replace("#EXT-X-ENDLIST", "#EXT-X-DISCONTINUITY\n" + tail))
    part = watched(url, decode=DecodeOptions(start=5.0))
    assert frames(part)[0].pts == pytest.approx(5.0, abs=0.05)
    assert frames(part)[-1].end == pytest.approx(7.0, abs=0.05)


def test_a_part_of_a_stream_without_its_first_segment_is_placed_by_the_durations(origin: Origin) -> None:
    url = serve(origin, rendition(8.0, start=100.0))
    origin.routes["/s000.ts"] = Answer(status=404)
    assert frames(watched(url, decode=DecodeOptions(start=5.5)))[0].end == pytest.approx(5.54, abs=0.03)


def test_a_part_beyond_the_end_is_a_sentence(origin: Origin) -> None:
    with pytest.raises(SourceError, match=r"nothing to watch from 60.00 s on: it ends at 4.\d\d s"):
        watched(serve(origin, rendition()), decode=DecodeOptions(start=60.0))
