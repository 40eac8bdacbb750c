"""The light tier: key frames are decoded, the rest is known by its packets, and turns come at key frames."""

import os
import random
from itertools import pairwise
from pathlib import Path

import av
import pytest

import live_items
from live_channel import Channel
from live_channel import source_of as channel_of
from live_manifest import ListedChannel
from live_manifest import source_of as dash_of
from making import clip, noise
from manifests import Stream
from origin import Origin
from peer_servers import Server, rtmp, tags
from rtsp_serving import packets, rtsp
from segments import rendition
from transport import free_port
from watchglass.media.decode import DecodeOptions
from watchglass.media.light import is_shown
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.attention import Attention
from watchglass.model.coded import CodedPicture
from watchglass.model.media import AudioBlock, Damage, Item, NotWatched, TimelineBreak, Tracks, VideoFrame
from watching import kinds, of, serve

X264 = "keyint=25:min-keyint=25:scenecut=0:"
SHAPES = {
    "B-frames": ("ts", {"video_options": {"bf": "2", "x264-params": f"{X264}bframes=2", "tune": "psnr"}}),
    "open groups": ("ts", {"video_options": {"bf": "2", "x264-params": f"{X264}open-gop=1:bframes=2", "tune": "psnr"}}),
    "MP4": ("mp4", {"video_options": {"bf": "2", "x264-params": f"{X264}open-gop=1:bframes=3", "tune": "psnr"}}),
    "Matroska": ("mkv", {"video_options": {"x264-params": f"{X264}bframes=2", "tune": "psnr"}}),
    "HEVC": ("ts", {"video": "libx265", "video_options": {"x265-params": f"{X264}open-gop=1:log-level=none"}}),
    "MPEG-2": ("ts", {"video": "mpeg2video", "gop": 25, "video_options": {"bf": "2"}}),
    "VP9": ("webm", {"video": "libvpx-vp9", "gop": 25, "video_options": {"deadline": "realtime", "auto-alt-ref": "1"}}),
    "Motion JPEG": ("mkv", {"video": "mjpeg", "pixel_format": "yuvj420p"}),
}


@pytest.fixture
def origin():
    with Origin() as server:
        yield server


def made(path: Path, shape: str, seconds: float = 6.0) -> str:
    ending, options = SHAPES[shape]
    return str(clip(path / f"a.{ending}", seconds=seconds, **options))


def seen(target: str, attention: Attention | None, act=lambda item: None, **options) -> list[Item]:
    items = []
    with open_source(target, SourceOptions(decode=DecodeOptions(attention=attention), **options)) as source:
        for item in source:
            items.append(item)
            act(item)
    return items


def shown(items: list[Item]) -> list[float]:
    return [round(item.pts, 4) for item in items if isinstance(item, VideoFrame | CodedPicture)]


def trouble(items: list[Item]) -> list[str]:
    return sorted(f"{type(item).__name__} {item.pts:.3f}" for item in of(items, Damage | TimelineBreak | NotWatched))


def tiers(items: list[Item]) -> list[bool]:
    told = [track.has_key_frames_only for item in of(items, Tracks) for track in item.tracks if track.kind == "video"]
    return [tier for n, tier in enumerate(told) if not n or told[n - 1] is not tier]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_pictures_are_told_and_few_are_decoded(tmp_path, shape):
    target = made(tmp_path, shape)
    full, light = seen(target, None), seen(target, Attention())
    assert shown(light) == shown(full)
    assert [item.duration for item in of(light, VideoFrame | CodedPicture)] == [
        item.duration for item in of(full, VideoFrame)
    ]
    assert len(of(light, VideoFrame)) <= 4
    assert all(frame.key_frame and not frame.is_corrupt for frame in of(light, VideoFrame))
    assert trouble(light) == trouble(full)
    assert tiers(light) == [True]
    assert tiers(full) == [False]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_turns_at_key_frames_and_nothing_is_lost(tmp_path, shape):
    target = made(tmp_path, shape, 12.0)
    full, attention, chance = seen(target, None), Attention(), random.Random(1)

    def act(item: Item) -> None:
        if chance.random() < 0.03:
            attention.is_light = not attention.is_light

    turned = seen(target, attention, act)
    assert shown(turned) == shown(full)
    assert trouble(turned) == trouble(full)
    assert len(tiers(turned)) > 2
    is_light = False
    for item in turned:
        if isinstance(item, Tracks):
            is_light = item.tracks[0].has_key_frames_only
        assert not isinstance(item, VideoFrame) or not item.is_corrupt
        assert not is_light or not isinstance(item, VideoFrame) or item.key_frame


