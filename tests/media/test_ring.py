"""What the ring keeps, for how long, and where it says that it lies; from every kind of source."""

import socket
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keeping import assert_cut_from, assert_goes_on, kept, pictures, sound, watched_into
from live_channel import APART, TS, Channel, FastClock
from making import clip
from manifests import Stream, adaptation, mpd, period, serve, template
from origin import Origin
from peer_servers import Server, hang_up, rtmp, tags
from protecting import Lock
from rtsp_serving import packets as rtp
from rtsp_serving import rtsp
from segments import rendition
from transport import free_port
from watchglass.media import adts
from watchglass.media.clip import write_clip
from watchglass.media.coded_form import CodedForm, in_band
from watchglass.media.decode import DecodeOptions
from watchglass.media.hls import HlsSource
from watchglass.media.ring import Coded, PacketRing, Place, Stretch
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import VideoFrame
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CodedForm]:
    path = clip(tmp_path_factory.mktemp("forms") / "a.ts", seconds=1.0, audio=("aac",))
    with av.open(str(path)) as container:
        return {stream.type: CodedForm(stream) for stream in (*container.streams.video, *container.streams.audio)}


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def filled(ring: PacketRing, form: CodedForm, seconds: float, *, gop: int, size: int = 1000, track: str = "v") -> None:
    stretch = Stretch(form, Place(0.0, is_sure=True))
    for number in range(round(seconds * 25)):
        ring.add(track, stretch, Coded(3600 * number, 3600 * number, 3600, number % gop == 0, bytes(size)))


@given(
    seconds=st.floats(1.0, 30.0),
    most=st.integers(30_000, 1_000_000),
    gop=st.integers(1, 2000),
    size=st.integers(1, 4000),
)
def test_it_holds_what_it_may_and_no_more(
    forms: dict[str, CodedForm], seconds: float, most: int, gop: int, size: int
) -> None:
    ring = PacketRing(seconds, most)
    filled(ring, forms["video"], 60.0, gop=gop, size=size)
    assert 0 < ring.bytes <= most + 65_000
    [chunks] = ring.chunks().values()
    assert chunks[0].begins_with_key or gop > 25 * seconds or gop * (size + 40) > most / 2
    reach = chunks[-1].until - chunks[0].pts
    a_chunk = most / 8 / (size + 40) / 25
    assert reach <= seconds + max(gop / 25, seconds) + a_chunk + 1.0
    if most > 62_000 + (seconds + gop / 25 + 1.0) * 25 * (size + 1_040) and gop / 25 < seconds:
        assert reach >= min(seconds, 60.0) - 0.05
    assert ring.bytes == sum(chunk.bytes for chunk in chunks)


def test_sound_stays_for_as_long_as_its_pictures(forms: dict[str, CodedForm]) -> None:
    ring = PacketRing(4.0)
    shown, heard = (Stretch(forms[kind], Place(0.0, is_sure=True)) for kind in ("video", "audio"))
    for number in range(1000):
        ring.add("video:0", shown, Coded(3600 * number, 3600 * number, 3600, number % 100 == 0, b"."))
        ring.add("audio:0", heard, Coded(3600 * number, 3600 * number, 3600, True, b"."))
    there = ring.chunks()
    assert there["video:0"][0].pts == pytest.approx(32.0)
    assert 31.4 <= there["audio:0"][0].pts <= 32.0


def test_what_has_ended_goes(forms: dict[str, CodedForm]) -> None:
    ring = PacketRing(4.0)
    filled(ring, forms["video"], 5.0, gop=25, track="gone")
    filled(ring, forms["video"], 30.0, gop=25)
    assert list(ring.chunks()) == ["v"]


