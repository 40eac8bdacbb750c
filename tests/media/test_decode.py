import itertools
import json
import shutil
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from making import bomb, bomb_jpeg, clip, flat, frame, joined
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.source import open_source
from watchglass.media.timeline import WRAP, Timeline
from watchglass.model.errors import NotMediaError, TooLargeError
from watchglass.model.media import AudioBlock, Damage, NotWatched, Progress, TimelineBreak, Tracks, VideoFrame


def items(path, **options):
    return list(Converter(DecodeOptions(**options), Timeline()).items(str(path), label=path.name))


def of(kind, seen, track=None):
    return [item for item in seen if isinstance(item, kind) and track in (None, item.track)]


CASES = {
    "mp4": {"audio": ("aac",)},
    "ts": {"audio": ("aac", "mp2")},
    "mkv": {"audio": ("flac", "ac3", "libopus")},
    "avi": {"video": "mpeg4", "audio": ("libmp3lame",)},
    "mov": {"video": "mjpeg", "pixel_format": "yuvj422p", "audio": ("pcm_s24le",)},
    "mpg": {"video": "mpeg2video", "audio": ("mp2",)},
    "mxf": {"video": "mpeg2video", "audio": ("pcm_s16le",)},
    "webm": {"video": "libvpx", "audio": ("libopus",)},
    "flv": {"audio": ("aac",), "sample_rate": 44_100},
    "mp3": {"video": None, "audio": ("libmp3lame",)},
    "wav": {"video": None, "audio": ("pcm_s16le",)},
    "flac": {"video": None, "audio": ("flac",)},
    "ogg": {"video": None, "audio": ("libopus",)},
    "h264": {},
    "y4m": {"video": "wrapped_avframe"},
}


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe, the second opinion, is not installed")
@pytest.mark.parametrize("ending", CASES)
def test_pictures_and_duration_as_ffprobe_has_them(tmp_path, ending):
    path = clip(tmp_path / f"clip.{ending}", seconds=1.4, **CASES[ending])
    shown = "stream=codec_type,nb_read_frames:format=duration"
    command = ["ffprobe", "-v", "quiet", "-count_frames", "-show_entries", shown, "-of", "json", str(path)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    source = open_source(str(path))
    seen = list(source)
    pictures = [int(s["nb_read_frames"]) for s in said["streams"] if s["codec_type"] == "video"]
    assert len(of(VideoFrame, seen)) == sum(pictures)
    if "duration" in said["format"]:
        assert source.duration == pytest.approx(float(said["format"]["duration"]), abs=0.06)
    heard = {s.track for s in of(AudioBlock, seen)}
    assert len(heard) == sum(s["codec_type"] == "audio" for s in said["streams"])
    for track in heard:
        assert sum(block.duration for block in of(AudioBlock, seen, track)) == pytest.approx(1.4, abs=0.06)
    assert not of(Damage, seen)
    assert ending == "avi" or not of(TimelineBreak, seen)  # its encoder leaves the second picture's place empty


def test_blocks_are_a_tenth_of_a_second_and_time_is_the_samples(tmp_path):
    blocks = of(AudioBlock, items(clip(tmp_path / "a.mkv", seconds=2.0, audio=("flac",), sample_rate=44_100)))
    assert {block.samples.shape for block in blocks[:-1]} == {(2, 4410)}
    np.testing.assert_allclose([block.pts for block in blocks], 0.1 * np.arange(len(blocks)), atol=2e-3)


@pytest.mark.parametrize("ending", ["ts", "mp4"])
def test_a_hole_on_all_tracks(tmp_path, ending):
    path = clip(tmp_path / f"a.{ending}", seconds=4.0, audio=("aac",), hole=(1.0, 2.5), gop=1)
    seen = items(path)
    frames = of(VideoFrame, seen)
    gaps = [after.pts - before.pts for before, after in itertools.pairwise(frames)]
    assert max(gaps) == pytest.approx(1.54, abs=0.05)
    for block in of(AudioBlock, seen):
        assert block.end <= frames[0].pts + 1.1 or block.pts >= frames[0].pts + 2.3


def test_a_clock_of_33_bits_that_wraps(tmp_path):
    path = clip(tmp_path / "a.ts", seconds=4.0, audio=("aac",), start=WRAP - 3.0)
    with av.open(str(path)) as container:
        raw = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None]
    assert max(raw) - min(raw) < 10.0 or max(raw) > WRAP - 5.0
    seen = items(path)
    frames = of(VideoFrame, seen)
    np.testing.assert_allclose(np.diff([f.pts for f in frames]), 0.04, atol=1e-3)
    assert len(frames) == 100
    assert {b.cause for b in of(TimelineBreak, seen)} <= {"wrap"}
    blocks = of(AudioBlock, seen)
    assert abs(blocks[-1].end - frames[-1].end) < 0.15


