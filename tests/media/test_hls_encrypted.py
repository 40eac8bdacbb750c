"""Encrypted samples in HLS over a real server: every container, keys that change, fail, or are another's."""

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from origin import Answer, Origin
from protecting import Lock
from protecting_ts import sealed_packed, sealed_ts, with_key
from segments import Media, packed, rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.model.errors import PlaylistError, SourceError, TransferError, WatchglassError
from watchglass.model.media import AudioBlock, Damage, NotWatched, VideoFrame
from watching import assert_whole, frames, of, samples, serve, watched

KEY, SECOND, WRONG = bytes(range(16)), bytes(range(30, 46)), bytes(16)
IV, KID = bytes(range(100, 116)), "aa" * 16
SAMPLES = f'METHOD=SAMPLE-AES,URI="key",IV=0x{IV.hex()}'
KINDS = ["mpegts", "cbcs", "cbcs, one IV", "cenc"]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        server.routes["/key"] = KEY
        yield server


def method(kind: str, uri: str = "key", more: str = "") -> str:
    """A line of the playlist."""
    iv = f",IV=0x{IV.hex()}" if kind == "mpegts" else ""
    name = "SAMPLE-AES-CTR" if kind == "cenc" else "SAMPLE-AES"
    return f'#EXT-X-KEY:METHOD={name},URI="{uri}"{iv}{more}'


def sealing(kind: str, key: bytes = KEY) -> Callable[[bytes], bytes]:
    if kind == "mpegts":
        return lambda data: sealed_ts(data, key, IV)
    return lock(kind, key).segment


def lock(kind: str, key: bytes = KEY) -> Lock:
    return Lock(key, scheme=kind[:4], constant_iv=IV if "one IV" in kind else None)


def sealed(kind: str, *, keys: tuple[bytes | None, ...] = (KEY,) * 4, has_clear_lead: bool = False) -> Media:
    """Four segments, each with its own key, or clear."""
    media = rendition(kind="mpegts" if kind == "mpegts" else "fmp4")
    files = {
        name: media.files[name] if key is None else sealing(kind, key)(media.files[name])
        for name, key in zip(media.segments, keys, strict=True)
    }
    if kind != "mpegts":
        files["init.mp4"] = lock(kind).init(media.files["init.mp4"], has_clear_lead=has_clear_lead)
    return Media(media.playlist, files)


def between(media: Media, lines: dict[int, str]) -> str:
    """The playlist with lines before some of its segments."""
    parts = media.playlist.split("#EXTINF")
    return "#EXTINF".join(part + lines.get(number, "") for number, part in enumerate(parts))


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_decrypted(origin: Origin, kind: str) -> None:
    media = sealed(kind)
    assert_whole(watched(serve(origin, media, with_key(media, method(kind)))))
    assert origin.paths.count("/key") == 1


def test_the_sequence_number_is_the_iv_where_none_is_told(origin: Origin) -> None:
    media = rendition()
    files = {
        name: sealed_ts(media.files[name], KEY, number.to_bytes(16, "big"))
        for number, name in enumerate(media.segments)
    }
    playlist = with_key(media, '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key"')
    assert_whole(watched(serve(origin, Media(playlist, files))))


def test_packed_audio_is_decrypted(origin: Origin) -> None:
    media = packed(rendition(video=False))
    files = {name: sealed_packed(data, KEY, IV) for name, data in media.files.items()}
    playlist = with_key(media, f"#EXT-X-KEY:{SAMPLES}")
    items = watched(serve(origin, Media(playlist, files)))
    assert samples(items) == pytest.approx(4 * 48_000, abs=3_000)
    assert not of(items, NotWatched)
    assert not of(items, Damage)