def test_many_threads_at_once(forms: dict[str, CodedForm]) -> None:
    ring = PacketRing(5.0, 600_000)
    threads = [
        threading.Thread(target=filled, args=(ring, forms["video"], 40.0), kwargs={"gop": 25, "track": str(n)})
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all(chunk.packets for chunks in ring.chunks().values() for chunk in chunks)
    assert ring.bytes == sum(chunk.bytes for chunks in ring.chunks().values() for chunk in chunks) <= 600_000


def test_a_stream_that_is_always_coded_in_another_way(tmp_path: Path, forms: dict[str, CodedForm]) -> None:
    """What it takes to remember that counts, too."""
    ring, place = PacketRing(20.0, 1_000_000), Place(0.0, is_sure=True)
    path = clip(tmp_path / "a.ts", seconds=0.4)
    with av.open(str(path)) as container:
        for number in range(500):
            form = CodedForm(container.streams.video[0], told=bytes([number % 256]))
            ring.add("video:0", Stretch(form, place), Coded(3600 * number, 3600 * number, 3600, True, b"."))
    assert len(ring.chunks()["video:0"]) <= 17


@given(st.binary(max_size=400), st.sampled_from(["h264", "hevc", "mpeg2video", "aac"]), st.booleans())
def test_nonsense_tells_nothing_and_harms_nothing(data: bytes, codec: str, is_prefixed: bool) -> None:
    form = object.__new__(CodedForm)
    form.codec, form.is_prefixed = codec, is_prefixed
    for start in (b"", b"\0\0\1", b"\0\0\1\xb3"):
        told, sets = in_band(form, start + data)
        assert len(told) <= len(sets) or not told
    assert len(adts.form(data)) in (0, 2)
    assert len(adts.config(adts.form(data))) in (0, 2)
    assert data.endswith(adts.without_header(data))


def test_what_is_kept_is_nothing_but_payload(tmp_path: Path) -> None:
    """A packet of FFmpeg may hold on to a buffer many times its size."""
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",))
    with av.open(str(path)) as container:
        payload = sum(packet.size for packet in container.demux())
    ring = kept(path)
    coded = [packet for chunks in ring.chunks().values() for chunk in chunks for packet in chunk.packets]
    assert sum(len(packet.data) for packet in coded) == payload


def test_it_finds_what_detectors_date(tmp_path: Path) -> None:
    """The timeline of the ring is that of the pictures: the clip begins at the picture that it says."""
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), start=1234.0)
    ring = PacketRing()
    with open_source(str(path), SourceOptions(decode=DecodeOptions(ring=ring))) as source:
        times = [item.pts for item in source if isinstance(item, VideoFrame)]
    keys = [chunk.pts for chunk in ring.chunks()["video:0"]]
    assert keys == pytest.approx(times[::25], abs=1e-6)


