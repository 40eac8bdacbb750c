import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from origin import Answer, Origin
from segments import Media, encrypted, packed, rendition
from watchglass.media.source import open_source
from watchglass.model.media import AudioBlock, ClockAnchor, Seam, TimelineBreak, Tracks, VideoFrame
from watchglass.model.transport import SegmentArrival
from watching import assert_whole, frames, kinds, samples, serve, watched

KEY = bytes(range(16))


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


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


def test_a_decoder_that_begins_anew_is_told_where_the_clock_goes_on(origin: Origin) -> None:
    media = rendition()
    playlist = media.playlist.replace("#EXTINF", "#EXT-X-DISCONTINUITY\n#EXTINF").replace(
        "#EXT-X-DISCONTINUITY\n", "", 1
    )
    items = watched(serve(origin, media, playlist))
    assert_whole(items)
    seams = [item.pts for item in items if isinstance(item, Seam)]
    assert seams == pytest.approx([1.0, 2.0, 3.0], abs=0.1)
    assert not any(isinstance(item, Seam) for item in watched(serve(origin, media)))


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