def test_sound_is_the_same(tmp_path):
    path = clip(tmp_path / "a.ts", seconds=4.0, picture=noise(), gop=25, audio=("aac",))
    full, light = seen(str(path), None), seen(str(path), Attention())
    assert [(b.pts, b.samples.tobytes()) for b in of(light, AudioBlock)] == [
        (b.pts, b.samples.tobytes()) for b in of(full, AudioBlock)
    ]


@pytest.mark.parametrize(
    ("options", "is_light"),
    [
        pytest.param({"video_options": {"x264-params": "intra-refresh=1:keyint=25"}}, False, id="intra refresh"),
        pytest.param({"gop": 1000}, False, id="one key frame"),
        pytest.param({"gop": 250}, True, id="ten seconds, as encoders have it"),
    ],
)
def test_where_key_frames_are_too_rare_every_picture_is_decoded(tmp_path, options, is_light):
    path = clip(tmp_path / "a.ts", seconds=35.0, picture=noise(), **options)
    full, light = seen(str(path), None), seen(str(path), Attention())
    assert (tiers(light) == [True]) == is_light
    assert tiers(light)[-1] is is_light
    assert shown(light) == shown(full)
    assert not of(light, Damage | TimelineBreak)
    if options == {"gop": 1000}:
        assert "no picture can be decoded" in of(light, NotWatched)[0].reason
    elif not is_light:
        assert kinds(light)["VideoFrame"] > 200


def test_a_hole_in_the_clock_is_told(tmp_path):
    path = clip(tmp_path / "a.ts", seconds=6.0, picture=noise(), gop=50, hole=(2.5, 3.3))
    full, light = seen(str(path), None), seen(str(path), Attention())
    assert trouble(light) == trouble(full) != []


def test_a_picture_that_never_came_is_told(tmp_path):
    path = clip(tmp_path / "whole.ts", seconds=6.0, picture=noise(), gop=50, video_options={"x264-params": "ref=1"})
    with av.open(str(path)) as whole, av.open(str(tmp_path / "a.ts"), "w") as out:
        stream = out.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(whole.demux()):
            if packet.size and number not in (70, 71, 72):
                packet.stream = stream
                out.mux(packet)
    full, light = seen(str(tmp_path / "a.ts"), None), seen(str(tmp_path / "a.ts"), Attention())
    assert "never came" in of(light, Damage)[0].detail
    assert {round(item.pts) for item in of(light, Damage)} <= {round(item.pts) for item in of(full, Damage)}


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_segments(origin, kind):
    url = serve(origin, rendition(6.0, kind=kind))
    full, light = seen(url, None), seen(url, Attention())
    assert shown(light) == shown(full)
    assert len(of(light, VideoFrame)) <= 4
    assert trouble(light) == trouble(full)


def hls(origin, decode):
    Channel(origin, rendition(10.0))
    return channel_of(origin.url("/live.m3u8"), decode=decode)


def dash(origin, decode):
    ListedChannel(origin, (Stream(rendition(8.0, kind="fmp4", audio=False), "v"),))
    return dash_of(origin.url("/live.mpd"), decode=decode)