def test_another_clock_in_mid_stream(tmp_path):
    first = clip(tmp_path / "1.ts", seconds=2.0, audio=("aac",), start=5000.0)
    second = clip(tmp_path / "2.ts", seconds=2.0, audio=("aac",), start=100.0)
    seen = items(joined(tmp_path / "both.ts", first, second))
    assert {b.cause for b in of(TimelineBreak, seen) if abs(b.jump) > 1.0} == {"discontinuity"}
    frames, blocks = of(VideoFrame, seen), of(AudioBlock, seen)
    assert len(frames) == 100
    assert frames[-1].end == pytest.approx(4.0, abs=0.1)
    assert blocks[-1].end == pytest.approx(frames[-1].end, abs=0.15)


def test_a_variable_frame_rate_keeps_its_times(tmp_path):
    ticks = [0, 40, 80, 200, 240, 400, 410, 900]
    path = clip(tmp_path / "a.mkv", ticks=ticks, gop=4, video_options={"bf": "0"})
    np.testing.assert_allclose([f.pts for f in of(VideoFrame, items(path))], np.array(ticks) / 1000, atol=1e-3)


def test_a_duration_told_in_the_order_of_decoding_is_not_believed(tmp_path):
    ticks = [40 * n + 3000 * (n >= 40) for n in range(100)]  # the clock leaps: one packet says that it lasts 3 s
    path = clip(tmp_path / "a.mp4", ticks=ticks, video_options={"preset": "medium", "tune": "film", "bf": "2"})
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.has_b_frames
        [long] = [packet for packet in container.demux(video=0) if (packet.duration or 0) * packet.time_base > 1.0]
    assert long.pts * long.time_base > 4.0, "it was shown before the leap, and the duration is its own"
    seen = items(path)
    np.testing.assert_allclose([f.pts for f in of(VideoFrame, seen)], np.array(ticks) / 1000, atol=1e-3)
    [leap] = of(TimelineBreak, seen)
    assert (leap.cause, leap.jump) == ("gap", pytest.approx(3.0, abs=0.1))


def test_resolution_that_changes_is_told(tmp_path):
    first = clip(tmp_path / "1.ts", seconds=1.0)
    second = clip(tmp_path / "2.ts", seconds=1.0, size=(128, 96), start=1.0)
    seen = items(joined(tmp_path / "both.ts", first, second))
    widths = [tracks.tracks[0].facts["width"] for tracks in of(Tracks, seen)]
    assert widths == [96, 128]
    assert [f.luma.shape for f in of(VideoFrame, seen)] == [(64, 96)] * 25 + [(96, 128)] * 25


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stream_that_becomes_a_bomb(tmp_path, threads):
    small = clip(tmp_path / "s.ts", seconds=1.0)
    large = clip(tmp_path / "l.ts", seconds=1.0, size=(256, 192), start=1.0)
    seen = items(joined(tmp_path / "both.ts", small, large), max_pixels=200 * 100, threads=threads)
    assert len(of(VideoFrame, seen)) == 25
    [note] = of(NotWatched, seen)
    assert "256 x 192 pixels is more than max_pixels = 20000" in note.reason
    assert note.pts == pytest.approx(1.0, abs=0.1)


def test_a_bomb_whose_size_only_the_container_knows(tmp_path):
    path = clip(tmp_path / "a.mkv", video="ffv1", seconds=0.4, size=(256, 192))
    with pytest.raises(TooLargeError, match=r"256 x 192 pixels is more than max_pixels = 20000"):
        items(path, max_pixels=200 * 100)