def test_a_key_in_the_playlist_itself(origin: Origin) -> None:
    media = sealed("cbcs")
    data = base64.b64encode(KEY).decode()
    assert_whole(watched(serve(origin, media, with_key(media, method("cbcs", f"data:text/plain;base64,{data}")))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_is_told_and_not_believed(origin: Origin, kind: str) -> None:
    media = sealed(kind)
    origin.routes["/key"] = WRONG
    with pytest.raises(SourceError, match=r"s000\.\w+: cannot be decrypted: the key of the playlist is not the one"):
        watched(serve(origin, media, with_key(media, method(kind))))


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_drm_are_given_by_the_user(origin: Origin, kind: str) -> None:
    media = sealed(kind)
    line = method(kind, "skd://example", f',KEYFORMAT="com.apple.streamingkeydelivery",KEYID=0x{KID.upper()}')
    url = serve(origin, media, with_key(media, line))
    assert_whole(watched(url, keys=ContentKeys.parse([f"{KID}:{KEY.hex()}"])))
    assert_whole(watched(url, keys=ContentKeys.parse([KEY.hex()])))
    with pytest.raises(PlaylistError, match=f"with the ID {KID}.*com.apple.streamingkeydelivery, and no key was given"):
        watched(url)
    other = ContentKeys.parse([f"{'bb' * 16}:{KEY.hex()}"])
    with pytest.raises(SourceError, match="no key was given for") as told:
        watched(url, keys=other)
    assert KEY.hex() not in str(told.value)
    with pytest.raises(SourceError, match="is not the one that it was encrypted with") as told:
        watched(url, keys=ContentKeys.parse([WRONG.hex()]))
    assert WRONG.hex() not in str(told.value)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_change_in_mid_stream_without_a_seam(origin: Origin, kind: str) -> None:
    media = sealed(kind, keys=(KEY, KEY, SECOND, KEY))
    origin.routes["/second"] = SECOND
    lines = {0: method(kind), 2: method(kind, "second"), 3: method(kind)}
    items = watched(serve(origin, media, between(media, {n: line + "\n" for n, line in lines.items()})))
    assert_whole(items)
    assert origin.paths.count("/key") == origin.paths.count("/second") == 1
    told = [abs(block.samples).max() for block in items if isinstance(block, AudioBlock)]
    assert min(told[1:-1]) == pytest.approx(max(told[1:-1]), abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_clear_before_and_after_is_watched(origin: Origin, kind: str) -> None:
    media = sealed(kind, keys=(None, KEY, KEY, None), has_clear_lead=True)
    if kind != "mpegts":  # clear fragments refer to the second sample entry
        media.files.update({name: second_entry(media.files[name]) for name in (media.segments[0], media.segments[3])})
    lines = {1: method(kind) + "\n", 3: "#EXT-X-KEY:METHOD=NONE\n"}
    assert_whole(watched(serve(origin, media, between(media, lines))))


def second_entry(segment: bytes) -> bytes:
    from protecting import boxes, packed

    tree = boxes(segment)
    for moof in (box for box in tree if box.kind == b"moof"):
        for traf in moof.all(b"traf"):
            head, trun = traf.one(b"tfhd"), traf.one(b"trun")
            flags = int.from_bytes(head.body[1:4], "big") | 2
            head.body = head.body[:1] + flags.to_bytes(3, "big") + head.body[4:8] + bytes([0, 0, 0, 2]) + head.body[8:]
            offset = int.from_bytes(trun.body[8:12], "big") + 4 * len([*moof.all(b"traf")])
            trun.body = trun.body[:8] + offset.to_bytes(4, "big") + trun.body[12:]
    return packed(tree)


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        pytest.param("mpegts", Answer(status=404), "HTTP 404", id="missing"),
        pytest.param("cbcs", Answer(status=404), "HTTP 404", id="missing, MP4"),
        pytest.param("mpegts", Answer(WRONG), "not the one", id="wrong"),
        pytest.param("cenc", Answer(WRONG), "not the one", id="wrong, MP4"),
    ],
)
def test_a_key_that_fails_costs_what_it_is_for(origin: Origin, kind: str, answer: Answer, reason: str) -> None:
    media = sealed(kind, keys=(KEY, SECOND, SECOND, KEY))
    origin.routes["/second"] = answer
    lines = {0: method(kind), 1: method(kind, "second"), 3: method(kind)}
    items = watched(serve(origin, media, between(media, {n: line + "\n" for n, line in lines.items()})))
    assert len(frames(items)) == 50
    notes = of(items, NotWatched)
    assert [note.duration for note in notes] == [1.0, 1.0]
    assert all(reason in note.reason for note in notes)
    assert not of(items, Damage)
    pts = [item.pts for item in items if isinstance(item, VideoFrame)]
    assert pts[-1] == pytest.approx(3.96, abs=0.1)


@pytest.mark.parametrize("kind", ["mpegts", "cbcs"])
def test_a_key_is_asked_for_again(origin: Origin, kind: str) -> None:
    media = sealed(kind)
    origin.routes["/key"] = lambda _: Answer(status=503) if origin.paths.count("/key") == 1 else Answer(KEY)
    assert_whole(watched(serve(origin, media, with_key(media, method(kind)))))
    assert origin.paths.count("/key") == 2


def test_keys_that_never_come_are_the_reason(origin: Origin) -> None:
    media = sealed("cbcs")
    origin.routes["/key"] = Answer(status=404)
    with pytest.raises(TransferError, match="/key: HTTP 404"):
        watched(serve(origin, media, with_key(media, method("cbcs"))))


def test_keys_may_lead_only_where_the_guard_lets_us(origin: Origin) -> None:
    media = sealed("cbcs")
    with pytest.raises(WatchglassError, match=r"169\.254\.169\.254"):
        watched(serve(origin, media, with_key(media, method("cbcs", "http://169.254.169.254/key"))))


def test_counter_mode_is_for_mp4(origin: Origin) -> None:
    media = sealed("mpegts")
    with pytest.raises(SourceError, match="SAMPLE-AES-CTR, which is for MP4 only"):
        watched(serve(origin, media, with_key(media, '#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="key"')))


def test_of_keys_by_id_for_what_no_playlist_speaks_of(origin: Origin) -> None:
    media = sealed("cenc")
    url = serve(origin, media)
    assert_whole(watched(url, keys=ContentKeys.parse([f"{KID}:{KEY.hex()}"])))
    with pytest.raises(SourceError, match=f"no key was given for the key ID {KID}"):
        watched(url)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_ffmpeg_reads_the_same_from_our_test_media(tmp_path: Path) -> None:
    def pictures(playlist: str, media: Media) -> list[str]:
        for name, data in media.files.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "media.m3u8").write_text(playlist)
        command = ["ffmpeg", "-v", "error", "-allowed_extensions", "ALL", "-i", "media.m3u8"]
        command += ["-map", "0:v", "-f", "framemd5", "-"]
        told = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
        return [line.rpartition(",")[2] for line in told.splitlines() if not line.startswith("#")]

    (tmp_path / "key").write_bytes(KEY)
    media, clear = sealed("mpegts"), rendition()
    # FFmpeg (5.1) forgets to decrypt what its demuxer still holds at the end of a playlist.
    assert pictures(with_key(media, method("mpegts")), media)[:90] == pictures(clear.playlist, clear)[:90]


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
@pytest.mark.parametrize(
    ("playlist", "pictures"), [("shaka--hls-sample-aes/index.m3u8", 1_500), ("shaka--hls-aes-256/media.m3u8", 500)]
)
def test_real_streams_are_decrypted(playlist: str, pictures: int) -> None:
    items = watched(str(Path(os.environ["WATCHGLASS_CORPUS"]) / "hls" / playlist))
    assert len(frames(items)) == pictures
    assert not of(items, Damage)
    assert not of(items, NotWatched)