def test_key_frames_alone_are_decoded_and_all_is_kept(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",))
    ring = kept(path, key_frames_only=True)
    made = write_clip(ring, tmp_path / "clip.mp4", 2.0, 6.0)
    assert_cut_from(made, path)
    assert len(pictures(made.path)) >= 100


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_hls(tmp_path: Path, origin: Origin, kind: str) -> None:
    media = rendition(8.0, kind=kind)
    origin.routes["/media.m3u8"] = media.playlist.encode()
    origin.routes.update({f"/{name}": data for name, data in media.files.items()})
    made = write_clip(kept(origin.url("/media.m3u8")), tmp_path / "clip.mp4", 2.5, 6.0)
    whole = tmp_path / "whole"
    whole.write_bytes(media.files.get("init.mp4", b"") + b"".join(media.files[name] for name in media.segments))
    assert_cut_from(made, whole, tolerance=1.2e-5)


def test_live_hls_with_sound_apart(tmp_path: Path, origin: Origin) -> None:
    """Two renditions in two threads; the timeline is one."""
    shown, heard = TS(kind="fmp4", audio=False), TS(kind="fmp4", video=False)
    Channel(origin, shown, "/v")
    Channel(origin, heard, "/a")
    origin.routes["/live.m3u8"] = APART
    ring, place = PacketRing(), StreamUrl(origin.url("/live.m3u8"))
    client = HttpClient.towards(place)
    with HlsSource(place, client=client, decode=DecodeOptions(ring=ring), clock=FastClock()) as source:
        assert source.is_live
        assert sum(isinstance(item, VideoFrame) for item in source) == 200
    made = write_clip(ring, tmp_path / "clip.mp4", 2.5, 6.0)
    assert [track.id for track in made.tracks] == ["video:0", "audio:0"]
    assert made.left_out == ()
    found = pictures(made.path)
    assert_goes_on((at for at, _ in found), 0.04)
    assert len(found) in range(85, 115)
    assert sound(made.path)[-1][0] == pytest.approx(found[-1][0], abs=0.1)


def test_dash_with_sound_apart(tmp_path: Path, origin: Origin) -> None:
    streams = (
        Stream(rendition(8.0, kind="fmp4", audio=False), "v"),
        Stream(rendition(8.0, kind="fmp4", video=False), "a", "audio", "en"),
    )
    manifest_of = (adaptation(stream, template(stream.folder, more='duration="1000"')) for stream in streams)
    ring = kept(serve(origin, _manifest(*manifest_of), streams))
    made = write_clip(ring, tmp_path / "clip.mp4", 2.5, 6.0)
    assert [track.id for track in made.tracks] == ["video:0", "audio:0"]
    assert_goes_on((at for at, _ in pictures(made.path)), 0.04)
    assert made.is_playable


def _manifest(*sets: str) -> bytes:

    return mpd(period(*sets), mediaPresentationDuration="PT8S")


@pytest.mark.parametrize("scheme", ["cenc", "cbcs"])
def test_what_was_encrypted_is_kept_as_it_was_decrypted(tmp_path: Path, scheme: str) -> None:
    key, clear = bytes(range(16)), rendition(8.0, kind="fmp4")
    lock = Lock(key, scheme=scheme)
    sealed, whole = tmp_path / "sealed.mp4", tmp_path / "whole.mp4"
    sealed.write_bytes(
        lock.init(clear.files["init.mp4"]) + b"".join(lock.segment(clear.files[n]) for n in clear.segments)
    )
    whole.write_bytes(clear.files["init.mp4"] + b"".join(clear.files[name] for name in clear.segments))
    made = write_clip(kept(sealed, keys=[key.hex()]), tmp_path / "clip.mp4", 2.5, 6.0)
    assert_cut_from(made, whole, tolerance=1.2e-5)
    assert made.is_playable


def _seen(target: str, ring: PacketRing, count: int) -> None:
    shown = 0
    with open_source(target, SourceOptions(decode=DecodeOptions(ring=ring))) as source:
        for item in source:
            shown += isinstance(item, VideoFrame)
            if shown >= count:
                source.stop()


def test_rtmp_that_is_begun_anew(tmp_path: Path) -> None:
    ring = PacketRing()
    with Server(rtmp(tags(4.0), then=hang_up), rtmp(tags(4.0))) as server:
        _seen(f"rtmp://127.0.0.1:{server.port}/live/x", ring, 190)
    made = write_clip(ring, tmp_path / "clip.mp4", 2.0, 6.0)
    assert made.left_out == ()
    shown = pictures(made.path)
    assert_goes_on((at for at, _ in shown), 0.04, 0.1)
    assert len(shown) in range(95, 115)
    assert made.is_playable


def test_rtsp(tmp_path: Path) -> None:
    ring = PacketRing()
    with Server(rtsp(rtp(6.0))) as server:
        _seen(f"rtsp://127.0.0.1:{server.port}/cam", ring, 140)
    made = write_clip(ring, tmp_path / "clip.mp4", 2.0, 4.0)
    assert [track.id for track in made.tracks] == ["video:0", "audio:0"]
    assert len(pictures(made.path)) >= 50


def _send(port: int, data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for at in range(0, len(data), 7 * 188):
            sender.sendto(data[at : at + 7 * 188], ("127.0.0.1", port))
            time.sleep(0.002)  # the kernel keeps a quarter of a megabyte, and drops the rest


def test_datagrams(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=6.5, gop=25, audio=("aac",), video_options={"crf": "48"}, layout="mono")
    assert path.stat().st_size < 200_000, "all of it fits where the kernel keeps what nobody has read yet"
    ring, port = PacketRing(), free_port()
    sender = threading.Thread(target=_send, args=(port, path.read_bytes()), daemon=True)
    shown = 0
    with open_source(f"udp://127.0.0.1:{port}", SourceOptions(decode=DecodeOptions(ring=ring))) as source:
        sender.start()
        for item in source:
            shown += isinstance(item, VideoFrame)
            if shown >= 130:
                source.stop()
    sender.join()
    assert_cut_from(write_clip(ring, tmp_path / "clip.mp4", 1.5, 4.0), path, tolerance=2.2e-5)


def test_other_pictures_of_the_ladder_are_not_kept(tmp_path: Path, origin: Origin) -> None:
    high, low = rendition(4.0, size=(192, 128)), rendition(4.0, seed=3)
    for folder, media in (("hi", high), ("lo", low)):
        origin.routes[f"/{folder}/media.m3u8"] = media.playlist.encode()
        origin.routes.update({f"/{folder}/{name}": data for name, data in media.files.items()})
    origin.routes["/all.m3u8"] = (
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=192x128\nhi/media.m3u8\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=96x64\nlo/media.m3u8\n"
    )
    ring = PacketRing()
    watched_into(ring, origin.url("/all.m3u8"))
    assert any(path.startswith("/lo/s0") for path in origin.paths), "the ladder was looked at"
    coded = [packet for chunk in ring.chunks()["video:0"] for packet in chunk.packets]
    assert len(coded) == 100
    assert Fraction(coded[-1].pts - coded[0].pts, 90_000) == pytest.approx(3.96)