def test_a_picture_and_sound_beside_a_bomb(tmp_path):
    """Sound is watched although the picture is refused."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        picture, sound = out.add_stream("mjpeg", rate=5), out.add_stream("pcm_s16le", rate=48_000, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
        for number in range(3):
            packet = av.Packet(bomb_jpeg())
            packet.stream, packet.pts, packet.dts = picture, number, number
            packet.time_base, packet.duration = Fraction(1, 5), 1
            out.mux(packet)
        noise = av.AudioFrame.from_ndarray(np.full((1, 28_800), 99, np.int16), format="s16", layout="mono")
        noise.sample_rate, noise.pts = 48_000, 0
        out.mux(sound.encode(noise))
    seen = items(path)
    assert sum(block.duration for block in of(AudioBlock, seen)) == pytest.approx(0.6)
    assert not of(VideoFrame, seen)
    assert ["16000 x 16000" in note.reason for note in of(NotWatched, seen)] == [True]


def test_the_cover_of_a_record_is_no_picture(tmp_path):
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("libmp3lame", rate=48_000, layout="stereo")
        cover = out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        art = frame([np.full((64, 192), 90, np.uint8)], "rgb24", (64, 64))
        art.pts, art.time_base = 0, Fraction(1, 1)
        out.mux(cover.encode(art))
        for number in range(50):
            block = av.AudioFrame.from_ndarray(np.full((2, 1152), 0.1, np.float32), format="fltp", layout="stereo")
            block.sample_rate, block.pts = 48_000, number * 1152
            out.mux(sound.encode(block))
        out.mux(sound.encode(None))
    seen = items(path)
    assert [track.kind for track in of(Tracks, seen)[0].tracks] == ["audio"]
    assert not of(VideoFrame, seen)
    assert not of(NotWatched, seen)


@pytest.mark.parametrize(
    ("encoder", "pixel_format", "code"),
    [
        ("ffv1", "yuv420p", (16, 128, 128)),
        ("ffv1", "yuv444p10le", (64, 512, 512)),
        ("ffv1", "yuv422p12le", (256, 2048, 2048)),
        ("libx264", "yuv420p", (16, 128, 128)),
        ("libx264", "yuv444p", (16, 128, 128)),
    ],
)
@pytest.mark.parametrize(("share", "expected"), [(1, 16), (14, 224)])
def test_code_values_survive_the_decoder(tmp_path, encoder, pixel_format, code, share, expected):
    lossless = {"qp": "0"} if encoder == "libx264" else {}
    values = (code[0] * share, *code[1:])
    path = clip(
        tmp_path / "a.mkv",
        seconds=0.2,
        video=encoder,
        pixel_format=pixel_format,
        picture=flat(values, pixel_format),
        video_options=lossless,
    )
    for picture in of(VideoFrame, items(path)):
        assert (picture.small == expected).all()
        assert all((plane == 128).all() for plane in picture.small_chroma)


@pytest.mark.parametrize(
    ("colour", "expected"), [((1, 16), (False, "pq")), ((1, 18), (False, "hlg")), ((2, 1), (True, "sdr"))]
)
def test_range_and_transfer_survive_the_container(tmp_path, colour, expected):
    path = clip(tmp_path / "a.mkv", seconds=0.2, colour=colour)
    assert {picture.colour[:2] for picture in of(VideoFrame, items(path))} == {expected}


def test_interlaced(tmp_path):
    path = clip(tmp_path / "a.ts", seconds=0.4, video="mpeg2video", video_options={"flags": "+ildct+ilme"})
    assert of(VideoFrame, items(path))[0].interlaced in (True, False)
    progressive = clip(tmp_path / "b.ts", seconds=0.4, video="mpeg2video")
    assert not any(picture.interlaced for picture in of(VideoFrame, items(progressive)))


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv", "avi", "flv", "mpg"])
@pytest.mark.parametrize("begin", [0.5, 2.3, 3.9])
def test_a_part_begins_where_it_was_asked_for(tmp_path, ending, begin):
    video = {"avi": "mpeg4", "mpg": "mpeg2video"}.get(ending, "libx264")
    sound = {"avi": "libmp3lame", "mpg": "mp2"}.get(ending, "aac")
    path = clip(tmp_path / f"a.{ending}", seconds=5.0, gop=50, video=video, audio=(sound,), sample_rate=44_100)
    whole = [f.pts for f in of(VideoFrame, items(path))]
    seen = items(path, start=begin, stop=begin + 0.6)
    pictures, blocks = of(VideoFrame, seen), of(AudioBlock, seen)
    expected = [pts for pts in whole if begin - 0.04 + 1e-3 < pts < begin + 0.6 - 1e-3]
    np.testing.assert_allclose([f.pts for f in pictures], expected, atol=2e-3)
    assert begin - 0.1 <= blocks[0].pts <= begin + 0.01
    assert begin + 0.5 <= blocks[-1].end <= begin + 0.72
    assert all(p.pts <= begin + 0.6 for p in of(Progress, seen))


def test_progress_is_told_four_times_a_second(tmp_path):
    told = [p.pts for p in of(Progress, items(clip(tmp_path / "a.mp4", seconds=3.0, audio=("aac",))))]
    assert told == sorted(told)
    assert 10 <= len(told) <= 14


def test_nothing_inside_a_file_opens_another(tmp_path):
    secret = clip(tmp_path / "secret.mp4")
    (tmp_path / "list.ffconcat").write_text(f"ffconcat version 1.0\nfile '{secret.name}'\n")
    with pytest.raises(NotMediaError):
        items(tmp_path / "list.ffconcat")
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret.name}\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotMediaError):
        items(tmp_path / "list.mp4")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mp3", "flac", "avi"])
def test_titles_in_an_old_encoding(tmp_path, ending):
    whole = clip(tmp_path / "a.mkv", seconds=0.5, video="mpeg4", audio=("libmp3lame" if ending == "mp3" else "flac",))
    path = tmp_path / f"titled.{ending}"
    sound_only = ending in ("mp3", "flac")
    options = {"id3v2_version": "4"} if ending == "mp3" else {}
    with av.open(str(whole)) as source, av.open(str(path), "w", options=options) as out:
        out.metadata["title"] = "Jurgen MARK Abendschau"
        kind = "audio" if sound_only else "video"
        kept = {s.index: out.add_stream_from_template(s) for s in source.streams if s.type == kind}
        for packet in source.demux():
            if packet.dts is not None and packet.stream.index in kept:
                packet.stream = kept[packet.stream.index]
                out.mux(packet)
    data = path.read_bytes()
    assert b"MARK" in data
    path.write_bytes(data.replace(b"MARK", b"\xfcber"))
    assert of(AudioBlock if sound_only else VideoFrame, items(path))


def test_a_bomb_tells_its_size_once(tmp_path):
    assert len(of(NotWatched, items(bomb(tmp_path / "b.mjpeg")))) == 1