@pytest.mark.parametrize(("channel", "ending"), [(hls, ".ts"), (dash, ".m4s")])
def test_a_live_stream_that_is_promoted_is_not_connected_to_again(origin, channel, ending):
    attention, items = Attention(), []
    with channel(origin, DecodeOptions(attention=attention)) as source:
        for item in source:
            items.append(item)
            attention.is_light = shown(items)[-1:] < [3.0]
    assert tiers(items) == [True, False]
    assert all(0.039 < after - before < 0.041 for before, after in pairwise(shown(items)))
    assert max(origin.paths.count(path) for path in origin.paths if path.endswith(ending)) == 1


@pytest.mark.parametrize(
    ("address", "serve"),
    [
        pytest.param("rtmp://127.0.0.1:{}/live/a", lambda: rtmp(tags(6.0)), id="RTMP"),
        pytest.param("rtsp://127.0.0.1:{}/cam", lambda: rtsp(packets(6.0)), id="RTSP"),
    ],
)
def test_a_peer_is_watched_lightly(address, serve):
    with Server(serve()) as server:
        items = live_items.seen(address.format(server.port), is_enough, options=lightly())
    assert_light(items)
    assert not of(items, Damage | TimelineBreak | NotWatched)


def test_datagrams_are_watched_lightly(tmp_path):
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=10, audio=("aac",))
    assert_light(live_items.seen_as_datagrams(free_port(), [path.read_bytes()], is_enough, options=lightly()))


def is_enough(items: list[Item]) -> bool:
    return len(shown(items)) >= 100


def lightly() -> SourceOptions:
    return SourceOptions(decode=DecodeOptions(attention=Attention()))


def assert_light(items: list[Item]) -> None:
    assert of(items, Tracks)[0].tracks[0].has_key_frames_only
    assert 2 <= len(of(items, VideoFrame)) < 10
    assert all(frame.key_frame for frame in of(items, VideoFrame))
    assert of(items, AudioBlock)[-1].end > 3.0


@pytest.mark.parametrize(
    ("data", "codec", "expected"),
    [
        pytest.param(b"\x82\x49\x83", "vp9", True, id="VP9, shown"),
        pytest.param(b"\x80\x49\x83", "vp9", False, id="VP9, for others to refer to"),
        pytest.param(b"\x88", "vp9", True, id="VP9, one that is there already"),
        pytest.param(b"\xb1\x00", "vp9", True, id="VP9, profile 3"),
        pytest.param(b"\xb0\x00", "vp9", False, id="VP9, profile 3, for others"),
        pytest.param(b"\x80\x00\xc0", "vp9", True, id="VP9, several in one"),
        pytest.param(b"\x10\x02\x00", "vp8", True, id="VP8"),
        pytest.param(b"\x01\x02\x00", "vp8", False, id="VP8, for others"),
        pytest.param(b"\x80", "h264", True, id="another codec"),
    ],
)
def test_pictures_that_are_never_shown(data, codec, expected):
    assert is_shown(data, codec) is expected


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("tsduck__tsduck-test--test-072.ts", id="broadcast"),
        pytest.param("bbgdzxng1__interlace-detection-test-patterns--bt601-525_480_telecined_soft_0s_4s.mkv", id="film"),
        pytest.param("androidx__media--roadtrip-vp92-10bit.webm", id="pictures that are never shown"),
        pytest.param("sannies__mp4parser--foreman-hevc-384_0s_9.7s.mp4", id="HEVC"),
        pytest.param("gradio-app__gradio--av1-video.mp4", id="AV1"),
        pytest.param("cisco__openh264--BA_MW_D.264", id="no timestamps"),
    ],
)
def test_what_others_have_encoded(name):
    target = str(Path(os.environ["WATCHGLASS_CORPUS"]) / "av" / name)
    full, light = seen(target, None), seen(target, Attention())
    assert shown(light) == shown(full)
    assert trouble(light) == trouble(full)


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
def test_fields_that_are_packets_of_their_own_make_one_picture():
    target = str(Path(os.environ["WATCHGLASS_CORPUS"]) / "av" / "tsduck__tsduck-test--test-009.ts")
    assert shown(seen(target, Attention())) == shown(seen(target, None))
